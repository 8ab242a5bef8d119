"""Image operators: what a data pipeline does to one image (height, width, channels), or to a batch of them."""

from __future__ import annotations

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, INT64, Value
from offboard.operators.interpolation import resized
from offboard.operators.record import Params, operator

# How much of each principal component of colour goes into red, green and blue: eigenvectors times eigenvalues.
LIGHT = np.array(
    [
        [55.46 * -0.5675, 4.794 * 0.7192, 1.148 * 0.4009],
        [55.46 * -0.5808, 4.794 * -0.0045, 1.148 * -0.8140],
        [55.46 * -0.5836, 4.794 * -0.6948, 1.148 * 0.4203],
    ],
    np.float32,
)


def require_image(x: Value) -> None:
    """Refuses what is not one image of 1 or 3 channels."""
    if x.ndim != 3:
        raise ValueError(f"Input image must have shape (height, width, channels), but got {list(x.shape)}")
    if x.shape[2] not in (1, 3):
        raise ValueError(
            "The last dimension of input image must be the channel dimension with either 1 or 3 elements, "
            f"but got input with shape {list(x.shape)}"
        )


def require_images(x: Value, what: str) -> None:
    """Refuses what is neither an image nor a batch of images."""
    if x.ndim not in (3, 4):
        raise ValueError(f"{what} expects inputs of 3D (h, w, c) or 4D (n, h, w, c). But got {x.ndim}")


def saturated(x: Value, dtype: np.dtype) -> Value:
    """Floats as ``dtype``: truncated towards zero, and for uint8 held to its range, where other integers wrap."""
    if dtype.kind == "f":
        return x.cast(dtype)
    held = x.clip(0.0, 255.0) if dtype == np.uint8 else x
    return held.cast(INT64).cast(dtype)


@operator("_image_to_tensor", types=lambda p, dtypes: (dtypes, [FLOAT32]))
def to_tensor(p: Params, x: Value) -> Value:
    """Channels before height and width, and 0 .. 255 brought to 0 .. 1 in float32 (of float16 in its precision)."""
    require_images(x, "Image ToTensor")
    made = (x if x.dtype == FLOAT64 else x.cast(FLOAT32)) / 255.0
    if x.dtype == np.float16:
        made = made.cast(np.float16)
    return made.cast(FLOAT32).transpose([2, 0, 1] if x.ndim == 3 else [0, 3, 1, 2])


def _per_channel(x: Value, values: tuple[float, ...], name: str) -> Value:
    channels = x.shape[-3]
    if len(values) not in (1, channels):
        raise ValueError(
            f"Invalid {name} for input with shape {list(x.shape)}. {name} must have either 1 or {channels} elements, "
            f"but got {list(values)}"
        )
    kind = x.dtype if x.is_float else FLOAT32
    return x.graph.const(np.broadcast_to(np.array(values, np.float32), (channels,)).reshape(-1, 1, 1).astype(kind))


@operator("_image_normalize", same_shape=True, numbers=True)
def normalize(p: Params, x: Value) -> Value:
    """Each channel of (channels, height, width), or of a batch, less its mean and divided by its deviation.

    The defaults have four numbers, which no image takes: both must be given.
    """
    if x.ndim not in (3, 4) or x.shape[-3] not in (1, 3):
        raise ValueError(
            "Input tensor must have shape (channels, height, width), or (N, channels, height, width), with 1 or 3 "
            f"channels, but got {list(x.shape)}"
        )
    mean, deviation = _per_channel(x, p.mean, "mean"), _per_channel(x, p.std, "std")
    if x.is_float:
        return (x - mean) / deviation
    return ((x.cast(FLOAT32) - mean) / deviation).cast(INT64).cast(x.dtype)


@operator("_image_resize")
def resize(p: Params, x: Value) -> Value:
    """Images of another size, interpolated as OpenCV does: nearest, linear, cubic, by area or by Lanczos."""
    if x.ndim not in (3, 4):
        raise ValueError(f"Input image dimension should be 3 or 4 but got {x.ndim}")
    if len(p.size) not in (1, 2) or min(p.size) <= 0:
        raise ValueError(f"Input size must be one or two positive numbers, but got {p.size}")
    height, width = x.shape[-3:-1]
    if len(p.size) == 2:
        size = (p.size[1], p.size[0])
    elif not p.keep_ratio:
        size = (p.size[0], p.size[0])
    elif height > width:
        size = (height * p.size[0] // width, p.size[0])
    else:
        size = (p.size[0], width * p.size[0] // height)
    return resized(x, size, p.interp)


@operator("_image_crop", numbers=True)
def image_crop(p: Params, x: Value) -> Value:
    """A window of images."""
    require_images(x, "Image Crop")
    if x.shape[-1] not in (1, 3):
        raise ValueError(f"Expect channel of the input image is 1 or 3, but got {x.shape[-1]}")
    if p.height <= 0 or p.width <= 0:
        raise ValueError("Input height and width must be greater than 0")
    if p.x < 0 or p.y < 0 or p.x + p.width > x.shape[-2] or p.y + p.height > x.shape[-3]:
        raise ValueError(f"the window at {(p.x, p.y)} of {(p.width, p.height)} lies outside of {x.shape}")
    return x.slices({-3: (p.y, p.y + p.height, 1), -2: (p.x, p.x + p.width, 1)})


def flipped(x: Value, axis: int) -> Value:
    """The image in reverse along an axis."""
    return x.slice(axis, x.shape[axis] - 1, -1, -1)


@operator("_image_flip_left_right", same_shape=True, numbers=True)
def flip_left_right(p: Params, x: Value) -> Value:
    """An image in a mirror."""
    require_image(x)
    return flipped(x, 1)


@operator("_image_flip_top_bottom", same_shape=True, numbers=True)
def flip_top_bottom(p: Params, x: Value) -> Value:
    """An image upside down."""
    require_image(x)
    return flipped(x, 0)


def lit(x: Value, alpha: Value) -> Value:
    """An image with colour noise: ``alpha`` (3,) weights the principal components; grey images stay."""
    if x.shape[2] == 1:
        return x.unary("Identity")
    shift = (x.graph.const(LIGHT) * alpha).sum([1])
    # A row of it, since ONNX Runtime adds what is as short as a pixel element by element.
    return saturated(x.cast(FLOAT32) + shift.expand(x.shape[1:]), x.dtype)


@operator("_image_adjust_lighting", same_shape=True, numbers=True)
def adjust_lighting(p: Params, x: Value) -> Value:
    """An image with the colour noise ``alpha``."""
    require_image(x)
    if len(p.alpha) != 3:
        raise ValueError(f"alpha {p.alpha} must be 3 numbers")
    return lit(x, p.graph.const(np.array(p.alpha, np.float32)))
