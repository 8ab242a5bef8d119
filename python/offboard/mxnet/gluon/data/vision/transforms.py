"""What is done to images before a network sees them, as blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from offboard.mxnet import image
from offboard.mxnet.base import numeric_types
from offboard.mxnet.gluon.basic_block import Block
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.nn.containers import HybridSequential, Sequential
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = [
    "Cast", "CenterCrop", "Compose", "CropResize", "Normalize", "RandomApply", "RandomBrightness",
    "RandomColorJitter", "RandomContrast", "RandomFlipLeftRight", "RandomFlipTopBottom", "RandomHue",
    "RandomLighting", "RandomResizedCrop", "RandomRotation", "RandomSaturation", "Resize", "Rotate", "ToTensor",
]  # fmt: skip


class Compose(Sequential):
    """One transform after another; neighbours that can be graphs become one."""

    def __init__(self, transforms: list[Any]) -> None:
        super().__init__()
        run: list[HybridBlock] = []
        for each in [*transforms, None]:
            if isinstance(each, HybridBlock):
                run.append(each)
                continue
            if len(run) == 1:
                self.add(run[0])
            elif run:
                block = HybridSequential()
                block.add(*run)
                block.hybridize()
                self.add(block)
            run = []
            if each is not None:
                self.add(each)


class RandomApply(Sequential):
    """Transforms that are applied with probability ``p``."""

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms, p

    def forward(self, x: Any) -> Any:
        """The image, or what the transforms make of it."""
        return x if self.p < np.random.random() else self.transforms(x)


class Cast(HybridBlock):
    """Another dtype."""

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return F.cast(x, self._dtype)


class ToTensor(HybridBlock):
    """(height, width, channels) of 0 to 255 to (channels, height, width) of 0 to 1, float32; batches too."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return F.image.to_tensor(x)


class Normalize(HybridBlock):
    """Takes off a mean and divides by a deviation, of each channel or of all; after :class:`ToTensor`."""

    def __init__(self, mean: Any = 0.0, std: Any = 1.0) -> None:
        super().__init__()
        self._mean, self._std = mean, std

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return F.image.normalize(x, self._mean, self._std)


class CropResize(HybridBlock):
    """A window, in another size if one is given."""

    def __init__(
        self, x: int, y: int, width: int, height: int, size: Any = None, interpolation: int | None = None
    ) -> None:
        super().__init__()
        self._window, self._size, self._interpolation = (x, y, width, height), size, interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One or two operators."""
        made = F.image.crop(x, *self._window)
        return F.image.resize(made, self._size, False, self._interpolation) if self._size else made


class Resize(HybridBlock):
    """Another size (width, height); of one number with ``keep_ratio`` the shorter edge."""

    def __init__(self, size: Any, keep_ratio: bool = False, interpolation: int = 1) -> None:
        super().__init__()
        self._size, self._keep, self._interpolation = size, keep_ratio, interpolation

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return F.image.resize(x, self._size, self._keep, self._interpolation)


def _pair(size: Any) -> Any:
    return (size, size) if isinstance(size, numeric_types) else size


class CenterCrop(Block):
    """The middle (width, height), scaled up where the image is smaller."""

    def __init__(self, size: Any, interpolation: int = 1) -> None:
        super().__init__()
        self._args = _pair(size), interpolation

    def forward(self, x: NDArray) -> NDArray:
        """The window."""
        return image.center_crop(x, *self._args)[0]


class RandomResizedCrop(Block):
    """A random window, of a part ``scale`` of the area and a ``ratio`` of its sides, in another size."""

    def __init__(
        self, size: Any, scale: Any = (0.08, 1.0), ratio: Any = (3.0 / 4.0, 4.0 / 3.0), interpolation: int = 1
    ) -> None:
        super().__init__()
        self._args = _pair(size), scale, ratio, interpolation

    def forward(self, x: NDArray) -> NDArray:
        """The window."""
        return image.random_size_crop(x, *self._args)[0]


def _require_float(x: NDArray) -> None:
    if x.dtype is not np.float32:
        raise TypeError("This transformation only supports float32. Consider calling it after ToTensor")


class Rotate(Block):
    """Turned by degrees, in the same size; float32 (channels, height, width)."""

    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False) -> None:
        super().__init__()
        self._args = rotation_degrees, zoom_in, zoom_out

    def forward(self, x: NDArray) -> NDArray:
        """The turned image."""
        _require_float(x)
        return image.imrotate(x, *self._args)


class RandomRotation(Block):
    """Turned by random degrees between two limits, with a probability."""

    def __init__(
        self, angle_limits: Any, zoom_in: bool = False, zoom_out: bool = False, rotate_with_proba: float = 1.0
    ) -> None:
        super().__init__()
        lower, upper = angle_limits
        if lower >= upper:
            raise ValueError("`angle_limits` must be an ordered tuple")
        if not 0 <= rotate_with_proba <= 1:
            raise ValueError("Probability of rotating the image should be between 0 and 1")
        self._args, self._probability = (angle_limits, zoom_in, zoom_out), rotate_with_proba

    def forward(self, x: NDArray) -> NDArray:
        """The image, or the turned image."""
        if np.random.random() > self._probability:
            return x
        _require_float(x)
        return image.random_rotate(x, *self._args)


class _Random(HybridBlock):
    """One of the random image operators."""

    _OPERATOR: str

    def __init__(self, *args: Any) -> None:
        super().__init__()
        self._args = args

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return getattr(F.image, self._OPERATOR)(x, *self._args)


class RandomFlipLeftRight(_Random):
    """Mirrored with probability one half."""

    _OPERATOR = "random_flip_left_right"

    def __init__(self) -> None:
        super().__init__()


class RandomFlipTopBottom(_Random):
    """Upside down with probability one half."""

    _OPERATOR = "random_flip_top_bottom"

    def __init__(self) -> None:
        super().__init__()


def _around_one(change: float) -> tuple[float, float]:
    return max(0, 1 - change), 1 + change


class RandomBrightness(_Random):
    """Brightness times a factor within ``brightness`` of one."""

    _OPERATOR = "random_brightness"

    def __init__(self, brightness: float) -> None:
        super().__init__(*_around_one(brightness))


class RandomContrast(_Random):
    """Contrast times a factor within ``contrast`` of one."""

    _OPERATOR = "random_contrast"

    def __init__(self, contrast: float) -> None:
        super().__init__(*_around_one(contrast))


class RandomSaturation(_Random):
    """Saturation times a factor within ``saturation`` of one."""

    _OPERATOR = "random_saturation"

    def __init__(self, saturation: float) -> None:
        super().__init__(*_around_one(saturation))


class RandomHue(_Random):
    """Hue changed by a factor within ``hue`` of one."""

    _OPERATOR = "random_hue"

    def __init__(self, hue: float) -> None:
        super().__init__(*_around_one(hue))


class RandomColorJitter(_Random):
    """Brightness, contrast, saturation and hue changed in random order."""

    _OPERATOR = "random_color_jitter"

    def __init__(self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0) -> None:
        super().__init__(brightness, contrast, saturation, hue)


class RandomLighting(_Random):
    """Noise as of lighting, with deviation ``alpha``."""

    _OPERATOR = "random_lighting"

    def __init__(self, alpha: float) -> None:
        super().__init__(alpha)
