"""ImageIter and ImageRecordIter over small images; what batches hold is as in MXNet 1.9.1."""

import random
from pathlib import Path

import numpy as np
import pytest

from offboard import mxnet as mx
from offboard.errors import MXNetError

SHAPE = (3, 6, 7)


def middle(image: np.ndarray) -> np.ndarray:
    top, left = (image.shape[0] - 6) // 2, (image.shape[1] - 7) // 2
    return image[top : top + 6, left : left + 7].transpose(2, 0, 1)


def epochs(iterator: mx.io.DataIter) -> list[list[tuple[list[float], int]]]:
    made = []
    for _ in range(2):
        made.append([(batch.label[0].asnumpy().tolist(), batch.pad) for batch in iterator])
        iterator.reset()
    return made


@pytest.mark.parametrize("source", ["rec", "list", "imglist"])
def test_images_and_labels(source: str, tmp_path: Path, images: list[np.ndarray]) -> None:
    given = {
        "rec": {"path_imgrec": str(tmp_path / "a.rec")},
        "list": {"path_imglist": str(tmp_path / "a.lst"), "path_root": str(tmp_path)},
        "imglist": {"imglist": [[number, f"{number}.png"] for number in range(5)], "path_root": str(tmp_path)},
    }[source]
    iterator = mx.image.ImageIter(5, SHAPE, **given)
    assert iterator.provide_data == [("data", (5, *SHAPE))]
    (batch,) = list(iterator)
    np.testing.assert_array_equal(batch.data[0].asnumpy(), np.stack([middle(image) for image in images]))
    assert (batch.label[0].asnumpy() / (10 if source == "list" else 1)).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("pad", [[([0, 1], 0), ([2, 3], 0), ([4, 0], 1)]] * 2),
        ("discard", [[([0, 1], 0), ([2, 3], 0)]] * 2),
        ("roll_over", [[([0, 1], 0), ([2, 3], 0), ([4, 0], 1)], [([1, 2], 0), ([3, 4], 0)]]),
    ],
)
def test_last_batch(handle: str, expected: object, tmp_path: Path) -> None:
    iterator = mx.image.ImageIter(2, SHAPE, path_imgrec=str(tmp_path / "a.rec"), last_batch_handle=handle)
    assert epochs(iterator) == expected


@pytest.mark.usefixtures("images")
def test_shuffled_as_in_mxnet(tmp_path: Path) -> None:
    random.seed(3)
    given = {"path_imgrec": str(tmp_path / "a.rec"), "path_imgidx": str(tmp_path / "a.idx")}
    iterator = mx.image.ImageIter(2, SHAPE, shuffle=True, **given)
    assert epochs(iterator) == [[([0, 2], 0), ([3, 4], 0), ([1, 0], 1)], [([2, 4], 0), ([3, 0], 0), ([1, 2], 1)]]
    part = mx.image.ImageIter(2, SHAPE, num_parts=2, part_index=1, **given)
    assert epochs(part) == [[([2, 3], 0)]] * 2
    with pytest.raises(AssertionError, match="path_imgidx"):
        mx.image.ImageIter(2, SHAPE, path_imgrec=given["path_imgrec"], shuffle=True)


@pytest.mark.usefixtures("images")
def test_several_labels(tmp_path: Path) -> None:
    path = str(tmp_path / "m.rec")
    batch = mx.image.ImageIter(2, SHAPE, path_imgrec=path, label_width=2).next()
    assert batch.label[0].asnumpy().tolist() == [[0, 0.5], [1, 1.5]]
    record = mx.io.ImageRecordIter(path_imgrec=path, data_shape=SHAPE, batch_size=2, label_width=2).next()
    assert record.label[0].asnumpy().tolist() == [[0, 0.5], [1, 1.5]]
    with pytest.raises(ValueError, match="2 labels"):
        mx.image.ImageIter(2, SHAPE, path_imgrec=path).next()
    with pytest.raises(MXNetError, match="label_width must be 1"):
        mx.io.ImageRecordIter(path_imgrec=path, data_shape=SHAPE, batch_size=2).next()


