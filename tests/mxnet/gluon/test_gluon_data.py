"""Data sets, samplers, loaders, and transforms of images."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.mxnet.gluon import data

vision, transforms = data.vision, data.vision.transforms


def test_data_sets_side_by_side() -> None:
    pairs = data.ArrayDataset(mx.nd.arange(6).reshape((3, 2)), mx.nd.array([5, 6, 7]))
    first, label = pairs[1]
    np.testing.assert_array_equal(first.asnumpy(), [2, 3])
    assert isinstance(label, np.float32)
    assert label == 6
    with pytest.raises(AssertionError, match=r"array\[0\] has length 2 while array\[1\] has 3"):
        data.ArrayDataset([1, 2], [1, 2, 3])


def test_transforms_filters_and_parts_of_a_data_set() -> None:
    numbers = data.SimpleDataset(list(range(10)))
    assert list(numbers.transform(lambda x: x * 2, lazy=False)) == [x * 2 for x in range(10)]
    assert [numbers.filter(lambda x: x % 3 == 0)[i] for i in range(4)] == [0, 3, 6, 9]
    assert [len(numbers.shard(3, index)) for index in range(3)] == [4, 3, 3]
    assert numbers.shard(3, 1)[0] == 4
    assert len(numbers.take(4)) == 4
    assert [numbers.sample(data.SequentialSampler(2, 3))[i] for i in range(2)] == [3, 4]
    pairs = data.ArrayDataset([1, 2], [3, 4]).transform_first(lambda x: -x)
    assert pairs[1] == (-2, 4)
    with pytest.raises(TypeError, match="Invalid sampler type"):
        numbers.sample([1])


def test_batches_of_indices() -> None:
    sampler = data.SequentialSampler(5)
    assert list(data.BatchSampler(sampler, 2)) == [[0, 1], [2, 3], [4]]
    assert list(data.BatchSampler(sampler, 2, "discard")) == [[0, 1], [2, 3]]
    rolling = data.BatchSampler(sampler, 2, "rollover")
    assert list(rolling) == [[0, 1], [2, 3]]
    assert len(rolling) == 3
    assert list(rolling) == [[4, 0], [1, 2], [3, 4]]
    assert sorted(data.RandomSampler(5)) == list(range(5))
    with pytest.raises(ValueError, match="last_batch must be one of"):
        list(data.BatchSampler(sampler, 2, "nope"))


@pytest.mark.parametrize("workers", [0, 3])
def test_loader_keeps_the_order(workers: int) -> None:
    samples = data.ArrayDataset(np.arange(10, dtype=np.float32).reshape(5, 2), np.arange(5))
    loader = data.DataLoader(samples, batch_size=2, num_workers=workers)
    assert len(loader) == 3
    for _ in range(2):
        batches = list(loader)
        assert [each[0].shape for each in batches] == [(2, 2), (2, 2), (1, 2)]
        np.testing.assert_array_equal(np.concatenate([each[1].asnumpy() for each in batches]), range(5))
        assert batches[0][1].dtype == np.int64


def test_loader_says_what_went_wrong_in_a_sample() -> None:
    def failing(x: int) -> int:
        raise KeyError(x)

    with pytest.raises(KeyError, match="0"):
        list(data.DataLoader(data.SimpleDataset([0, 1]).transform(failing), batch_size=1, num_workers=2))
    with pytest.raises(ValueError, match="batch_size must be specified"):
        data.DataLoader([1])
    with pytest.raises(ValueError, match="shuffle must not be specified"):
        data.DataLoader([1], 1, shuffle=True, sampler=data.SequentialSampler(1))


def test_classification_preprocessing_is_what_mxnet_does() -> None:
    image = mx.nd.array(np.random.RandomState(0).randint(0, 256, (40, 60, 3)), dtype="uint8")
    prepare = transforms.Compose([
        transforms.Resize(32, keep_ratio=True),
        transforms.CenterCrop(24),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])  # fmt: skip
    made = prepare(image)
    resized = mx.image.imresize(image, 48, 32, 1)
    expected = mx.image.center_crop(resized, (24, 24))[0].asnumpy().transpose(2, 0, 1) / 255.0
    expected = (expected - np.reshape([0.485, 0.456, 0.406], (3, 1, 1))) / np.reshape([0.229, 0.224, 0.225], (3, 1, 1))
    np.testing.assert_allclose(made.asnumpy(), expected, rtol=1e-4, atol=1e-4)


def test_random_transforms_keep_shapes() -> None:
    image = mx.nd.array(np.random.RandomState(0).randint(0, 256, (20, 30, 3)), dtype="uint8")
    for each in (
        transforms.RandomFlipLeftRight(), transforms.RandomFlipTopBottom(), transforms.RandomBrightness(0.2),
        transforms.RandomContrast(0.2), transforms.RandomSaturation(0.2), transforms.RandomHue(0.2),
        transforms.RandomColorJitter(0.1, 0.1, 0.1, 0.1), transforms.RandomLighting(0.1), transforms.Cast("float32"),
        transforms.RandomApply(transforms.Cast("float32"), 0.5),
    ):  # fmt: skip
        assert each(image).shape == (20, 30, 3)
    assert transforms.RandomResizedCrop(8)(image).shape == (8, 8, 3)
    assert transforms.CropResize(2, 3, 10, 12, (5, 6), 1)(image).shape == (6, 5, 3)
    turned = transforms.Rotate(90)(mx.nd.array(np.arange(9).reshape(1, 3, 3)))
    np.testing.assert_allclose(turned.asnumpy()[0], np.rot90(np.arange(9).reshape(3, 3)), atol=1e-4)
    with pytest.raises(TypeError, match="only supports float32"):
        transforms.Rotate(90)(image)
    with pytest.raises(ValueError, match="ordered tuple"):
        transforms.RandomRotation((3, 2))


def test_public_sets_are_read_from_their_files(tmp_path: Path) -> None:
    with pytest.raises(MXNetError, match=r"MNIST needs the file .*train-labels-idx1-ubyte.gz"):
        vision.MNIST(str(tmp_path))
    for name, header, content in (
        ("t10k-labels-idx1-ubyte.gz", struct.pack(">II", 2049, 2), bytes([7, 3])),
        ("t10k-images-idx3-ubyte.gz", struct.pack(">IIII", 2051, 2, 28, 28), bytes(range(2)) * 784),
    ):
        with gzip.open(tmp_path / name, "wb") as file:
            file.write(header + content)
    digits = vision.MNIST(str(tmp_path), train=False)
    image, label = digits[1]
    assert (len(digits), image.shape, image.dtype, label) == (2, (28, 28, 1), np.uint8, 3)
    row = np.arange(1 + 3072) % 256
    (tmp_path / "test_batch.bin").write_bytes(row.astype(np.uint8).tobytes())
    picture, label = vision.CIFAR10(str(tmp_path), train=False)[0]
    assert (picture.shape, label) == ((32, 32, 3), 0)
    np.testing.assert_array_equal(picture.asnumpy()[0, 0], [1, 1, 1])


def test_images_in_folders_and_records(tmp_path: Path) -> None:
    import cv2

    picture = np.full((4, 5, 3), 200, np.uint8)
    for label in ("cat", "dog"):
        (tmp_path / "images" / label).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "images" / label / "a.png"), picture)
    found = vision.ImageFolderDataset(str(tmp_path / "images"))
    assert found.synsets == ["cat", "dog"]
    assert (found[1][0].shape, found[1][1]) == ((4, 5, 3), 1)
    (tmp_path / "images" / "dog" / "notes.txt").write_text("x")
    with pytest.warns(UserWarning, match="notes.txt"):
        vision.ImageFolderDataset(str(tmp_path / "images"))
    record = mx.recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), str(tmp_path / "a.rec"), "w")
    record.write_idx(0, mx.recordio.pack_img(mx.recordio.IRHeader(0, 3.0, 0, 0), picture, img_fmt=".png"))
    record.close()
    image, label = vision.ImageRecordDataset(str(tmp_path / "a.rec"))[0]
    np.testing.assert_array_equal(image.asnumpy(), picture)
    assert label == 3
