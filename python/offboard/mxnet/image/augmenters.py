"""Augmenters: what an :class:`ImageIter` does to images one by one. Random ones draw from ``random``."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.mxnet.image import pixels
from offboard.mxnet.ndarray.creation import array
from offboard.mxnet.ndarray.ndarray import NDArray, apply

__all__ = [
    "Augmenter", "BrightnessJitterAug", "CastAug", "CenterCropAug", "ColorJitterAug", "ColorNormalizeAug",
    "ContrastJitterAug", "CreateAugmenter", "ForceResizeAug", "HorizontalFlipAug", "HueJitterAug", "LightingAug",
    "RandomCropAug", "RandomGrayAug", "RandomOrderAug", "RandomSizedCropAug", "ResizeAug", "SaturationJitterAug",
    "SequentialAug",
]  # fmt: skip

# Shares of red, green and blue in brightness (ITU-R BT.601), and in grey as RandomGrayAug has it.
_LUMA = (0.299, 0.587, 0.114)
_GREY = (0.21, 0.72, 0.07)
# Eigenvalues and eigenvectors of the colours of ImageNet, mean and deviation of its pixels.
_EIGENVALUES = (55.46, 4.794, 1.148)
_EIGENVECTORS = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
MEAN, DEVIATION = (123.68, 116.28, 103.53), (58.395, 57.12, 57.375)
_TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.321), (0.211, -0.523, 0.311))
_FROM_YIQ = ((1.0, 0.956, 0.621), (1.0, -0.272, -0.647), (1.0, -1.107, 1.705))


def plain(value: Any) -> Any:
    """An argument as JSON has it."""
    if isinstance(value, NDArray):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, np.ndarray) else value


class Augmenter:
    """Takes an image (HWC) and gives one; its arguments are kept for :meth:`dumps`."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = {key: plain(value) for key, value in kwargs.items()}

    def dumps(self) -> Any:
        """The class and its arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray) -> NDArray:
        """The image, changed."""
        raise NotImplementedError("Must override implementation.")


class _Several(Augmenter):
    def __init__(self, ts: Sequence[Augmenter]) -> None:
        super().__init__()
        self.ts = list(ts)

    def dumps(self) -> Any:
        """The class and what its members dump."""
        return [type(self).__name__.lower(), [each.dumps() for each in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        """The image after all of them."""
        for each in self.ts:
            src = each(src)
        return src


class SequentialAug(_Several):
    """One after the other."""


class RandomOrderAug(_Several):
    """One after the other, in another order each time."""

    def __call__(self, src: NDArray) -> NDArray:
        """The image after all of them."""
        random.shuffle(self.ts)
        return super().__call__(src)


class ResizeAug(Augmenter):
    """The shorter side gets ``size``."""

    def __init__(self, size: int, interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        """The image, resized."""
        return pixels.resize_short(src, self.size, self.interp)


class ForceResizeAug(Augmenter):
    """The size becomes (width, height), whatever the ratio was."""

    def __init__(self, size: tuple[int, int], interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        """The image, resized."""
        return pixels.imresize(src, *self.size, interp=self.interp)


class RandomCropAug(Augmenter):
    """A random window of ``size`` (width, height)."""

    def __init__(self, size: tuple[int, int], interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        """The window."""
        return pixels.random_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """A random window of random area and ratio of sides, resized to ``size`` (width, height)."""

    def __init__(
        self, size: tuple[int, int], area: Any, ratio: tuple[float, float], interp: int = 2, **kwargs: Any
    ) -> None:
        area = kwargs.pop("min_area", area)
        assert not kwargs, f"unexpected keyword arguments for `RandomSizedCropAug`: {sorted(kwargs)}"
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        self.size, self.area, self.ratio, self.interp = size, area, ratio, interp

    def __call__(self, src: NDArray) -> NDArray:
        """The window."""
        return pixels.random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


class CenterCropAug(Augmenter):
    """The middle, of ``size`` (width, height)."""

    def __init__(self, size: tuple[int, int], interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size, self.interp = size, interp

    def __call__(self, src: NDArray) -> NDArray:
        """The middle."""
        return pixels.center_crop(src, self.size, self.interp)[0]


class BrightnessJitterAug(Augmenter):
    """Brightness times 1 ± ``brightness``."""

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        """The image, changed in place."""
        src *= 1.0 + random.uniform(-self.brightness, self.brightness)
        return src


class ContrastJitterAug(Augmenter):
    """Distance from the mean brightness times 1 ± ``contrast``."""

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast=contrast)
        self.contrast = contrast

    def __call__(self, src: NDArray) -> NDArray:
        """The image, changed in place."""
        alpha = 1.0 + random.uniform(-self.contrast, self.contrast)
        grey = src * array([[_LUMA]])
        mean = (3.0 * (1.0 - alpha) / grey.size) * grey.sum()
        src *= alpha
        src += mean
        return src


class SaturationJitterAug(Augmenter):
    """Distance from grey times 1 ± ``saturation``."""

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation=saturation)
        self.saturation = saturation

    def __call__(self, src: NDArray) -> NDArray:
        """The image, changed in place."""
        alpha = 1.0 + random.uniform(-self.saturation, self.saturation)
        grey = (src * array([[_LUMA]])).sum(axis=2, keepdims=True)
        grey *= 1.0 - alpha
        src *= alpha
        src += grey
        return src


class HueJitterAug(Augmenter):
    """Hue turned by up to ``hue`` half circles."""

    def __init__(self, hue: float) -> None:
        super().__init__(hue=hue)
        self.hue = hue

    def __call__(self, src: NDArray) -> NDArray:
        """The image, its hue turned."""
        angle = random.uniform(-self.hue, self.hue) * np.pi
        u, w = np.cos(angle), np.sin(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, u, -w], [0.0, w, u]])
        made: NDArray = apply("dot", [src, array((np.array(_FROM_YIQ) @ turn @ np.array(_TO_YIQ)).T)], {})
        return made


class ColorJitterAug(RandomOrderAug):
    """Brightness, contrast and saturation in random order."""

    def __init__(self, brightness: float, contrast: float, saturation: float) -> None:
        kinds = ((BrightnessJitterAug, brightness), (ContrastJitterAug, contrast), (SaturationJitterAug, saturation))
        super().__init__([kind(amount) for kind, amount in kinds if amount > 0])


class LightingAug(Augmenter):
    """Noise along the eigenvectors of colours (Krizhevsky et al., 2012), drawn from NumPy."""

    def __init__(self, alphastd: float, eigval: Any, eigvec: Any) -> None:
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd, self.eigval, self.eigvec = alphastd, eigval, eigvec

    def __call__(self, src: NDArray) -> NDArray:
        """The image, changed in place."""
        alpha = np.random.normal(0, self.alphastd, size=(3,))
        src += array(np.dot(np.asarray(self.eigvec) * alpha, np.asarray(self.eigval)))
        return src


class ColorNormalizeAug(Augmenter):
    """Minus the mean, divided by the deviation."""

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__(mean=mean, std=std)
        self.mean = mean if mean is None or isinstance(mean, NDArray) else array(mean)
        self.std = std if std is None or isinstance(std, NDArray) else array(std)

    def __call__(self, src: NDArray) -> NDArray:
        """The image, normalised."""
        return pixels.color_normalize(src, self.mean, self.std)


class RandomGrayAug(Augmenter):
    """Grey with probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        """The image, perhaps grey."""
        if random.random() < self.p:
            src = apply("dot", [src, array([[share] * 3 for share in _GREY])], {})
        return src


