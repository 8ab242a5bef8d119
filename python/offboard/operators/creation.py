"""Operators without inputs: zeros, ones, ranges, the identity matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.operators.builder import FLOAT32, FLOAT64, Dtype, Shape, Value
from offboard.operators.casts import number_in
from offboard.operators.conversion import named_type
from offboard.operators.infer import TYPE_FLAGS
from offboard.operators.record import Params, PartialShape, operator


def open_shape(p: Params) -> PartialShape:
    """What the parameter ``shape`` says."""
    return tuple(p.shape) if p.shape else None


def resolved_shape(p: Params) -> Shape:
    """The shape given, with its unknown dimensions as inferred from the consumers."""
    given = tuple(p.shape or ())
    if p.wanted is not None and (not given or 0 in given):
        return p.wanted
    if not given or 0 in given:
        raise ValueError(f"shape {given} has unknown dimensions")
    return given


def _dtype(p: Params) -> Dtype:
    return named_type(p.dtype or "float32")


def _filled(value: float) -> Callable[[Params], Value]:
    return lambda p: p.graph.full(resolved_shape(p), value, _dtype(p))


operator("_zeros", partial=open_shape)(_filled(0))


def _numbered_type(p: Params) -> Dtype | None:
    """A dtype by MXNet's number, None for -1."""
    if p.dtype != -1 and p.dtype not in TYPE_FLAGS:
        raise ValueError(f"Unknown type enum {p.dtype}")
    return TYPE_FLAGS.get(p.dtype)


operator("_zeros_without_dtype", partial=open_shape, types=lambda p, dtypes: (dtypes, [_numbered_type(p)]))(
    lambda p: p.graph.full(resolved_shape(p), 0, _numbered_type(p) or FLOAT32)
)
operator("_ones", partial=open_shape)(_filled(1))


@operator("_full", partial=open_shape)
def full(p: Params) -> Value:
    """One value everywhere."""
    return p.graph.full(resolved_shape(p), p.value, _dtype(p))


def _arange_shape(p: Params) -> PartialShape:
    if p.values.get("infer_range") and p.stop is None:
        return (0,)
    start, stop = _ends(p)
    return (math.ceil((stop - start) / p.step) * p.repeat,)


def _ends(p: Params) -> tuple[float, float]:
    start, stop = (0.0, p.start) if p.stop is None else (p.start, p.stop)
    if p.step == 0:
        raise ValueError("Range does not support step=0")
    if p.repeat <= 0:
        raise ValueError(f"Repeat should be larger than 0, received {p.repeat}")
    if start == stop or (start < stop) != (p.step > 0):
        raise ValueError(f"Invalid range (start, stop, step) = ({start:g},{stop:g},{p.step:g})")
    return start, stop


@operator("_arange", partial=_arange_shape)
def arange(p: Params) -> Value:
    """Evenly spaced from ``start``, each ``repeat`` times; the length may come from the consumers."""
    if p.infer_range and p.stop is None and p.wanted is not None:
        count, start = p.wanted[0] // p.repeat, p.start
    else:
        start, stop = _ends(p)
        count = math.ceil((stop - start) / p.step)
    return p.graph.const(np.repeat(_steps(count, start, p.step, _dtype(p)), p.repeat))


def _steps(count: int, start: float, step: float, dtype: Dtype) -> npt.NDArray[Any]:
    """In the type's own arithmetic. Start and step are whole numbers, truncated, in integers and in float16 too."""
    if dtype not in (FLOAT32, FLOAT64):
        start, step = math.trunc(start), math.trunc(step)
    return (np.arange(count).astype(dtype) * number_in(step, dtype) + number_in(start, dtype)).astype(dtype)


@operator("_linspace")
def linspace(p: Params) -> Value:
    """``num`` values from ``start`` to ``stop``."""
    return p.graph.const(np.linspace(p.start, p.stop, p.num, endpoint=p.endpoint).astype(_dtype(p)))


@operator("_eye")
def eye(p: Params) -> Value:
    """Ones on the k-th diagonal."""
    return p.graph.const(np.eye(p.N, p.M if p.M > 0 else p.N, p.k, dtype=_dtype(p)))


@operator("_contrib_arange_like", numbers=True)
def arange_like(p: Params, x: Value) -> Value:
    """A range as long as an axis of the input, or of its shape."""
    count = x.size if p.axis is None else x.shape[p.axis]
    unique = math.ceil(count / p.repeat)
    made = p.graph.const(np.repeat(_steps(unique, p.start, p.step, x.dtype), p.repeat)[:count])
    return made.reshape(x.shape) if p.axis is None else made
