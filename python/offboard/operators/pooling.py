"""Pooling in MXNet's conventions, and adaptive average pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from offboard.operators.builder import FLOAT64, Dtype, Shape, Value
from offboard.operators.convolution import channels_last, spatial, to_channels_first, to_channels_last
from offboard.operators.elementwise import expect_float
from offboard.operators.record import Params, operator
from offboard.operators.transcendental import cube_root


def _output_size(size: int, kernel: int, stride: int, pad: int, convention: str) -> int:
    room = size + 2 * pad - kernel
    return (math.ceil(room / stride) if convention == "full" else room // stride) + 1


def _window_counts(size: int, kernel: int, stride: int, pad: int, outputs: int, include_pad: bool) -> np.ndarray:
    """How many elements each window of one dimension covers, with padding up to size + pad, or without.

    A window that begins behind them covers a negative number.
    """
    counts = []
    for output in range(outputs):
        start = output * stride - pad
        stop = min(start + kernel, size + pad)
        counts.append(stop - start if include_pad else min(stop, size) - max(start, 0))
    return np.array(counts)


@operator("Pooling")
def pooling(p: Params, x: Value) -> Value:
    """Maximum, average, sum or lp norm of windows; ``valid`` rounds sizes down, ``full`` up."""
    if p.pooling_convention == "same" and not (p.global_pool and not p.kernel and x.ndim == 3):
        raise ValueError("the convention 'same' is for layouts that MXNet itself refuses")
    expect_float(x)
    if x.ndim not in (3, 4, 5):
        raise ValueError(f"Pooling: Input data should be 3D, 4D or 5D (batch, channel, ...), not {x.shape}")
    last = channels_last(p.layout)
    if last:
        x = to_channels_first(x)
    made = _global_pooling(p, x) if p.global_pool else _pooling(p, x)
    return to_channels_last(made) if last else made


def _global_pooling(p: Params, x: Value) -> Value:
    axes = list(range(2, x.ndim))
    if p.pool_type == "max":
        return x.max(axes, True)
    if p.pool_type == "avg":
        return x.mean(axes, True)
    if p.pool_type == "sum":
        return x.sum(axes, True)
    return _root(_powered(x, p.p_value).sum(axes, True), p.p_value)


def _lowest(dtype: Dtype) -> float:
    return float(np.iinfo(dtype).min if dtype.kind in "iu" else np.finfo(dtype).min)


def _powered(x: Value, exponent: int) -> Value:
    """Powers with their sign: MXNet's lp pooling takes no absolute value."""
    if exponent not in (1, 2, 3):
        raise ValueError(f"p value of {exponent} is not supported yet...")
    return x if exponent == 1 else (x * x if exponent == 2 else x * x * x)


def _root(x: Value, exponent: int) -> Value:
    return x if exponent == 1 else (x.sqrt() if exponent == 2 else cube_root(x))


def _pooling(p: Params, x: Value) -> Value:
    if x.ndim != len(p.kernel) + 2:
        raise ValueError(f"kernel {p.kernel} does not fit input {x.shape}")
    stride, pad = spatial(p, "stride", 1), spatial(p, "pad", 0)
    sizes = tuple(
        _output_size(d, k, s, b, p.pooling_convention)
        for d, k, s, b in zip(x.shape[2:], p.kernel, stride, pad, strict=True)
    )
    if any(size <= 0 or k > d + 2 * b for size, k, d, b in zip(sizes, p.kernel, x.shape[2:], pad, strict=True)):
        raise ValueError(f"kernel {p.kernel} exceeds input {x.shape} with padding {pad}")
    if p.pool_type == "max":
        return _windows(x, "MaxPool", p.kernel, stride, pad, sizes, _lowest(x.dtype))
    if p.pool_type == "lp":
        return _root(_sums(_powered(x, p.p_value), p.kernel, stride, pad, sizes), p.p_value)
    if p.pool_type == "sum":
        return _sums(x, p.kernel, stride, pad, sizes)
    include = p.values.get("count_include_pad")
    include = True if include is None else include
    counts = np.ones((), np.int64)
    for axis, (d, k, s, b, o) in enumerate(zip(x.shape[2:], p.kernel, stride, pad, sizes, strict=True)):
        line = _window_counts(d, k, s, b, o, include)
        counts = counts * line.reshape((-1,) + (1,) * (len(sizes) - axis - 1))
    if (counts == math.prod(p.kernel)).all() and x.dtype != FLOAT64:
        return _windows(x, "AveragePool", p.kernel, stride, pad, sizes, 0.0, count_include_pad=1)
    sums = _sums(x, p.kernel, stride, pad, sizes)
    # A window of padding alone has the sum 0. MXNet divides it by 0 where it pools three dimensions.
    with np.errstate(divide="ignore"):
        scale = np.where(counts == 0, np.nan if len(sizes) == 3 else 0.0, 1.0 / counts)
    return sums * x.graph.const(scale.astype(x.dtype))