class HorizontalFlipAug(Augmenter):
    """Left and right swapped with probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        """The image, perhaps mirrored."""
        return NDArray(np.ascontiguousarray(src._data[:, ::-1])) if random.random() < self.p else src


class CastAug(Augmenter):
    """Another dtype."""

    def __init__(self, typ: str = "float32") -> None:
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        """The image in the dtype."""
        return src.astype(self.typ)


def normalizing(mean: Any, std: Any) -> list[Augmenter]:
    """The augmenter of a mean and a deviation, where True stands for ImageNet's; none when both are None."""
    made = []
    for value, default in ((mean, MEAN), (std, DEVIATION)):
        if value is True:
            value = array(default)  # noqa: PLW2901
        elif value is not None:
            assert isinstance(value, (np.ndarray, NDArray))
            assert value.shape[0] in (1, 3)
        made.append(value)
    return [] if all(value is None for value in made) else [ColorNormalizeAug(*made)]


def lighting(noise: float) -> LightingAug:
    """Noise along ImageNet's colours."""
    return LightingAug(noise, np.array(_EIGENVALUES), np.array(_EIGENVECTORS))


def CreateAugmenter(
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = 2,
) -> list[Augmenter]:
    """The usual augmenters for images of ``data_shape`` (channels, height, width)."""
    made: list[Augmenter] = [ResizeAug(resize, inter_method)] if resize > 0 else []
    size = (data_shape[2], data_shape[1])
    if rand_resize:
        assert rand_crop
        made.append(RandomSizedCropAug(size, 0.08, (3.0 / 4.0, 4.0 / 3.0), inter_method))
    elif rand_crop:
        made.append(RandomCropAug(size, inter_method))
    else:
        made.append(CenterCropAug(size, inter_method))
    if rand_mirror:
        made.append(HorizontalFlipAug(0.5))
    made.append(CastAug())
    if brightness or contrast or saturation:
        made.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        made.append(HueJitterAug(hue))
    if pca_noise > 0:
        made.append(lighting(pca_noise))
    if rand_gray > 0:
        made.append(RandomGrayAug(rand_gray))
    return made + normalizing(mean, std)
