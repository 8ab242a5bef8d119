"""Decoding, resizing, cropping and rotating with OpenCV, so that pixels agree with MXNet's. Images are HWC, RGB."""

from __future__ import annotations

import math
import os
import random
from numbers import Number
from typing import Any

import cv2
import numpy as np

from offboard.errors import MXNetError
from offboard.mxnet.ndarray.ndarray import NDArray, apply

__all__ = [
    "center_crop", "color_normalize", "copyMakeBorder", "fixed_crop", "imdecode", "imread", "imresize", "imrotate",
    "interpolation", "random_crop", "random_rotate", "random_size_crop", "resize_short", "scale_down",
]  # fmt: skip

# MXNet's numbers are OpenCV's but for 9 (by size) and 10 (random).
_INTERPOLATIONS = (
    cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4,
)  # fmt: skip


def _written(image: NDArray, out: NDArray | None) -> NDArray:
    if out is None:
        return image
    out[:] = image
    return out


def imdecode(buf: Any, flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """An image of encoded bytes: colour (flag 1) or grey (0), uint8; raises MXNetError for what is no image."""
    if isinstance(buf, str):
        raise ValueError(
            "buf must be of type bytes, bytearray or numpy.ndarray, "
            "if you would like to input type str, please convert to bytes"
        )
    raw = np.frombuffer(buf.asnumpy().tobytes() if isinstance(buf, NDArray) else bytes(buf), np.uint8)
    if raw.size == 0:
        raise MXNetError("Input cannot be an empty buffer")
    made = cv2.imdecode(raw, cv2.IMREAD_COLOR if flag else cv2.IMREAD_GRAYSCALE)
    if made is None:
        raise MXNetError("Decoding failed. Invalid image file.")
    if flag and to_rgb:
        made = cv2.cvtColor(made, cv2.COLOR_BGR2RGB)
    return _written(NDArray(np.ascontiguousarray(made if made.ndim == 3 else made[:, :, None])), out)


def imread(filename: str | os.PathLike[str], flag: int = 1, to_rgb: bool = True, out: NDArray | None = None) -> NDArray:
    """An image file."""
    try:
        with open(filename, "rb") as file:
            data = file.read()
    except OSError as error:
        raise MXNetError(f"Imread: '{filename}' couldn't open file: {error.strerror}") from None
    return imdecode(data, flag, to_rgb, out)


def interpolation(interp: int, sizes: tuple[int, int, int, int] | tuple[()] = ()) -> int:
    """The number of a way to interpolate, 9 and 10 resolved; ``sizes`` is (old height, width, new height, width)."""
    if interp == 9:
        if not sizes:
            return 2
        old_height, old_width, height, width = sizes
        if height > old_height and width > old_width:
            return 2
        return 3 if height < old_height and width < old_width else 1
    if interp == 10:
        return random.randint(0, 4)
    if interp not in range(5):
        raise ValueError(f"Unknown interp method {interp}")
    return interp


def imresize(src: NDArray, w: int, h: int, interp: int = 1, out: NDArray | None = None) -> NDArray:
    """An image of another size, bilinear by default."""
    width, height = int(w), int(h)
    way = interpolation(interp, (src.shape[0], src.shape[1], height, width))
    made = cv2.resize(src._data, (width, height), interpolation=_INTERPOLATIONS[way])
    return _written(NDArray(np.ascontiguousarray(made.reshape((height, width, -1)))), out)


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """Resized so that the shorter side has ``size``."""
    height, width = src.shape[:2]
    if height > width:
        return imresize(src, size, size * height // width, interp)
    return imresize(src, size * width // height, size, interp)


def scale_down(src_size: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """A crop (width, height) scaled down to fit an image (width, height)."""
    width, height = float(size[0]), float(size[1])
    if src_size[1] < height:
        width, height = width * src_size[1] / height, float(src_size[1])
    if src_size[0] < width:
        width, height = float(src_size[0]), height * src_size[0] / width
    return int(width), int(height)


def copyMakeBorder(
    src: NDArray,
    top: int,
    bot: int,
    left: int,
    right: int,
    type: int = 0,
    value: float = 0.0,
    values: Any = (),
    out: NDArray | None = None,
) -> NDArray:
    """An image with a border: of one colour (type 0), of the edge (1), mirrored (2, 4) or repeated (3)."""
    colour = [float(each) for each in values] or [float(value)] * 4
    made = cv2.copyMakeBorder(src._data, top, bot, left, right, type, value=colour)
    return _written(NDArray(np.ascontiguousarray(made.reshape((*made.shape[:2], -1)))), out)


def fixed_crop(
    src: NDArray, x0: int, y0: int, w: int, h: int, size: tuple[int, int] | None = None, interp: int = 2
) -> NDArray:
    """A window, resized to ``size`` (width, height) if given."""
    made = NDArray(np.ascontiguousarray(src._data[y0 : y0 + h, x0 : x0 + w]))
    return imresize(made, *size, interp=interp) if size is not None and (w, h) != tuple(size) else made


Window = tuple[int, int, int, int]


def center_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, Window]:
    """The middle, and where it was (x, y, width, height)."""
    height, width = src.shape[:2]
    new_width, new_height = scale_down((width, height), size)
    x0, y0 = (width - new_width) // 2, (height - new_height) // 2
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def random_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, Window]:
    """A random window, and where it was (x, y, width, height)."""
    height, width = src.shape[:2]
    new_width, new_height = scale_down((width, height), size)
    x0, y0 = random.randint(0, width - new_width), random.randint(0, height - new_height)
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def random_size_crop(
    src: NDArray, size: tuple[int, int], area: Any, ratio: tuple[float, float], interp: int = 2, **kwargs: Any
) -> tuple[NDArray, Window]:
    """A random window of random area (share of the image) and ratio of sides, and where it was.

    Ten tries that do not fit give the middle.
    """
    height, width = src.shape[:2]
    shares: Any = kwargs.pop("min_area", area)
    assert not kwargs, f"unexpected keyword arguments for `random_size_crop`: {sorted(kwargs)}"
    least, most = shares if isinstance(shares, (tuple, list)) else (float(shares), 1.0)
    for _ in range(10):
        target = random.uniform(least, most) * height * width
        sides = float(np.exp(random.uniform(*np.log(ratio))))
        new_width, new_height = round(math.sqrt(target * sides)), round(math.sqrt(target / sides))
        if new_width <= width and new_height <= height:
            x0, y0 = random.randint(0, width - new_width), random.randint(0, height - new_height)
            return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)
    return center_crop(src, size, interp)


def color_normalize(src: NDArray, mean: Any, std: Any = None) -> NDArray:
    """Minus the mean, divided by the deviation; uint8 images become float32."""
    made: NDArray = apply("Cast", [src], {"dtype": "float32"}) if src.dtype == np.uint8 else src
    if mean is not None:
        made = made - mean
    return made / std if std is not None else made


def imrotate(src: NDArray, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False) -> NDArray:
    """Images (CHW or NCHW, float32) turned counter-clockwise about their middle; what comes in is 0.

    ``zoom_in`` enlarges until nothing from outside shows, ``zoom_out`` shrinks until nothing is lost.
    """
    if zoom_in and zoom_out:
        raise ValueError("`zoom_in` and `zoom_out` cannot be both True")
    if src.dtype != np.float32:
        raise TypeError("Only `float32` images are supported by this function")
    if src.ndim not in (3, 4):
        raise ValueError("Only 3D and 4D are supported by this function")
    images = src._data if src.ndim == 4 else src._data[None]
    degrees = np.asarray(rotation_degrees, np.float32).reshape(-1)
    if src.ndim == 3 and not isinstance(rotation_degrees, Number):
        raise TypeError("When a single image is passed the rotation angle is required to be a scalar.")
    if degrees.size not in (1, len(images)):
        raise ValueError("The number of images must be equal to the number of rotation angles")
    made = np.stack(
        [_turned(image, math.radians(angle), zoom_in, zoom_out)
         for image, angle in zip(images, np.broadcast_to(degrees, len(images)), strict=True)]
    )  # fmt: skip
    return NDArray(made if src.ndim == 4 else made[0])


def _turned(image: Any, angle: float, zoom_in: bool, zoom_out: bool) -> Any:
    """One image (CHW): each pixel is read, bilinearly, where the turn brings it from."""
    _, height, width = image.shape
    half_height, half_width = (height - 1) / 2, (width - 1) / 2
    y, x = np.meshgrid(np.arange(height) - half_height, np.arange(width) - half_width, indexing="ij")
    cos, sin = math.cos(angle), math.sin(angle)
    from_x, from_y = x * cos - y * sin, x * sin + y * cos
    if zoom_in or zoom_out:
        outside = max((width * abs(cos) + height * abs(sin)) / width, (width * abs(sin) + height * abs(cos)) / height)
        scale = 1 / outside if zoom_in else outside
        from_x, from_y = from_x * scale, from_y * scale
    return _sampled(image, from_y + half_height, from_x + half_width)


def _sampled(image: Any, y: Any, x: Any) -> Any:
    """Bilinear samples; 0 outside."""
    padded = np.pad(image.astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    _, height, width = image.shape
    top, left = np.floor(y), np.floor(x)
    down, right = y - top, x - left
    rows = [np.clip(top + step, -1, height).astype(int) + 1 for step in (0, 1)]
    columns = [np.clip(left + step, -1, width).astype(int) + 1 for step in (0, 1)]
    made = sum(
        padded[:, rows[i], columns[j]] * (down if i else 1 - down) * (right if j else 1 - right)
        for i in (0, 1)
        for j in (0, 1)
    )
    return np.asarray(made, np.float32)


def random_rotate(src: NDArray, angle_limits: Any, zoom_in: bool = False, zoom_out: bool = False) -> NDArray:
    """Images turned by random angles (degrees) between the limits."""
    low, high = angle_limits
    degrees = np.random.uniform(low, high, src.shape[0] if src.ndim == 4 else None)
    return imrotate(src, degrees, zoom_in, zoom_out)
