"""Quantised operators whose outputs are sums of products: dense layers, convolution, LSTM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.operators.builder import FLOAT32, INT64, Dtype, Shape, Value
from offboard.operators.convolution import spatial
from offboard.operators.quantized import (
    INT8,
    INT32,
    LEVELS,
    UINT8,
    eight_bits,
    ends_of,
    magnitude,
    product_range,
    require,
    saturated,
    single,
)
from offboard.operators.record import Params, PartialShape, find, inconsistent, operator


def _unsigned(x: Value) -> tuple[Value, Value]:
    """8-bit integers as uint8, and what then stands for zero: only this kind is summed exactly by every processor."""
    if x.dtype == UINT8:
        return x, x.graph.const(0, UINT8)
    # Arithmetic of 8 bits wraps.
    return x.cast(UINT8) + 128, x.graph.const(128, UINT8)


def _dense_product(rows: Value, weight: Value) -> Value:
    """The exact int32 product of 8-bit rows and the transpose of an int8 weight.

    Processors without 8-bit dot products add pairs of products of uint8 and int8 in 16 bits, which those of 255 and
    7 bits fit in. So the weight is taken apart, 2 * high + low: that is exact everywhere, and where there are dot
    products it is twice as fast as uint8 by uint8.
    """
    g = rows.graph
    low = g.emit("BitwiseAnd", [weight, g.const(1, INT8)], weight.shape)
    parts = g.concat([(weight - low) / 2, low], 0).transpose((1, 0))
    data, zero = _unsigned(rows)
    count = weight.shape[0]
    made = g.emit("MatMulInteger", [data, parts, zero], (rows.shape[0], 2 * count), INT32)
    return made.slice(1, 0, count) * 2 + made.slice(1, count, 2 * count)


def _dense_inputs(p: Params) -> int:
    return 2 if p.no_bias else 3


def _dense_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data, weight = shapes[0], shapes[1]
    if data is not None:
        inputs = int(np.prod(data[1:])) if p.flatten else data[-1]
        weight = (p.num_hidden, inputs)
    tensors = [data, weight, (p.num_hidden,)][: _dense_inputs(p)]
    return [*tensors, *ends_of(2 * len(tensors))]


def _dense_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    count = _dense_inputs(p)
    return eight_bits([dtypes[0], *[INT8] * (count - 1)], 2 * count), [INT32, FLOAT32, FLOAT32]


@operator("_contrib_quantized_fully_connected", fill=_dense_fill, types=_dense_types)
def quantized_fully_connected(p: Params, x: Value, weight: Value, *rest: Value) -> list[Value]:
    """x @ weight^T as int32, and its range; a bias is brought to the products' levels and added in float32."""
    g = p.graph
    bias, ends = (None, rest) if p.no_bias else (rest[0], rest[1:])
    require(x, "the data", INT8, UINT8)
    for value in (weight, *([] if bias is None else [bias])):
        require(value, "a parameter", INT8)
    inputs = int(np.prod(x.shape[1:])) if p.flatten else x.shape[-1]
    if weight.shape != (p.num_hidden, inputs):
        expected = (p.num_hidden, inputs)
        raise inconsistent(weight.shape, expected)
    rows = x.reshape((x.size // inputs, inputs))
    made = _dense_product(rows, weight)
    data_end, weight_end = magnitude(*ends[:2]), magnitude(*ends[2:4])
    if bias is not None:
        levels = (single(g, LEVELS[x.dtype]) / data_end) * (single(g, LEVELS[INT8]) / weight_end)
        scaled = bias.cast(FLOAT32) * (levels * magnitude(*ends[4:6]) / LEVELS[INT8])
        # A bias beyond int32 becomes the smallest, as in MXNet's conversion.
        room = scaled.abs() < LEVELS[INT32]
        whole = g.where(room, scaled, single(g, -LEVELS[INT32])).cast(INT64).cast(FLOAT32)
        made = saturated(made.cast(FLOAT32) + whole, INT32)
    shape = (x.shape[0], p.num_hidden) if p.flatten else (*x.shape[:-1], p.num_hidden)
    return [made.reshape(shape), *product_range(data_end, weight_end, x.dtype)]


def _convolution_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data, weight = shapes[0], shapes[1]
    if data is not None:
        weight = (p.num_filter, data[1], *p.kernel)
    tensors = [data, weight, (p.num_filter,)][: _dense_inputs(p)]
    return [*tensors, *ends_of(2 * len(tensors))]


def _convolution_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    return _dense_types(p, [dtypes[0] or UINT8, *dtypes[1:]])


@operator("_contrib_quantized_conv", fill=_convolution_fill, types=_convolution_types)
def quantized_convolution(p: Params, x: Value, weight: Value, *rest: Value) -> list[Value]:
    """Convolution of uint8 as int32, and its range; the bias is added as it is."""
    bias, ends = (None, rest) if p.no_bias else (rest[0], rest[1:])
    require(x, "the data of quantized_conv", UINT8)
    for value in (weight, *([] if bias is None else [bias])):
        require(value, "a parameter", INT8)
    if p.num_group != 1:
        raise ValueError("quantized_conv only supports num_group=1 for now")
    if len(p.kernel) not in (2, 3) or p.layout not in (None, "NCHW", "NCDHW"):
        raise ValueError("quantized_conv now supports NCHW or NCDHW for now")
    stride, dilate, pad = spatial(p, "stride", 1), spatial(p, "dilate", 1), spatial(p, "pad", 0)
    if x.ndim != len(p.kernel) + 2 or weight.shape != (p.num_filter, x.shape[1], *p.kernel):
        raise ValueError(f"weight {weight.shape} does not go with {p.num_filter} filters {p.kernel} of {x.shape}")
    sizes: Shape = tuple(
        (d + 2 * b - (e * (k - 1) + 1)) // s + 1
        for d, k, s, e, b in zip(x.shape[2:], p.kernel, stride, dilate, pad, strict=True)
    )
    if any(size <= 0 for size in sizes):
        raise ValueError(f"kernel {p.kernel} exceeds input {x.shape}")
    filters, zero = _unsigned(weight)
    made = p.graph.emit(
        "ConvInteger",
        [x, filters, p.graph.const(0, UINT8), zero],
        (x.shape[0], p.num_filter, *sizes),
        INT32,
        kernel_shape=p.kernel,
        strides=stride,
        dilations=dilate,
        pads=(*pad, *pad),
    )
    if bias is not None:
        made = made + bias.cast(INT32).reshape((1, p.num_filter, *(1,) * len(sizes)))
    return [made, *product_range(magnitude(*ends[:2]), magnitude(*ends[2:4]), INT8)]


def _recurrent_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    recurrent = find("RNN").fill
    assert recurrent is not None
    return [*recurrent(p, shapes[:-2]), *ends_of(2)]


@operator(
    "_contrib_quantized_rnn",
    fill=_recurrent_fill,
    types=lambda p, dtypes: ([UINT8, *[FLOAT32] * (len(dtypes) - 1)], [FLOAT32] * p.num_outputs),
)
def quantized_rnn(p: Params, x: Value, parameters: Value, *rest: Value) -> list[Value]:
    """An LSTM on uint8 data = numbers * scale + shift, computed in float32 on the numbers.

    MXNet rounds weights and hidden states to 8 bits as well, on the processors where it has this operator at all.
    """
    if x.ndim != 3:
        raise ValueError(f"Input data of RNN operator should be 3-rank tensor, not {x.shape}")
    if p.mode != "lstm":
        raise ValueError("Quantized recurrent neural network only supports LSTM operator on CPU.")
    require(x, "the data", UINT8)
    *states, scale, shift = rest
    numbers = (x.cast(FLOAT32) - shift) / scale
    made = find("RNN").lower(p, numbers, parameters, *states)
    return [made] if isinstance(made, Value) else list(made)
