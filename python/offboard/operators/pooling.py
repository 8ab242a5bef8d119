"""Pooling in MXNet's conventions, and adaptive average pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from offboard.operators.builder import Shape, Value
from offboard.operators.convolution import channels_last, spatial, to_channels_first, to_channels_last
from offboard.operators.record import Params, operator


def _output_size(size: int, kernel: int, stride: int, pad: int, convention: str) -> int:
    if convention == "same":
        return math.ceil(size / stride)
    room = size + 2 * pad - kernel
    return (math.ceil(room / stride) if convention == "full" else room // stride) + 1


def _window_counts(size: int, kernel: int, stride: int, pad: int, outputs: int, include_pad: bool) -> np.ndarray:
    """How many elements each window of one dimension covers: with padding up to size + pad, or without."""
    counts = []
    for output in range(outputs):
        start = output * stride - pad
        stop = min(start + kernel, size + pad)
        counts.append(stop - start if include_pad else min(stop, size) - max(start, 0))
    return np.array(counts)


@operator("Pooling")
def pooling(p: Params, x: Value) -> Value:
    """Maximum, average, sum or lp norm of windows; ``valid`` rounds sizes down, ``full`` up."""
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
    return (x.abs() ** float(p.p_value)).sum(axes, True) ** (1.0 / p.p_value)


def _pooling(p: Params, x: Value) -> Value:
    if x.ndim != len(p.kernel) + 2:
        raise ValueError(f"kernel {p.kernel} does not fit input {x.shape}")
    stride, pad = spatial(p, "stride", 1), spatial(p, "pad", 0)
    convention = p.values.get("pooling_convention", "valid")
    sizes = tuple(
        _output_size(d, k, s, b, convention) for d, k, s, b in zip(x.shape[2:], p.kernel, stride, pad, strict=True)
    )
    if any(size <= 0 or k > d + 2 * b for size, k, d, b in zip(sizes, p.kernel, x.shape[2:], pad, strict=True)):
        raise ValueError(f"kernel {p.kernel} exceeds input {x.shape} with padding {pad}")
    if p.pool_type == "max":
        return _windows(x, "MaxPool", p.kernel, stride, pad, sizes, float(np.finfo(np.float32).min))
    if p.pool_type == "lp":
        powered = x.abs() ** float(p.p_value)
        summed = _sums(powered, p.kernel, stride, pad, sizes)
        return summed ** (1.0 / p.p_value)
    if p.pool_type == "sum":
        return _sums(x, p.kernel, stride, pad, sizes)
    include = p.values.get("count_include_pad")
    include = True if include is None else include
    counts = np.ones((), np.int64)
    for axis, (d, k, s, b, o) in enumerate(zip(x.shape[2:], p.kernel, stride, pad, sizes, strict=True)):
        line = _window_counts(d, k, s, b, o, include)
        counts = counts * line.reshape((-1,) + (1,) * (len(sizes) - axis - 1))
    if (counts == math.prod(p.kernel)).all():
        return _windows(x, "AveragePool", p.kernel, stride, pad, sizes, 0.0, count_include_pad=1)
    sums = _sums(x, p.kernel, stride, pad, sizes)
    with np.errstate(divide="ignore"):
        scale = np.where(counts > 0, 1.0 / counts, np.nan if include else 0.0)
    return sums * x.graph.const(scale.astype(x.dtype))


def _sums(x: Value, kernel: Shape, stride: Shape, pad: Shape, sizes: Shape) -> Value:
    average = _windows(x, "AveragePool", kernel, stride, pad, sizes, 0.0, count_include_pad=1)
    return average * float(math.prod(kernel))


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


@operator("_contrib_AdaptiveAvgPooling2D")
def adaptive_average_pooling(p: Params, x: Value) -> Value:
    """Averages over floor(i * in / out) .. ceil((i + 1) * in / out); equals two constant matrices."""
    size = p.output_size or (1, 1)
    height, width = (size[0], size[0]) if len(size) == 1 else size
    if (height, width) == (1, 1):
        return x.mean([2, 3], True)

    def matrix(inputs: int, outputs: int) -> np.ndarray:
        rows = np.zeros((outputs, inputs))
        for index in range(outputs):
            start, stop = index * inputs // outputs, math.ceil((index + 1) * inputs / outputs)
            rows[index, start:stop] = 1.0 / (stop - start)
        return rows

    down = x.graph.const(matrix(x.shape[2], height).astype(x.dtype))
    across = x.graph.const(matrix(x.shape[3], width).T.astype(x.dtype))
    return down @ x @ across