def _sums(x: Value, kernel: Shape, stride: Shape, pad: Shape, sizes: Shape) -> Value:
    if x.dtype == FLOAT64:
        return _sums_in_float64(x, kernel, stride, pad, sizes)
    average = _windows(x, "AveragePool", kernel, stride, pad, sizes, 0.0, count_include_pad=1)
    return average * float(math.prod(kernel))


def _sums_in_float64(x: Value, kernel: Shape, stride: Shape, pad: Shape, sizes: Shape) -> Value:
    """One dimension after the other, for ONNX Runtime averages float32 only."""
    for axis, (k, s, b, o) in enumerate(zip(kernel, stride, pad, sizes, strict=True), 2):
        needed = max((o - 1) * s + k - x.shape[axis] - b, 0)
        padded = x.pad([(b, needed) if i == axis else (0, 0) for i in range(x.ndim)])
        parts = [padded.slice(axis, start, start + (o - 1) * s + 1, s) for start in range(k)]
        x = parts[0]
        for part in parts[1:]:
            x = x + part
    return x


def _windows(
    x: Value, op: str, kernel: Shape, stride: Shape, pad: Shape, sizes: Shape, fill: float, **attributes: Any
) -> Value:
    """An ONNX pool over exactly ``sizes`` windows. Padding that ONNX Runtime would refuse is made explicit."""
    after = [
        max((o - 1) * s + k - d - b, 0) for d, k, s, b, o in zip(x.shape[2:], kernel, stride, pad, sizes, strict=True)
    ]
    explicit = any(b >= k or a >= k or a > b for a, b, k in zip(after, pad, kernel, strict=True))
    before = pad
    if explicit:
        x = x.pad([(0, 0), (0, 0), *zip(pad, after, strict=True)], fill)
        before, after = (0,) * len(pad), [0] * len(pad)
    needed = [(o - 1) * s + k for o, s, k in zip(sizes, stride, kernel, strict=True)]
    inside = {axis + 2: (0, n, 1) for axis, n in enumerate(needed) if explicit and x.shape[axis + 2] > n}
    x = x.slices(inside) if inside else x
    return x.graph.emit(
        op,
        [x],
        (*x.shape[:2], *sizes),
        kernel_shape=kernel,
        strides=stride,
        pads=(*before, *after),
        **attributes,
    )


@operator("Pooling_v1")
def pooling_v1(p: Params, x: Value) -> Value:
    """Maximum, average or sum of windows of 2 dimensions, in which padding counts as zeros, in the maximum too.

    An average divides by the kernel's size, even where a window goes beyond the padding; the maximum of an empty window
    is -inf.
    """
    expect_float(x)
    if x.ndim != 4:
        raise ValueError(f"data must have 4 dimensions, got {x.shape}")
    kernel: Shape = x.shape[2:]
    stride: Shape = (1, 1)
    pad: Shape = (0, 0)
    if not p.global_pool:
        if len(p.kernel) != 2:
            raise ValueError(f"kernel {p.kernel} must have 2 dimensions")
        kernel, stride, pad = tuple(p.kernel), spatial(p, "stride", 1), spatial(p, "pad", 0)
    if any(k > d + 2 * b for d, k, b in zip(x.shape[2:], kernel, pad, strict=True)):
        raise ValueError(f"kernel {kernel} exceeds input {x.shape} with padding {pad}")
    convention = "valid" if p.global_pool else p.pooling_convention
    sizes = tuple(
        _output_size(d, k, s, b, convention) for d, k, s, b in zip(x.shape[2:], kernel, stride, pad, strict=True)
    )
    x = x.pad([(0, 0), (0, 0), *((b, b) for b in pad)])
    if p.pool_type == "max":
        # Windows beyond everything come last.
        begun = tuple(min(n, math.ceil(d / s)) for n, d, s in zip(sizes, x.shape[2:], stride, strict=True))
        maxima = _windows(x, "MaxPool", kernel, stride, (0, 0), begun, float(np.finfo(np.float32).min))
        empty = [(0, n - b) for n, b in zip(sizes, begun, strict=True)]
        return maxima.pad([(0, 0), (0, 0), *empty], -math.inf)
    sums = _sums(x, kernel, stride, (0, 0), sizes)
    return sums * (1.0 / math.prod(kernel)) if p.pool_type == "avg" else sums


@operator("_contrib_AdaptiveAvgPooling2D", floats=True)
def adaptive_average_pooling(p: Params, x: Value) -> Value:
    """Averages over floor(i * in / out) .. ceil((i + 1) * in / out), of rows and then of columns."""
    if x.ndim != 4:
        raise ValueError(f"data must have 4 dimensions (batch, channel, height, width), got {x.shape}")
    size = p.output_size or (1, 1)
    height, width = (size[0], size[0]) if len(size) == 1 else size
    if (height, width) == (1, 1):
        return x.mean([2, 3], True)

    def averaged(value: Value, axis: int, outputs: int) -> Value:
        inputs = value.shape[axis]
        bounds = [(i * inputs // outputs, math.ceil((i + 1) * inputs / outputs)) for i in range(outputs)]
        return value.graph.concat([value.slice(axis, *each).mean([axis], True) for each in bounds], axis)

    return averaged(averaged(x, 2, height), 3, width)
