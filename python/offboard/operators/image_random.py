"""Random image operators: the light and colours of one image (height, width, channels) changed by a random amount."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.operators.builder import Value
from offboard.operators.draws import below, fractions, pairs, polar, words
from offboard.operators.image import LIGHT, require_image
from offboard.operators.random import drawn_here
from offboard.operators.record import Params, operator

Array: TypeAlias = npt.NDArray[Any]

# How much of grey each channel is.
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
# Which of (p2, p1, falling, rising) red, green and blue are, by the sixth of the circle that a hue lies in.
_SECTORS = np.array([[0, 3, 1], [2, 0, 1], [1, 0, 3], [1, 2, 0], [3, 1, 0], [0, 1, 2]])


def _held(values: Array, dtype: np.dtype[Any]) -> Array:
    """float32 as ``dtype``: truncated towards zero, and for uint8 held to its range."""
    if dtype.kind == "f":
        return values.astype(dtype)
    held = values.clip(0, 255) if dtype == np.uint8 else values
    return held.astype(np.int64).astype(dtype)


def _brightness(image: Array, factor: float) -> Array:
    return image.astype(np.float32) * np.float32(factor)


def _contrast(image: Array, factor: float) -> Array:
    wide = image.astype(np.float32)
    grey = (wide @ _GREY if image.shape[2] > 1 else wide).mean(dtype=np.float64)
    return wide * np.float32(factor) + np.float32((1 - factor) * grey)


def _saturation(image: Array, factor: float) -> Array:
    wide = image.astype(np.float32)
    if image.shape[2] == 1:
        return wide
    # MXNet takes blue alone for the grey.
    return wide * np.float32(factor) + wide[:, :, 2:] * (_GREY[2] * np.float32(1 - factor))


def _hue(image: Array, turn: float) -> Array:
    """``turn`` is in circles; by hue, lightness and saturation."""
    wide = image.astype(np.float32)
    if image.shape[2] == 1:
        return wide
    red, green, blue = np.moveaxis(wide / 255, 2, 0)
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    lightness, spread = (high + low) / 2, high - low
    coloured = spread > np.finfo(np.float32).eps
    with np.errstate(all="ignore"):
        saturation = np.where(coloured, spread / np.where(lightness < 0.5, high + low, 2 - high - low), 0)
        # In degrees, as MXNet rounds.
        scale = np.float32(60) / spread
        degrees = np.where(
            high == red,
            (green - blue) * scale,
            np.where(high == green, (blue - red) * scale + 120, (red - green) * scale + 240),
        )
    degrees = np.where(coloured, degrees + np.where(degrees < 0, np.float32(360), np.float32(0)), 0)
    sixth = np.mod((degrees + np.float32(turn * 360)) * np.float32(1 / 60), np.float32(6))
    second = np.where(lightness <= 0.5, lightness * (1 + saturation), lightness + saturation - lightness * saturation)
    first = 2 * lightness - second
    sector = np.minimum(sixth.astype(np.int64), 5)
    part = sixth - sector
    choices = np.stack([second, first, first + (second - first) * (1 - part), first + (second - first) * part])
    turned = np.stack([np.take_along_axis(choices, _SECTORS[sector][None, ..., c], 0)[0] for c in range(3)], axis=-1)
    return np.where((saturation != 0)[..., None], turned, lightness[..., None]) * 255


Change: TypeAlias = Callable[[Array, float], Array]


def _between(low: float, high: float) -> float:
    """A float32 between two numbers, of one word."""
    return float(fractions(words(1))[0] * (np.float32(high) - np.float32(low)) + np.float32(low))


def _changed_by(change: Change) -> Callable[[Params, Sequence[Array]], Sequence[Array]]:
    def draw(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
        factor = _between(p.min_factor, p.max_factor)
        return [_held(change(inputs[0], factor), inputs[0].dtype)]

    return draw


def _jittered(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
    image = inputs[0]
    changes: list[tuple[float, float, Change]] = [
        (p.brightness, 1.0, _brightness),
        (p.contrast, 1.0, _contrast),
        (p.saturation, 1.0, _saturation),
        (p.hue, 0.0, _hue),
    ]
    for index in _order_of_four():
        amount, middle, change = changes[index]
        if amount > 0:
            image = _held(change(image, middle + _between(-amount, amount)), image.dtype)
    return [image]


def _order_of_four() -> list[int]:
    order = [0, 1, 2, 3]
    for place, other in enumerate(below(np.array([2, 3, 4])).tolist(), 1):
        order[place], order[other] = order[other], order[place]
    return order


def _lighted(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
    image = inputs[0]
    if image.shape[2] == 1:
        return [image]
    shift = LIGHT @ (_three_normals() * np.float32(p.alpha_std))
    return [_held(image.astype(np.float32) + shift, image.dtype)]


def _three_normals() -> Array:
    """By the polar method, which keeps the first coordinate for the next number."""
    made: list[np.float32] = []
    while len(made) < 3:
        x, y = fractions(words(2))
        second, square, accepted = pairs(np.array([x]), np.array([y]))
        if accepted[0]:
            first = pairs(np.array([y]), np.array([x]))[0]
            made += [polar(second, square)[0], polar(first, square)[0]]
    return np.array(made[:3])


def _flipped(axis: int) -> Callable[[Params, Sequence[Array]], Sequence[Array]]:
    def draw(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
        low, high = words(2)
        return [inputs[0] if fractions(low, high) < 0.5 else np.flip(inputs[0], axis)]

    return draw


def _one_image(p: Params, x: Value) -> Value:
    """One image changed by a random amount."""
    require_image(x)
    return p.graph.value(p.graph.fresh("drawn"), x.shape, x.dtype)


_DRAWS: dict[str, Callable[[Params, Sequence[Array]], Sequence[Array]]] = {
    "brightness": _changed_by(_brightness),
    "contrast": _changed_by(_contrast),
    "saturation": _changed_by(_saturation),
    "hue": _changed_by(_hue),
    "color_jitter": _jittered,
    "lighting": _lighted,
    "flip_left_right": _flipped(1),
    "flip_top_bottom": _flipped(0),
}
for _name, _draw in _DRAWS.items():
    # What changes nothing is of any type.
    _numbers = _name != "color_jitter"
    operator(f"_image_random_{_name}", same_shape=True, numbers=_numbers, kernel=drawn_here(_draw, _one_image))(
        _one_image
    )
