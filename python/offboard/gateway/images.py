"""MXNet's image functions, which its JVM interface calls as operators of these names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet import image
from offboard.mxnet.ndarray import NDArray

__all__ = ["IMAGE_FUNCTIONS"]

_Arrays = Sequence[npt.NDArray[Any]]
_TRUE = ("1", "true", "True")


def _decode(inputs: _Arrays, attrs: Mapping[str, str]) -> list[npt.NDArray[Any]]:
    to_rgb = attrs.get("to_rgb", "1") in _TRUE
    return [image.imdecode(inputs[0].tobytes(), int(attrs.get("flag", "1")), to_rgb).asnumpy()]


def _read(inputs: _Arrays, attrs: Mapping[str, str]) -> list[npt.NDArray[Any]]:
    to_rgb = attrs.get("to_rgb", "1") in _TRUE
    return [image.imread(attrs["filename"], int(attrs.get("flag", "1")), to_rgb).asnumpy()]


def _resize(inputs: _Arrays, attrs: Mapping[str, str]) -> list[npt.NDArray[Any]]:
    width, height = int(attrs["w"]), int(attrs["h"])
    return [image.imresize(NDArray(inputs[0]), width, height, int(attrs.get("interp", "1"))).asnumpy()]


def _border(inputs: _Arrays, attrs: Mapping[str, str]) -> list[npt.NDArray[Any]]:
    top, bottom, left, right = (int(attrs[side]) for side in ("top", "bot", "left", "right"))
    kind = int(attrs.get("type", "0"))
    values = attrs.get("values", "").strip("()[] ")
    numbers = [float(each) for each in values.split(",") if each.strip()] or [float(attrs.get("value", "0"))]
    source = inputs[0]
    if source.ndim != 3:
        raise MXNetError(f"A border is made around an image of height, width and channels, not {source.shape}")
    channels = (numbers * source.shape[2])[:4] if len(numbers) == 1 else numbers
    made = cv2.copyMakeBorder(source, top, bottom, left, right, kind, value=channels)
    return [np.asarray(made).reshape(*made.shape[:2], source.shape[2])]


# By the names under which MXNet registered them.
IMAGE_FUNCTIONS: dict[str, Callable[[_Arrays, Mapping[str, str]], list[npt.NDArray[Any]]]] = {
    "_cvimdecode": _decode,
    "_cvimread": _read,
    "_cvimresize": _resize,
    "_cvcopyMakeBorder": _border,
}
