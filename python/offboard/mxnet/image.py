"""``mx.image``: decoding, resizing and cropping with OpenCV, so that pixels agree with MXNet's. Images are HWC, RGB."""

from __future__ import annotations

import os
import random as _random
from typing import Any

import cv2
import numpy as np

from offboard.errors import MXNetError
from offboard.mxnet.ndarray.ndarray import NDArray, apply

__all__ = [
    "center_crop", "color_normalize", "fixed_crop", "imdecode", "imread", "imresize", "random_crop", "resize_short",
    "scale_down",
]  # fmt: skip

# MXNet's numbers are OpenCV's but for 9 (by size) and 10 (random).
_INTERPOLATIONS = (
    cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4,
)  # fmt: skip


def imdecode(buf: Any, flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """An image of encoded bytes: colour (flag 1) or grey (0), uint8."""
    raw = np.frombuffer(bytes(buf) if not isinstance(buf, NDArray) else buf.asnumpy().tobytes(), np.uint8)
    if raw.size == 0:
        raise MXNetError("Empty image buffer")
    made = cv2.imdecode(raw, cv2.IMREAD_COLOR if flag else cv2.IMREAD_GRAYSCALE)
    if made is None:
        raise MXNetError("Decoding failed. Invalid image file.")
    if flag and to_rgb:
        made = cv2.cvtColor(made, cv2.COLOR_BGR2RGB)
    array = NDArray(np.ascontiguousarray(made if made.ndim == 3 else made[:, :, None]))
    if out is not None:
        out[:] = array
        return out
    return array


def imread(filename: str | os.PathLike[str], flag: int = 1, to_rgb: bool = True) -> NDArray:
    """An image file."""
    try:
        with open(filename, "rb") as file:
            data = file.read()
    except OSError as error:
        raise MXNetError(f'Open "{filename}": {error.strerror}') from None
    return imdecode(data, flag, to_rgb)


def _interpolation(interp: int, old: tuple[int, int], new: tuple[int, int]) -> int:
    if interp == 9:
        if new[0] > old[0] and new[1] > old[1]:
            return cv2.INTER_CUBIC
        return cv2.INTER_AREA if new[0] < old[0] and new[1] < old[1] else cv2.INTER_LINEAR
    if interp == 10:
        return _random.choice(_INTERPOLATIONS)
    if interp not in range(5):
        raise ValueError(f"Unknown interp method {interp}")
    return _INTERPOLATIONS[interp]


def imresize(src: NDArray, w: int, h: int, interp: int = 1, out: NDArray | None = None) -> NDArray:
    """An image of another size, bilinear by default."""
    old = (src.shape[0], src.shape[1])
    made = cv2.resize(src._data, (int(w), int(h)), interpolation=_interpolation(interp, old, (h, w)))
    array = NDArray(np.ascontiguousarray(made.reshape((h, w, -1))))
    if out is not None:
        out[:] = array
        return out
    return array


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """Resized so that the shorter side has ``size``."""
    height, width = src.shape[:2]
    if height > width:
        return imresize(src, size, size * height // width, interp)
    return imresize(src, size * width // height, size, interp)


def scale_down(src_size: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """A crop (width, height) scaled down to fit an image (width, height)."""
    width, height = size
    if src_size[1] < height:
        width, height = width * src_size[1] / height, src_size[1]  # type: ignore[assignment]
    if src_size[0] < width:
        width, height = src_size[0], height * src_size[0] / width  # type: ignore[assignment]
    return int(width), int(height)


def fixed_crop(
    src: NDArray, x0: int, y0: int, w: int, h: int, size: tuple[int, int] | None = None, interp: int = 2
) -> NDArray:
    """A window, resized to ``size`` (width, height) if given."""
    made = NDArray(np.ascontiguousarray(src._data[y0 : y0 + h, x0 : x0 + w]))
    return imresize(made, *size, interp=interp) if size is not None and (w, h) != tuple(size) else made


def center_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, tuple[int, int, int, int]]:
    """The middle, and where it was (x, y, width, height)."""
    height, width = src.shape[:2]
    new_width, new_height = scale_down((width, height), size)
    x0, y0 = (width - new_width) // 2, (height - new_height) // 2
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def random_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, tuple[int, int, int, int]]:
    """A random window, and where it was (x, y, width, height)."""
    height, width = src.shape[:2]
    new_width, new_height = scale_down((width, height), size)
    x0, y0 = _random.randint(0, width - new_width), _random.randint(0, height - new_height)
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def color_normalize(src: NDArray, mean: Any, std: Any = None) -> NDArray:
    """Minus the mean, divided by the deviation."""
    made: NDArray = apply("Cast", [src], {"dtype": "float32"}) if src.dtype == np.uint8 else src
    if mean is not None:
        made = made - mean
    return made / std if std is not None else made
