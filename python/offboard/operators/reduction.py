"""Reductions over axes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from offboard.operators.builder import BOOL, FLOAT32, FLOAT64, INT64, Dtype, Value
from offboard.operators.casts import number_in
from offboard.operators.record import Params, operator


def reduced_axes(p: Params, x: Value) -> list[int]:
    """The axes to reduce: those given, all but them with ``exclude``, every one by default (whatever ``exclude``)."""
    given = p.values.get("axis", p.values.get("axes"))
    if given is None or given == ():
        return list(range(x.ndim))
    listed = [given] if isinstance(given, int) else list(given)
    for axis in listed:
        if not -x.ndim <= axis < x.ndim:
            raise ValueError(f"axis {axis} is out of range for {x.shape}")
    chosen = {axis % x.ndim for axis in listed}
    if len(chosen) < len(listed):
        raise ValueError(f"Reduction axes have duplicates: {given} of {x.shape}")
    return [axis for axis in range(x.ndim) if (axis in chosen) != bool(p.values.get("exclude"))]


def _shaped(made: Value) -> Value:
    """A reduction of everything has shape (1,)."""
    return made.reshape((1,)) if made.ndim == 0 else made


def _wide(x: Value) -> Value:
    """Where sums are held: float32 sums lose digits, int32 sums saturate."""
    if x.dtype.kind in "iub":
        return x.cast(INT64)
    return (
        x.cast(FLOAT64) if x.dtype == FLOAT32 and x.size > 65536 else (x if x.dtype != np.float16 else x.cast(FLOAT32))
    )


def _reduction(function: Callable[[Value, list[int], bool], Value]) -> Callable[[Params, Value], Value]:
    def lower(p: Params, x: Value) -> Value:
        return _shaped(function(x, reduced_axes(p, x), p.keepdims))

    return lower


def _sum(x: Value, axes: list[int], keepdims: bool) -> Value:
    return _wide(x).sum(axes, keepdims).cast(x.dtype)


def _mean(x: Value, axes: list[int], keepdims: bool) -> Value:
    if x.is_float:
        return _wide(x).mean(axes, keepdims).cast(x.dtype)
    # Both the sum and the count wrap in the array's own type; where that makes a count of 0, MXNet dies.
    count = math.prod(x.shape[axis] for axis in axes)
    return _sum(x, axes, keepdims) / x.graph.const(number_in(count, x.dtype) or number_in(1, x.dtype))


def _prod(x: Value, axes: list[int], keepdims: bool) -> Value:
    return _wide(x).reduce("ReduceProd", axes, keepdims).cast(x.dtype)


def _zero_nan(x: Value) -> Value:
    return x.graph.where(x.isnan(), x.graph.const(0, x.dtype), x) if x.is_float else x


def _one_nan(x: Value) -> Value:
    return x.graph.where(x.isnan(), x.graph.const(1, x.dtype), x) if x.is_float else x


def _extreme(op: str) -> Callable[[Value, list[int], bool], Value]:
    def function(x: Value, axes: list[int], keepdims: bool) -> Value:
        made = x.reduce(op, axes, keepdims)
        if not x.is_float or not axes:
            return made
        # ONNX Runtime keeps or loses NaN by its position.
        poisoned = x.isnan().cast(np.int32).reduce("ReduceMax", axes, keepdims)
        return x.graph.where(poisoned, x.graph.const(np.nan, x.dtype), made)

    return function


operator("sum")(_reduction(_sum))
operator("mean")(_reduction(_mean))
operator("prod")(_reduction(_prod))
operator("nansum")(_reduction(lambda x, axes, keep: _sum(_zero_nan(x), axes, keep)))
operator("nanprod")(_reduction(lambda x, axes, keep: _prod(_one_nan(x), axes, keep)))
operator("max")(_reduction(_extreme("ReduceMax")))
operator("min")(_reduction(_extreme("ReduceMin")))


@operator("norm", types=lambda p, dtypes: (dtypes, [np.dtype(p.out_dtype) if p.out_dtype else dtypes[0]]))
def norm(p: Params, x: Value) -> Value:
    """The 1- or 2-norm over axes; of integers only the largest elements count in the 2-norm."""
    if p.out_dtype is not None and np.dtype(p.out_dtype) != x.dtype:
        raise ValueError(f"data type do not match specified type. Expected: {p.out_dtype} v.s. given {x.dtype}")
    if p.ord not in (1, 2):
        raise ValueError("norm only supports ord=1 and ord=2")
    axes = reduced_axes(p, x)
    if not x.is_float and p.ord == 2:
        # MXNet sums the squares of quotients by the largest, which truncate to 0 or 1.
        size = x.abs().cast(INT64)
        largest = size.max(axes, True)
        count = size.equals(largest).cast(INT64).sum(axes, p.keepdims)
        largest = largest if p.keepdims else largest.squeeze(*axes)
        return _shaped((largest.cast(FLOAT64) * count.cast(FLOAT64).sqrt()).cast(x.dtype))
    wide = x.cast(FLOAT64) if x.dtype == FLOAT32 else x
    made = wide.abs().sum(axes, p.keepdims) if p.ord == 1 else (wide * wide).sum(axes, p.keepdims).sqrt()
    return _shaped(made.cast(x.dtype))


def _along(x: Value, axis: int, op: str) -> Value:
    """Where the extreme of each line stands, the first NaN counting as one; keeps the dimension."""
    shape = tuple(1 if i == axis else d for i, d in enumerate(x.shape))
    best = x.graph.emit(op, [x], shape, INT64, axis=axis, keepdims=1)
    if not x.is_float:
        return best
    # ONNX Runtime passes over NaN.
    nan = x.isnan().cast(np.int32)
    first = x.graph.emit("ArgMax", [nan], shape, INT64, axis=axis, keepdims=1)
    return x.graph.where(nan.max([axis], True), first, best)


def _arg(op: str) -> Callable[[Params, Value], Value]:
    def lower(p: Params, x: Value) -> Value:
        if p.axis is None:
            flat, axis = x.reshape((x.size,)), 0
        else:
            if not -x.ndim <= p.axis < x.ndim:
                raise ValueError(f"axis {p.axis} is out of range for {x.shape}")
            flat, axis = x, p.axis % x.ndim
        made = _along(flat, axis, op).cast(x.dtype)
        if p.axis is None:
            return made.reshape((1,) * x.ndim if p.keepdims else (1,))
        return made if p.keepdims else _shaped(made.squeeze(axis))

    return lower


operator("argmax", numbers=True)(_arg("ArgMax"))
operator("argmin", numbers=True)(_arg("ArgMin"))


@operator("argmax_channel", numbers=True)
def argmax_channel(p: Params, x: Value) -> Value:
    """argmax along dimension 1."""
    if x.ndim < 2:
        raise ValueError(f"axis 1 exceeds the input dimension of {x.ndim}")
    return _along(x, 1, "ArgMax").squeeze(1).cast(x.dtype)


@operator("_square_sum")
def square_sum(p: Params, x: Value) -> Value:
    """The sum of squares over axes."""
    wide = _wide(x)
    return _shaped((wide * wide).sum(reduced_axes(p, x), p.keepdims).cast(x.dtype))


@operator("moments", numbers=True)
def moments(p: Params, x: Value) -> list[Value]:
    """Mean and variance over axes; of integers every sum wraps and every quotient is truncated."""
    if not p.axes:
        raise ValueError(
            "Empty axes is not supported, if you would like to do global moments, please pass all axes to axes argument"
        )
    axes = reduced_axes(p, x)
    mean = _mean(x, axes, True)
    deviation = x - mean
    variance = _mean(deviation * deviation, axes, True)
    return [mean, variance] if p.keepdims else [_shaped(each.squeeze(*axes)) for each in (mean, variance)]


@operator("_np_cumsum", types=lambda p, dtypes: (dtypes, [_cumsum_type(p, dtypes[0])]))
def cumsum(p: Params, x: Value) -> Value:
    """Running sums along an axis, or of the flattened array; of bool as int64."""
    dtype = _cumsum_type(p, x.dtype) or x.dtype
    flat, axis = (x.reshape((x.size,)), 0) if p.axis is None else (x, p.axis)
    if not 0 <= axis < flat.ndim:
        raise ValueError(f"axis {axis} must be in range [0, {flat.ndim})")
    cast = flat.cast(np.int64).cast(dtype) if x.is_float and dtype.kind == "i" else flat.cast(dtype)
    wide = cast.cast(INT64) if dtype.kind in "iu" else cast
    return wide.graph.emit("CumSum", [wide, p.graph.const(axis % flat.ndim, INT64)], flat.shape).cast(dtype)


def _cumsum_type(p: Params, own: Dtype | None) -> Dtype | None:
    if p.dtype is not None:
        return np.dtype(p.dtype)
    return INT64 if own == BOOL else own


@operator("_contrib_allclose", types=lambda p, dtypes: (dtypes, [np.dtype(np.uint8)]))
def allclose(p: Params, a: Value, b: Value) -> Value:
    """1 where all elements are equal within atol + rtol |b|, else 0; 0-dimensional."""
    if a.shape != b.shape or a.dtype != b.dtype or a.dtype == BOOL:
        raise ValueError(f"allclose needs equal shapes and numeric types: {a.shape} {a.dtype}, {b.shape} {b.dtype}")
    # Numbers keep their type, of which each step has the precision; differences of integers become float32, as which
    # the tolerances are given.
    if a.is_float:
        apart, size = (a - b).abs(), b.abs()
    else:
        apart, size = ((each).abs().cast(FLOAT32) for each in (a.cast(INT64) - b.cast(INT64), b.cast(INT64)))
    kind = size.dtype
    wide = FLOAT64 if kind == FLOAT64 else FLOAT32
    share = (size.cast(wide) * float(np.float32(p.rtol))).cast(kind)
    close = apart <= (share.cast(wide) + float(np.float32(p.atol))).cast(kind)
    close = close | a.equals(b)
    if p.equal_nan:
        close = close | (a.isnan() & b.isnan())
    return close.cast(np.int32).min(range(a.ndim)).reshape(()).cast(np.uint8)
