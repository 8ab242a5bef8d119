"""Augmenters: numbers of MXNet 1.9.1 for the same image and seed, and what they dump."""

import random

import numpy as np
import pytest

from offboard import mxnet as mx

im = mx.image


def ramp(dtype: str = "float32") -> mx.nd.NDArray:
    return mx.nd.array(np.arange(48).reshape(4, 4, 3), dtype=dtype)


@pytest.mark.parametrize(
    ("augmenter", "first"),
    [
        # The first numbers that MXNet 1.9.1 makes of the ramp after random.seed(1) and np.random.seed(1).
        (im.RandomCropAug((2, 2)), [24, 25, 26, 27, 28, 29]),
        (im.RandomSizedCropAug((2, 2), (0.3, 1), (0.8, 1.2)), [12.574219, 13.574219, 14.574219, 17.425781]),
        (im.BrightnessJitterAug(0.3), [0, 0.78061855, 1.5612371, 2.3418555]),
        (im.ContrastJitterAug(0.3), [5.1148787, 5.8954973, 6.676116, 7.456734]),
        (im.SaturationJitterAug(0.3), [0.17879589, 0.9594144, 1.740033, 3.1787958]),
        (im.HueJitterAug(0.2), [0.37946427, 0.7061339, 2.5191424, 3.3782668]),
        (im.ColorJitterAug(0.1, 0.2, 0.3), [2.263145, 3.1536148, 4.0440845, 4.9418917]),
        (im.LightingAug(0.1, np.array([1.0, 2, 3]), np.eye(3)), [0.16243453, 0.8776487, 1.8415484, 3.1624346]),
        (im.SequentialAug([im.CastAug(), im.ResizeAug(3)]), [1.892362, 2.892362, 3.8923614, 6.01389]),
        (im.HorizontalFlipAug(1.0), [9, 10, 11, 6]),
        (im.CenterCropAug((2, 2)), [15, 16, 17, 18]),
    ],
    ids=lambda each: type(each).__name__,
)
def test_numbers(augmenter: im.Augmenter, first: list[float]) -> None:
    random.seed(1)
    np.random.seed(1)
    made = augmenter(ramp()).asnumpy().ravel()
    np.testing.assert_allclose(made[: len(first)], first, rtol=1e-5)


def test_dumps() -> None:
    made = im.CreateAugmenter((3, 4, 4), resize=5, rand_crop=True, rand_mirror=True, std=np.array([1, 1, 1]))
    assert [each.dumps() for each in made] == [
        '["resizeaug", {"size": 5, "interp": 2}]',
        '["randomcropaug", {"size": [4, 4], "interp": 2}]',
        '["horizontalflipaug", {"p": 0.5}]',
        '["castaug", {"type": "float32"}]',
        '["colornormalizeaug", {"mean": null, "std": [1, 1, 1]}]',
    ]
    assert im.SequentialAug([im.CastAug()]).dumps() == ["sequentialaug", ['["castaug", {"type": "float32"}]']]


def test_imagenet_normalization() -> None:
    *_, normalize = im.CreateAugmenter((3, 4, 4), mean=True, std=True)
    made = normalize(mx.nd.array([[[123.68, 116.28, 103.53]]]))
    np.testing.assert_allclose(made.asnumpy().ravel(), 0, atol=1e-5)
    with pytest.raises(AssertionError):
        im.CreateAugmenter((3, 4, 4), rand_resize=True)


def test_rotation() -> None:
    image = ramp().transpose((2, 0, 1))
    # The first row of the first channel by MXNet 1.9.1.
    for zoom, expected in (
        ({}, [1.2865433, 5.183657, 13.460581, 9.204827]),
        ({"zoom_in": True}, [3.2942288, 9.588456, 15.882687, 22.176914]),
        ({"zoom_out": True}, [0, 2.226684, 8.666356, 0]),
    ):
        np.testing.assert_allclose(im.imrotate(image, 30, **zoom).asnumpy()[0, 0], expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="cannot be both"):
        im.imrotate(image, 30, True, True)
    with pytest.raises(TypeError, match="float32"):
        im.imrotate(ramp("uint8"), 30)


def test_crops_and_borders() -> None:
    assert im.scale_down((640, 480), (720, 120)) == (640, 106)
    assert im.scale_down((360, 1000), (480, 500)) == (360, 375)
    assert im.center_crop(ramp("uint8"), (8, 8))[1] == (0, 0, 4, 4)
    assert im.copyMakeBorder(ramp("uint8"), 1, 1, 1, 1, type=0, values=(1, 2, 3)).asnumpy()[0, 0].tolist() == [1, 2, 3]
    with pytest.raises(mx.MXNetError, match="empty buffer"):
        im.imdecode(b"")
    with pytest.raises(mx.MXNetError, match="Decoding failed"):
        im.imdecode(b"abc")
    with pytest.raises(ValueError, match="type bytes"):
        im.imdecode("abc")
