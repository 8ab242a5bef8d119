"""Augmenters and iterators of images with objects."""

import random
from pathlib import Path

import cv2
import numpy as np
import pytest

import offboard.mxnet as mx

LABELS = np.array([[0, 0.1, 0.2, 0.5, 0.6], [1, 0.3, 0.3, 0.9, 0.8]], np.float32)
PICTURE = np.random.RandomState(0).randint(0, 256, (40, 60, 3)).astype(np.uint8)


@pytest.fixture
def listed(tmp_path: Path) -> list[list[object]]:
    """Two images with one and two objects."""
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), PICTURE)
    header = [2, 5]
    return [[[*header, *LABELS[0]], str(tmp_path / "a.png")], [[*header, *LABELS.ravel()], str(tmp_path / "b.png")]]


def test_batches_hold_images_and_their_objects(listed: list[list[object]]) -> None:
    batches = mx.image.ImageDetIter(2, (3, 20, 30), imglist=listed, path_root="/")
    assert batches.provide_label == [("label", (2, 2, 5))]
    batch = batches.next()
    assert batch.data[0].shape == (2, 3, 20, 30)
    np.testing.assert_allclose(batch.label[0].asnumpy()[0], [LABELS[0], [-1] * 5])
    np.testing.assert_allclose(batch.label[0].asnumpy()[1], LABELS)
    with pytest.raises(StopIteration):
        batches.next()


def test_room_for_objects_is_shared_and_only_grows(listed: list[list[object]]) -> None:
    one, two = (mx.image.ImageDetIter(1, (3, 20, 30), imglist=part, path_root="/") for part in (listed[:1], listed))
    assert one.sync_label_shape(two) is two
    assert one.label_shape == two.label_shape == (2, 5)
    with pytest.raises(ValueError, match="reduce label count"):
        two.reshape(label_shape=(1, 5))
    with pytest.raises(ValueError, match="object width inconsistent: 5 vs 6"):
        two.reshape(label_shape=(3, 6))
    two.reshape(data_shape=(3, 10, 10))
    assert two.provide_data == [("data", (1, 3, 10, 10))]


def test_labels_of_another_form(listed: list[list[object]]) -> None:
    listed[0][0] = [2, 5, 0, 0.5, 0.2, 0.1, 0.6]
    with pytest.raises(RuntimeError, match="no valid label"):
        mx.image.ImageDetIter(1, (3, 20, 30), imglist=listed, path_root="/")
    listed[0][0] = [2, 5, 0]
    with pytest.raises(RuntimeError, match="Label shape is invalid"):
        mx.image.ImageDetIter(1, (3, 20, 30), imglist=listed, path_root="/")


def test_windows_follow_the_objects() -> None:
    random.seed(0)
    image = mx.nd.array(PICTURE, dtype="uint8")
    changed = 0
    for _ in range(20):
        made, labels = mx.image.DetRandomCropAug(0.3, area_range=(0.2, 0.8))(image, LABELS)
        assert labels.shape[1] == 5
        assert ((labels[:, 1:] >= 0) & (labels[:, 1:] <= 1)).all()
        changed += made.shape != image.shape
    assert changed
    padded, labels = mx.image.DetRandomPadAug(area_range=(2.0, 3.0), pad_val=(1, 2, 3))(image, LABELS)
    left, top, right, bottom = labels[0, 1:] * np.tile(padded.shape[1::-1], 2)
    np.testing.assert_allclose([right - left, bottom - top], [0.4 * 60, 0.4 * 40], rtol=1e-4)
    mirrored, labels = mx.image.DetHorizontalFlipAug(1)(image, LABELS)
    np.testing.assert_array_equal(mirrored.asnumpy(), PICTURE[:, ::-1])
    np.testing.assert_allclose(labels[0], [0, 0.5, 0.2, 0.9, 0.6], rtol=1e-6)


def test_what_augmenters_refuse() -> None:
    with pytest.raises(TypeError, match="Borrowing from invalid Augmenter"):
        mx.image.DetBorrowAug(3)
    with pytest.raises(ValueError, match="Allow DetAugmenter in list only"):
        mx.image.DetRandomSelectAug([mx.image.CastAug()])
    with pytest.warns(UserWarning, match="Skip DetRandomPadAug due to invalid ranges"):
        mx.image.DetRandomPadAug(area_range=(1.0, 1.0))
    several = mx.image.CreateMultiRandCropAugmenter([0.1, 0.5], skip_prob=0.2)
    assert [each.min_object_covered for each in several.aug_list] == [0.1, 0.5]
    names = [type(each).__name__ for each in mx.image.CreateDetAugmenter((3, 8, 8), 9, 1, 0.5, 0.1, True, True, True)]
    assert names[:4] == ["DetBorrowAug", "DetRandomSelectAug", "DetHorizontalFlipAug", "DetRandomSelectAug"]


def test_boxes_are_drawn(listed: list[list[object]]) -> None:
    batches = mx.image.ImageDetIter(1, (3, 20, 30), imglist=listed, path_root="/")
    drawn = list(batches.draw_next(color=(255, 0, 0), thickness=1, id2labels={0: "cat"}))
    assert [each.shape for each in drawn] == [(20, 30, 3)] * 2
    np.testing.assert_array_equal(drawn[0][4, 3:15], [[0, 0, 255]] * 12)
