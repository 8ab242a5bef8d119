"""Functions of ``mx.nd`` that MXNet writes by hand, beside those that the table makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from offboard.mxnet.context import Context
from offboard.mxnet.ndarray import arithmetic
from offboard.mxnet.ndarray.ndarray import NDArray, apply

__all__ = [
    "concatenate", "histogram", "imdecode", "isfinite", "isinf", "isnan", "moveaxis",
    "onehot_encode", "rand_zipfian", "split_v2", "to_dlpack_for_read", "to_dlpack_for_write", "waitall",
]  # fmt: skip


def arithmetic_function(name: str) -> Callable[[Any, Any], Any]:
    """``mx.nd.add`` and its like: of arrays, broadcast, and numbers on either side."""

    def function(lhs: Any, rhs: Any) -> Any:
        return arithmetic.combine(name, lhs, rhs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Element-wise {name.replace('_', ' ')} of arrays, broadcast, or of an array and a number."
    return function


def waitall() -> None:
    """Everything is done when a call returns."""


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Arrays joined along an axis; all have the first one's dtype."""
    assert isinstance(arrays, list)
    assert arrays
    assert isinstance(arrays[0], NDArray)
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    first = arrays[0]
    rest = (*first.shape[:axis], *first.shape[axis + 1 :])
    for each in arrays[1:]:
        assert (*each.shape[:axis], *each.shape[axis + 1 :]) == rest
        assert each.dtype == first.dtype
    return NDArray(np.concatenate([each._data for each in arrays], axis))


def moveaxis(tensor: NDArray, source: Any, destination: Any) -> NDArray:
    """Axes moved to other places; raises ValueError for axes that are not there."""
    return NDArray(np.ascontiguousarray(np.moveaxis(tensor._data, source, destination)))


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Rows of zeros with a one where ``indices`` say, written to ``out``."""
    made: NDArray = apply("one_hot", [indices], {"depth": out.shape[1], "dtype": out._data.dtype.name}, out)
    return made


def histogram(a: NDArray, bins: Any = 10, range: tuple[float, float] | None = None) -> Any:
    """Counts in bins, and the bins' edges."""
    if isinstance(bins, NDArray):
        return apply("_histogram", [a, bins], {})
    if not isinstance(bins, (int, np.integer)):
        raise ValueError("bins argument should be either an integer or an NDArray")
    if range is None:
        # MXNet asks NumPy, and so the counts are float32 too.
        return tuple(NDArray(each.astype(np.float32)) for each in np.histogram(a._data, bins=int(bins)))
    return apply("_histogram", [a], {"bin_cnt": int(bins), "range": tuple(float(each) for each in range)})


def split_v2(ary: NDArray, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Any:
    """Parts of equal size, or between indices."""
    if isinstance(indices_or_sections, (int, np.integer)):
        axis_size = ary.shape[axis]
        sections = int(indices_or_sections)
        if axis_size % sections:
            raise ValueError("array split does not result in an equal division")
        given: dict[str, Any] = {"indices": (), "sections": sections}
    elif isinstance(indices_or_sections, (tuple, set, list)):
        given = {"indices": [0, *sorted(indices_or_sections)], "sections": 0}
    else:
        raise ValueError("indices_or_sections must be either int, or tuple / list / set of ints")
    return apply("_split_v2", [ary], {**given, "axis": axis, "squeeze_axis": squeeze_axis})


def isfinite(data: NDArray) -> NDArray:
    """1 where elements are finite, else 0, in the array's dtype."""
    return NDArray(np.isfinite(data._data).astype(data._data.dtype))


def isinf(data: NDArray) -> NDArray:
    """1 where elements are infinite, else 0, in the array's dtype."""
    return NDArray(np.isinf(data._data).astype(data._data.dtype))


def isnan(data: NDArray) -> NDArray:
    """1 where elements are NaN, else 0, in the array's dtype."""
    return NDArray(np.isnan(data._data).astype(data._data.dtype))


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Classes drawn about log-uniformly from [0, range_max), and how often true and drawn ones are expected.

    (classes int64, counts of ``true_classes`` float64, counts of the drawn ones float64).
    """
    span = math.log(range_max + 1)
    drawn: NDArray = apply("_random_uniform", [], {"high": span, "shape": (num_sampled,), "dtype": "float64"})
    classes = np.exp(drawn._data).astype(np.int64) - 1

    def expected(values: Any) -> NDArray:
        numbers = np.asarray(values, np.float64)
        return NDArray(np.log((numbers + 2.0) / (numbers + 1.0)) / span * num_sampled)

    classes %= range_max
    return NDArray(classes), expected(true_classes._data), expected(classes)


def to_dlpack_for_read(data: NDArray) -> Any:
    """A DLPack capsule over an array's memory."""
    return data.to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """A DLPack capsule over an array's memory, to write to."""
    return data.to_dlpack_for_write()


def imdecode(
    str_img: Any,
    clip_rect: tuple[int, int, int, int] = (0, 0, 0, 0),
    out: NDArray | None = None,
    index: int = 0,
    channels: int = 3,
    mean: NDArray | None = None,
) -> NDArray:
    """An image of encoded bytes as (1, channels, height, width), BGR, float32; ``mx.image.imdecode`` is the newer way.

    ``clip_rect`` (left, top, right, bottom) cuts a window, ``mean`` is taken off, ``index`` says where in ``out``.
    """
    from offboard.mxnet import image

    pixels = image.imdecode(str_img, flag=int(channels > 1), to_rgb=False)._data
    left, top, right, bottom = clip_rect
    if right > left and bottom > top:
        pixels = pixels[top:bottom, left:right]
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None].astype(np.float32))
    if mean is not None:
        planes = planes - mean._data
    if out is None:
        return NDArray(planes)
    out[index] = planes[0]
    return out