@pytest.mark.usefixtures("images")
def test_refusals(tmp_path: Path) -> None:
    path = str(tmp_path / "a.rec")
    with pytest.raises(AssertionError, match="uint8 label not supported"):
        mx.image.ImageIter(2, SHAPE, path_imgrec=path, dtype="uint8")
    with pytest.raises(ValueError, match="3 channels"):
        mx.image.ImageIter(2, (1, 6, 7), path_imgrec=path)
    with pytest.raises(ValueError, match="give images of shape"):
        mx.image.ImageIter(2, SHAPE, path_imgrec=path, aug_list=[]).next()
    with pytest.raises(MXNetError, match="augmentation for training"):
        mx.io.ImageRecordIter(path_imgrec=path, data_shape=SHAPE, batch_size=2, rotate=90)
    with pytest.raises(MXNetError, match="bigger than the batch size"):
        mx.io.ImageRecordIter(path_imgrec=path, data_shape=SHAPE, batch_size=7)
    with pytest.raises(MXNetError, match="Cannot find any files"):
        mx.io.ImageRecordIter(path_imgrec=str(tmp_path / "none.rec"), data_shape=SHAPE, batch_size=2)


def test_record_iterator(tmp_path: Path, images: list[np.ndarray]) -> None:
    given = {"path_imgrec": str(tmp_path / "a.rec"), "data_shape": SHAPE}
    expected = np.stack([middle(image) for image in images]).astype(np.float32)
    (plain,) = list(mx.io.ImageRecordIter(batch_size=5, **given))
    np.testing.assert_array_equal(plain.data[0].asnumpy(), expected)
    (normal,) = list(mx.io.ImageRecordIter(batch_size=5, mean_r=10, std_g=4, scale=0.5, **given))
    shifted = (expected - np.array([10, 0, 0]).reshape(3, 1, 1)) * 0.5 / np.array([1, 4, 1]).reshape(3, 1, 1)
    np.testing.assert_allclose(normal.data[0].asnumpy(), shifted, rtol=1e-6)
    (mirrored,) = list(mx.io.ImageRecordIter(batch_size=5, mirror=True, **given))
    np.testing.assert_array_equal(mirrored.data[0].asnumpy(), expected[..., ::-1])
    signed = mx.io.ImageRecordInt8Iter(batch_size=5, **given).next()
    np.testing.assert_array_equal(signed.data[0].asnumpy(), np.minimum(expected, 127))
    assert mx.io.ImageRecordUInt8Iter(batch_size=5, **given).provide_data[0].dtype is np.uint8


@pytest.mark.usefixtures("images")
def test_record_epochs_and_parts(tmp_path: Path) -> None:
    given = {"path_imgrec": str(tmp_path / "a.rec"), "data_shape": SHAPE}
    assert epochs(mx.io.ImageRecordIter(batch_size=2, **given)) == [
        [([0, 1], 0), ([2, 3], 0), ([4, 0], 1)],
        [([1, 2], 0), ([3, 4], 0)],
    ]
    assert epochs(mx.io.ImageRecordIter(batch_size=2, num_parts=2, part_index=1, **given)) == [[([3, 4], 0)]] * 2
    listed = mx.io.ImageRecordIter(batch_size=2, path_imglist=str(tmp_path / "a.lst"), **given).next()
    assert listed.label[0].asnumpy().tolist() == [0, 10]
    shuffled = epochs(mx.io.ImageRecordIter(batch_size=5, shuffle=True, seed=1, **given))
    assert [sorted(batch[0][0]) for batch in shuffled] == [[0, 1, 2, 3, 4]] * 2
    assert shuffled[0] != shuffled[1]


@pytest.mark.usefixtures("images")
def test_small_images_are_enlarged(tmp_path: Path) -> None:
    batch = mx.io.ImageRecordIter(path_imgrec=str(tmp_path / "a.rec"), data_shape=(1, 30, 30), batch_size=2).next()
    assert batch.data[0].shape == (2, 1, 30, 30)
