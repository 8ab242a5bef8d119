"""Convolution and Deconvolution, of one to three spatial dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, Shape, Value
from offboard.operators.record import Params, PartialShape, inconsistent, operator


def spatial(p: Params, name: str, default: int) -> Shape:
    """A parameter with one number a spatial dimension; empty means the default."""
    given = getattr(p, name)
    ndim = len(p.kernel)
    if given and len(given) != ndim:
        raise ValueError(f"{name} {given} does not fit kernel {p.kernel}")
    return tuple(given) if given else (default,) * ndim


def channels_last(layout: str | None) -> bool:
    """Whether the channel dimension is the last."""
    return layout is not None and layout[1] != "C"


def to_channels_first(x: Value) -> Value:
    """N...C to NC...."""
    return x.transpose([0, x.ndim - 1, *range(1, x.ndim - 1)])


def to_channels_last(x: Value) -> Value:
    """NC... to N...C."""
    return x.transpose([0, *range(2, x.ndim), 1])


def _fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None:
        return shapes
    last = channels_last(p.layout)
    channels = data[-1 if last else 1]
    if not channels:
        return shapes
    inner = channels // p.num_group
    weight = (p.num_filter, *p.kernel, inner) if last else (p.num_filter, inner, *p.kernel)
    return [data, weight, (p.num_filter,)][: len(shapes)]


@operator("Convolution_v1", fill=_fill, floats=True)
def convolution_v1(p: Params, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """Convolution of two or three dimensions, in three without dilation."""
    if len(p.kernel) not in (2, 3):
        raise ValueError(f"{len(p.kernel)}D convolution not supported")
    if channels_last(p.layout):
        raise ValueError("Only support NCHW and NCDHW layout")
    if len(p.kernel) == 3 and math.prod(p.dilate or ()) != 1:
        raise ValueError("Dilate is not supported in 3d convolution")
    return _correlated(p, x, weight, bias)


@operator("Convolution", fill=_fill, floats=True)
def convolution(p: Params, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """Cross-correlation, grouped and dilated; output size floor((in + 2 pad - dilated kernel) / stride) + 1."""
    return _correlated(p, x, weight, bias)


def _correlated(p: Params, x: Value, weight: Value, bias: Value | None) -> Value:
    last = channels_last(p.layout)
    if last:
        x, weight = to_channels_first(x), to_channels_first(weight)
    stride, dilate, pad = spatial(p, "stride", 1), spatial(p, "dilate", 1), spatial(p, "pad", 0)
    expected = (p.num_filter, x.shape[1] // p.num_group, *p.kernel)
    if (
        x.ndim != len(p.kernel) + 2
        or weight.shape != expected
        or x.shape[1] % p.num_group
        or p.num_filter % p.num_group
    ):
        raise inconsistent(weight.shape, expected)
    if bias is not None and bias.shape != (p.num_filter,):
        raise inconsistent(bias.shape, (p.num_filter,))
    sizes = tuple(
        (d + 2 * b - (e * (k - 1) + 1)) // s + 1
        for d, k, s, e, b in zip(x.shape[2:], p.kernel, stride, dilate, pad, strict=True)
    )
    if any(size <= 0 for size in sizes):
        raise ValueError(f"kernel {p.kernel} exceeds input {x.shape}")
    if x.dtype == FLOAT64:
        made = _in_float64(x, weight, stride, dilate, pad, p.num_group)
        made = made if bias is None else made + bias.reshape((1, p.num_filter, *(1,) * len(sizes)))
        return to_channels_last(made) if last else made
    made = p.graph.emit(
        "Conv",
        [x, weight, bias],
        (x.shape[0], p.num_filter, *sizes),
        kernel_shape=p.kernel,
        strides=stride,
        dilations=dilate,
        pads=(*pad, *pad),
        group=p.num_group,
    )
    return to_channels_last(made) if last else made


def _in_float64(x: Value, weight: Value, stride: Shape, dilate: Shape, pad: Shape, groups: int) -> Value:
    """Convolution as one matrix product, for ONNX Runtime convolves float32 only."""
    (n, channels), (filters, inner), kernel = x.shape[:2], weight.shape[:2], weight.shape[2:]
    padded = x.pad([(0, 0), (0, 0), *((each, each) for each in pad)])
    reach = [e * (k - 1) for k, e in zip(kernel, dilate, strict=True)]
    sizes = [(d - r - 1) // s + 1 for d, r, s in zip(padded.shape[2:], reach, stride, strict=True)]
    seen = []
    for offset in np.ndindex(*kernel):
        starts = [o * e for o, e in zip(offset, dilate, strict=True)]
        spans = zip(starts, sizes, stride, strict=True)
        seen.append(padded.slices({axis + 2: (b, b + (o - 1) * s + 1, s) for axis, (b, o, s) in enumerate(spans)}))
    columns = x.graph.stack(seen, 2).reshape((n, groups, channels // groups * len(seen), math.prod(sizes)))
    rows = weight.reshape((1, groups, filters // groups, inner * len(seen)))
    return (rows @ columns).reshape((n, filters, *sizes))


def transposed_in_float64(x: Value, weight: Value, stride: Shape, dilate: Shape, groups: int) -> Value:
    """Without padding: zeros between the elements, then convolution with the kernel turned around."""
    for axis, step in enumerate(stride, 2):
        size = x.shape[axis]
        apart = x.unsqueeze(axis + 1).pad([(0, step - 1 if i == axis + 1 else 0) for i in range(x.ndim + 1)])
        joined = apart.reshape(d * step if i == axis else d for i, d in enumerate(x.shape))
        x = joined.slice(axis, 0, (size - 1) * step + 1)
    channels, inner, *kernel = weight.shape
    turned = weight.slices({axis + 2: (k - 1, -1, -1) for axis, k in enumerate(kernel)})
    split = turned.reshape((groups, channels // groups, inner, *kernel)).swapaxes(1, 2)
    pad = tuple(e * (k - 1) for k, e in zip(kernel, dilate, strict=True))
    weight = split.reshape((groups * inner, channels // groups, *kernel))
    return _in_float64(x, weight, (1,) * len(kernel), dilate, pad, groups)


def _transposed_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or not data[1]:
        return shapes
    return [data, (data[1], p.num_filter // p.num_group, *p.kernel), (p.num_filter,)][: len(shapes)]


@operator("Deconvolution", fill=_transposed_fill, floats=True)
def deconvolution(p: Params, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """Transposed convolution; ``target_shape`` overrides padding and ``adj``."""
    stride, dilate, pad = spatial(p, "stride", 1), spatial(p, "dilate", 1), spatial(p, "pad", 0)
    adj = spatial(p, "adj", 0)
    if len(p.kernel) == 3 and math.prod(dilate) != 1:
        raise ValueError("Dilate is not supported in 3d deconvolution")
    expected = (x.shape[1], p.num_filter // p.num_group, *p.kernel)
    if x.ndim != len(p.kernel) + 2 or weight.shape != expected or x.shape[1] % p.num_group:
        raise inconsistent(weight.shape, expected)
    extents = [e * (k - 1) + 1 for k, e in zip(p.kernel, dilate, strict=True)]
    full = [(d - 1) * s + k for d, s, k in zip(x.shape[2:], stride, extents, strict=True)]
    targeted = bool(p.target_shape) and any(p.target_shape)
    if targeted:
        totals = [f - t for f, t in zip(full, p.target_shape, strict=True)]
        adj = tuple(total % 2 for total in totals)
    if any(a >= s for a, s in zip(adj, stride, strict=True)):
        raise ValueError(f"adj {adj} must be smaller than stride {stride}")
    if targeted:
        if any(total < 0 for total in totals):
            raise ValueError(f"target_shape {p.target_shape} is too large for {x.shape}")
        pad = tuple((total + 1) // 2 for total in totals)
        sizes = tuple(p.target_shape)
    else:
        sizes = tuple(f - 2 * b + a for f, b, a in zip(full, pad, adj, strict=True))
    if any(size < 0 for size in sizes):
        raise ValueError(f"padding {pad} leaves nothing of {full}")
    # The padding is cut off, and what adj adds beyond the full result is bias alone.
    beyond = [max(b + size - f, 0) for b, size, f in zip(pad, sizes, full, strict=True)]
    later = bias is not None and (any(beyond) or x.dtype == FLOAT64)
    if x.dtype == FLOAT64:
        made = transposed_in_float64(x, weight, stride, dilate, p.num_group)
    else:
        made = p.graph.emit(
            "ConvTranspose",
            [x, weight, None if later else bias],
            (x.shape[0], p.num_filter, *full),
            kernel_shape=p.kernel,
            strides=stride,
            dilations=dilate,
            group=p.num_group,
        )
    made = made.pad([(0, 0), (0, 0), *((0, extra) for extra in beyond)])
    made = made.slices({axis + 2: (b, b + size, 1) for axis, (b, size) in enumerate(zip(pad, sizes, strict=True))})
    return made + bias.reshape((1, p.num_filter, *(1,) * len(sizes))) if later and bias is not None else made


def bilinear_kernel(size: int) -> np.ndarray:
    """The weights with which a transposed convolution interpolates."""
    factor = math.ceil(size / 2)
    centre = (2 * factor - 1 - factor % 2) / (2.0 * factor)
    line = 1 - np.abs(np.arange(size) / factor - centre)
    return np.outer(line, line).astype(FLOAT32)
