"""Operators on 8-bit integers with a range, as MXNet 1.9.1 computes them on CPUs.

A quantised tensor is the integers and the two ends of the range of the numbers that they stand for, each of shape (1,).
One level is the larger end's magnitude over 127.5 (int8) or 255.5 (uint8), except where it is said otherwise. Rounding
is half to even, out of range saturates, and NaN becomes 127 or 0. Products are summed exactly: processors without 8-bit
dot products, on which MXNet's convolution saturates within a sum, are not imitated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, INT64, Builder, Dtype, Shape, Value
from offboard.operators.convolution import spatial
from offboard.operators.indexing import embedding
from offboard.operators.pooling import pooling
from offboard.operators.record import Params, PartialShape, operator
from offboard.operators.shaping import in_rank

INT8, UINT8, INT32 = np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.int32)
# Levels on one side of zero: half a level more than the largest integer.
LEVELS = {INT8: 127.5, UINT8: 255.5, INT32: 2147483648.0}
# Where a range comes from a product or from float32 by the first quantize operator, it ends at the largest integer.
LARGEST = {INT8: 127.0, UINT8: 255.0}
_ENDS: PartialShape = (1,)


def magnitude(low: Value, high: Value) -> Value:
    """The larger end of a range, without its sign: (1,)."""
    _require_ends(low, high)
    return low.graph.maximum(low.abs(), high.abs())


def _require_ends(low: Value, high: Value) -> None:
    if low.shape != _ENDS or high.shape != _ENDS:
        raise ValueError(f"Shape inconsistent, Provided = {[*low.shape]}, {[*high.shape]}, inferred shape=[1]")


def single(g: Builder, value: float) -> Value:
    """One number, as an end of a range is: (1,)."""
    return g.const(np.array([value], np.float32))


def saturated(x: Value, dtype: Dtype) -> Value:
    """Numbers rounded half to even and saturated to an integer type."""
    g = x.graph
    if x.dtype == FLOAT32 and dtype in (INT8, UINT8):
        # Of NaN QuantizeLinear makes the smallest number, which for int8 has to be the largest: so it makes -1 - x,
        # whose bits are those of x the other way round.
        sign, shift = (1, 0) if dtype == UINT8 else (-1, -1)
        made = g.emit("QuantizeLinear", [x, g.const(sign, FLOAT32), g.const(shift, dtype)], x.shape, dtype)
        return made if dtype == UINT8 else made.unary("BitwiseNot")
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    # In float64, which has int32's largest number.
    rounded = x.unary("Round").cast(FLOAT64).clip(float(low), float(high))
    undefined = x.graph.const(float(low if dtype != INT8 else high), FLOAT64)
    return x.graph.where(x.isnan(), undefined, rounded).cast(INT64).cast(dtype)


def require(value: Value, what: str, *dtypes: Dtype) -> None:
    """Raises ValueError unless a value has one of the types."""
    if value.dtype not in dtypes:
        raise ValueError(f"{what} is {value.dtype}, it must be {' or '.join(str(each) for each in dtypes)}")


def ends_of(count: int) -> list[PartialShape]:
    """Shapes of ``count`` ends of ranges."""
    return [_ENDS] * count


def _calibrated(p: Params) -> tuple[float, float] | None:
    """The range given as parameters, in float32's precision."""
    if p.min_calib_range is None or p.max_calib_range is None:
        return None
    return float(np.float32(p.min_calib_range)), float(np.float32(p.max_calib_range))


def _output_type(p: Params) -> Dtype:
    if p.out_type == "auto":
        known = _calibrated(p)
        return UINT8 if known is not None and known[0] >= 0 else INT8
    return np.dtype(p.out_type)


# Between float32 and integers


@operator(
    "_contrib_quantize",
    fill=lambda p, shapes: [shapes[0], *ends_of(2)],
    types=lambda p, dtypes: ([FLOAT32] * 3, [np.dtype(p.out_type), FLOAT32, FLOAT32]),
)
def quantize(p: Params, x: Value, low: Value, high: Value) -> list[Value]:
    """Integers for numbers in a range that is given."""
    require(x, "the data", FLOAT32)
    dtype, end = np.dtype(p.out_type), magnitude(low, high)
    made = saturated(x * (single(p.graph, LARGEST[dtype]) / end), dtype)
    return [made, low, high] if dtype == UINT8 else [made, -end, end]


@operator("_contrib_quantize_v2", types=lambda p, dtypes: ([dtypes[0] or FLOAT32], [_output_type(p), FLOAT32, FLOAT32]))
def quantize_v2(p: Params, x: Value) -> list[Value]:
    """Integers for numbers in a calibrated range, or in that of the data; integers pass."""
    g, dtype, known = p.graph, _output_type(p), _calibrated(p)
    require(x, "the data", FLOAT32, INT8, UINT8)
    if x.dtype != FLOAT32:
        low, high = known or ((0.0, LEVELS[UINT8]) if x.dtype == UINT8 else (-LEVELS[INT8], LEVELS[INT8]))
        return [x.cast(INT64).cast(dtype), single(g, low), single(g, high)]
    if known is not None:
        lowest, highest = single(g, known[0]), single(g, known[1])
    else:
        flat, zero = x.reshape((x.size,)), g.const(0, FLOAT32)
        # Comparisons with NaN are false: it takes no part in the range.
        lowest = g.where(flat.isnan(), g.const(np.finfo(np.float32).max), flat).min([0], True)
        highest = g.where(flat.isnan(), g.const(np.finfo(np.float32).min), flat).max([0], True) + zero
    end = magnitude(lowest, highest)
    made = saturated(x * (single(g, LEVELS[dtype]) / end), dtype)
    return [made, lowest, highest] if dtype == UINT8 else [made, -end, end]


def eight_bits(types: Sequence[Dtype | None], count: int) -> list[Dtype | None]:
    """Integers first, int8 where nothing says else, then ``count`` ends of ranges."""
    return [*(each or INT8 for each in types), *[FLOAT32] * count]


@operator(
    "_contrib_dequantize",
    fill=lambda p, shapes: [shapes[0], *ends_of(2)],
    types=lambda p, dtypes: (eight_bits(dtypes[:1], 2), [FLOAT32]),
)
def dequantize(p: Params, x: Value, low: Value, high: Value) -> Value:
    """The numbers that integers stand for."""
    require(x, "the data", INT8, UINT8)
    return x.cast(FLOAT32) * (magnitude(low, high) / LEVELS[x.dtype])


@operator(
    "_contrib_requantize",
    fill=lambda p, shapes: [shapes[0], *ends_of(2)],
    types=lambda p, dtypes: ([INT32, FLOAT32, FLOAT32], [_output_type(p), FLOAT32, FLOAT32]),
)
def requantize(p: Params, x: Value, low: Value, high: Value) -> list[Value]:
    """int32 with a range to 8 bits, in a calibrated range or in that of the data."""
    require(x, "the data", INT32)
    g, dtype, known = p.graph, _output_type(p), _calibrated(p)
    given = magnitude(low, high)
    if known is not None:
        end = single(g, max(abs(known[0]), abs(known[1])))
    else:
        flat = x.reshape((x.size,)).cast(FLOAT32)
        largest = magnitude(flat.min([0], True), flat.max([0], True))
        # A magnitude beyond int32 turns over in MXNet's conversion back.
        largest = g.where(largest >= LEVELS[INT32], single(g, -LEVELS[INT32]), largest)
        end = largest * given / LEVELS[INT32]
    scale = (given / LEVELS[INT32]) * (single(g, LARGEST[dtype]) / end)
    made = saturated(x.cast(FLOAT32) * scale, dtype)
    return [made, single(g, 0.0) if dtype == UINT8 else -end, end]


@operator("_contrib_quantize_asym", types=lambda p, dtypes: ([FLOAT32], [UINT8, FLOAT32, FLOAT32]))
def quantize_asymmetric(p: Params, x: Value) -> list[Value]:
    """uint8 = x * scale + shift, such that the ends of the range become 0 and 255; with the scale and the shift.

    MXNet 1.9.1 crashes in this operator: this is what its source says.
    """
    require(x, "the data", FLOAT32)
    g, known = p.graph, _calibrated(p)
    flat = x.reshape((x.size,))
    low = flat.min([0], True) if known is None else single(g, known[0])
    high = flat.max([0], True) if known is None else single(g, known[1])
    scale = single(g, 255.0) / (high - low)
    shift = single(g, 255.0) - high * scale
    return [saturated(x * scale + shift, UINT8), scale, shift]


# What keeps the range


@operator(
    "_contrib_quantized_flatten",
    fill=lambda p, shapes: [shapes[0], *ends_of(2)],
    types=lambda p, dtypes: (eight_bits(dtypes[:1], 2), eight_bits(dtypes[:1], 2)),
)
def quantized_flatten(p: Params, x: Value, low: Value, high: Value) -> list[Value]:
    """All dimensions but the first in one."""
    return [x.reshape((x.shape[0], x.size // x.shape[0])), low, high]


@operator(
    "_contrib_quantized_act",
    fill=lambda p, shapes: [shapes[0], *ends_of(2)],
    types=lambda p, dtypes: (eight_bits(dtypes[:1], 2), [INT8, FLOAT32, FLOAT32]),
)
def quantized_act(p: Params, x: Value, low: Value, high: Value) -> list[Value]:
    """Rectified; uint8 is what it is, its bytes read as int8."""
    if p.act_type != "relu":
        raise ValueError("_contrib_quantized_act only supports act_type=relu for now")
    require(x, "the data", INT8, UINT8)
    return [x.unary("Relu") if x.dtype == INT8 else x.cast(INT8), low, high]


def _pooled(p: Params, x: Value) -> Value:
    made = pooling(p, x)
    assert isinstance(made, Value)
    return made


def _refuse_empty_windows(p: Params, sizes: Shape) -> None:
    stride, pad = spatial(p, "stride", 1), spatial(p, "pad", 0)
    for size, k, s, b in zip(sizes, p.kernel, stride, pad, strict=True):
        room = size + 2 * b - k
        windows = -(-room // s) if p.pooling_convention == "full" else room // s
        if windows * s - b >= size:
            raise ValueError(f"the last window of {p.kernel} by {stride} lies outside of {sizes} with padding {pad}")


@operator(
    "_contrib_quantized_pooling",
    fill=lambda p, shapes: [shapes[0], *ends_of(2)],
    types=lambda p, dtypes: (eight_bits(dtypes[:1], 2), eight_bits(dtypes[:1], 2)),
)
def quantized_pooling(p: Params, x: Value, low: Value, high: Value) -> list[Value]:
    """Maximum, or the rounded average of whole windows: what a window has beyond the padding counts as well."""
    if p.pool_type not in ("max", "avg"):
        raise ValueError("QuantizedPoolingOp only supports pool_type=max/avg for now")
    require(x, "the data", INT8, UINT8)
    if len(p.kernel) not in (2, 3) or x.ndim != len(p.kernel) + 2 or p.layout not in (None, "NCHW", "NCDHW"):
        raise ValueError(f"QuantizedPoolingOp pools 2 or 3 dimensions behind the channels, not {p.kernel} of {x.shape}")
    if p.pooling_convention == "same":
        raise ValueError("QuantizedPoolingOp does not support pooling_convention=same")
    if p.pool_type == "max":
        return [saturated(_pooled(p, x.cast(FLOAT32)), x.dtype), low, high]
    summing = replace(p, values={**p.values, "pool_type": "sum"})
    # Averages times their number come close to the whole sum.
    sums = _pooled(summing, x.cast(FLOAT32)).unary("Round")
    elements = int(np.prod(x.shape[2:] if p.global_pool else p.kernel))
    shares = p.graph.full((), 1.0 / elements, FLOAT32)
    if p.count_include_pad is False and not p.global_pool:
        _refuse_empty_windows(p, x.shape[2:])
        counted = _pooled(summing, p.graph.full((1, 1, *x.shape[2:]), 1, FLOAT32)).unary("Round")
        shares = 1.0 / counted
    return [saturated(sums * shares, x.dtype), low, high]


@operator(
    "_contrib_quantized_embedding",
    fill=lambda p, shapes: [shapes[0], (p.input_dim, p.output_dim), *ends_of(2)],
    types=lambda p, dtypes: ([dtypes[0] or FLOAT32, INT8, FLOAT32, FLOAT32], [INT8, FLOAT32, FLOAT32]),
)
def quantized_embedding(p: Params, indices: Value, weight: Value, low: Value, high: Value) -> list[Value]:
    """Rows of an int8 table."""
    require(weight, "the weight", INT8)
    _require_ends(low, high)
    made = embedding(p, indices, weight)
    assert isinstance(made, Value)
    return [made, low, high]


# What makes a range


def _pair_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    known = shapes[0] or shapes[1]
    return [known, known, *ends_of(4)]


def _sum_type(p: Params, left: Dtype | None, right: Dtype | None) -> Dtype:
    if _calibrated(p) is None:
        return INT32
    return UINT8 if left == right == UINT8 else INT8


def _same(left: Value, right: Value) -> None:
    if left.shape != right.shape:
        raise ValueError(f"operands of shapes {left.shape} and {right.shape} are not broadcast")


def _sum_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    made = [each or UINT8 for each in dtypes[:2]]
    return eight_bits(made, 4), [_sum_type(p, *made), FLOAT32, FLOAT32]


@operator(
    "_contrib_quantized_elemwise_add",
    fill=_pair_fill,
    types=_sum_types,
)
def quantized_add(p: Params, left: Value, right: Value, *ends: Value) -> list[Value]:
    """Sums in a calibrated range, or in one that has room for all of them, then int32."""
    g, known = p.graph, _calibrated(p)
    _same(left, right)
    for value in (left, right):
        require(value, "an operand", INT8, UINT8)
    dtype = _sum_type(p, left.dtype, right.dtype)
    sides = [(left, magnitude(*ends[:2])), (right, magnitude(*ends[2:]))]
    if known is not None:
        low, high = single(g, known[0]), single(g, known[1])
        one = LEVELS[dtype] / np.float32(max(abs(known[0]), abs(known[1])))
        scales = [single(g, float(one)) / (single(g, LEVELS[value.dtype]) / end) for value, end in sides]
    else:
        high = sides[0][1] + sides[1][1]
        low = -high
        scales = [end * LEVELS[dtype] / (high * LEVELS[value.dtype]) for value, end in sides]
    terms, lowest = [], single(g, 0.0)
    for (value, _), scale in zip(sides, scales, strict=True):
        numbers = value.cast(FLOAT32)
        if left.dtype != right.dtype and value.dtype == UINT8:
            # Of two types the uint8 one is first made int8, in the sum's range.
            terms.append(saturated(numbers * scale, INT8).cast(FLOAT32))
        elif dtype == INT32:
            # Empty ranges make NaN of the scale, and the smallest number of every sum.
            empty = scale.isnan()
            lowest = lowest + g.where(empty, single(g, -np.inf), single(g, 0.0))
            terms.append(numbers * g.where(empty, single(g, 0.0), scale))
        else:
            terms.append(numbers * scale)
    if dtype == INT32:
        # The range has room for all but the sums of smallest numbers, so that there is no end to saturate at above.
        sums = (terms[0] + terms[1] + lowest).unary("Round").clip(-LEVELS[INT32], float(np.float32(2**31 - 128)))
        return [sums.cast(INT32), low, high]
    return [saturated(terms[0] + terms[1], dtype), low, high]


def product_range(left: Value, right: Value, left_type: Dtype) -> list[Value]:
    """The range of int32 products."""
    high = (left / LARGEST[left_type]) * (right / LARGEST[INT8]) * LEVELS[INT32]
    return [-high, high]


def _product_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    if p.enable_float_output:
        return [INT8, INT8, *[FLOAT32] * 4], [FLOAT32]
    return [INT8, INT8, *[FLOAT32] * 4], [INT32 if _calibrated(p) is None else INT8, FLOAT32, FLOAT32]


@operator("_contrib_quantized_elemwise_mul", fill=_pair_fill, types=_product_types)
def quantized_multiply(p: Params, left: Value, right: Value, *ends: Value) -> list[Value]:
    """Products of int8: whole as int32, as float32, or truncated (and turning over) in a calibrated range."""
    g, known = p.graph, _calibrated(p)
    _same(left, right)
    for value in (left, right):
        require(value, "an operand", INT8)
    ranges = [magnitude(*ends[:2]), magnitude(*ends[2:])]
    product = left.cast(INT32) * right.cast(INT32)
    levels = [single(g, LEVELS[INT8]) / end for end in ranges]
    if p.enable_float_output:
        scale = (1.0 / levels[0].cast(FLOAT64) / levels[1].cast(FLOAT64)).cast(FLOAT32)
        return [product.cast(FLOAT32) * scale]
    if known is None:
        return [product, *product_range(ranges[0], ranges[1], INT8)]
    one = np.float32(LEVELS[INT8]) / np.float32(max(abs(known[0]), abs(known[1])))
    scaled = product.cast(FLOAT32) * (single(g, float(one)) / levels[0] / levels[1])
    return [scaled.cast(INT64).cast(INT8), single(g, known[0]), single(g, known[1])]


def _concat_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    made = [each or UINT8 for each in dtypes[: p.num_args]]
    kind = UINT8 if all(each == UINT8 for each in made) else INT8
    return eight_bits(made, 2 * p.num_args), [kind, FLOAT32, FLOAT32]


@operator(
    "_contrib_quantized_concat",
    fill=lambda p, shapes: [*shapes[: p.num_args], *ends_of(2 * p.num_args)],
    types=_concat_types,
)
def quantized_concat(p: Params, *inputs: Value) -> list[Value]:
    """Joined in a range that holds all ranges and zero."""
    g = p.graph
    data, ends = inputs[: p.num_args], inputs[p.num_args :]
    axis = in_rank(p.dim, data[0])
    for value in data:
        require(value, "an input", INT8, UINT8)
        if value.shape[:axis] + value.shape[axis + 1 :] != data[0].shape[:axis] + data[0].shape[axis + 1 :]:
            raise ValueError(f"Incompatible input shape: {[v.shape for v in data]} along dimension {axis}")
    dtype = UINT8 if all(value.dtype == UINT8 for value in data) else INT8
    low = high = single(g, 0.0)
    for index in range(len(data)):
        low, high = g.minimum(low, ends[2 * index]), g.maximum(high, ends[2 * index + 1])
    whole = single(g, LEVELS[dtype]) / magnitude(low, high)
    parts = []
    for index, value in enumerate(data):
        own = single(g, LEVELS[value.dtype]) / magnitude(*ends[2 * index : 2 * index + 2])
        parts.append(saturated(value.cast(FLOAT32) * (whole / own), dtype))
    return [g.concat(parts, axis), low, high]


def _batch_norm_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    channels: PartialShape = None if data is None else (data[p.axis % len(data)],)
    return [data, *[channels] * 4, *ends_of(2)]


@operator(
    "_contrib_quantized_batch_norm",
    fill=_batch_norm_fill,
    types=lambda p, dtypes: (eight_bits([dtypes[0], *[FLOAT32] * 4], 2), [INT8, FLOAT32, FLOAT32]),
)
def quantized_batch_norm(
    p: Params, x: Value, gamma: Value, beta: Value, mean: Value, variance: Value, low: Value, high: Value
) -> list[Value]:
    """Normalised by the moving statistics into a calibrated range. ``fix_gamma`` is not looked at, as in MXNet."""
    known, g = _calibrated(p), p.graph
    if known is None:
        raise ValueError(
            "min_calib_range or max_calib_range is not available. Quantized BN currently don't support calib_mode=None"
        )
    require(x, "the data", INT8, UINT8)
    in_rank(p.axis, x)
    if gamma.shape != (x.shape[1],) or x.shape[p.axis % x.ndim] != x.shape[1]:
        raise ValueError(f"channels are the second dimension of {x.shape}, gamma has {gamma.shape}")
    end = float(np.float32(max(abs(known[0]), abs(known[1]))))
    deviation = (1.0 / (variance.cast(FLOAT64) + p.eps).sqrt()).cast(FLOAT32)
    channels = (1, x.shape[1], *(1,) * (x.ndim - 2))
    # A second time eps: MXNet lets oneDNN normalise by what is left, a variance of 1.
    again = float(1.0 / np.sqrt(1.0 + p.eps))
    scale = gamma * deviation * magnitude(low, high) / end * again
    shift = (beta - mean * gamma * deviation) * LEVELS[INT8] / end
    values = x.cast(FLOAT32)
    if x.dtype == UINT8:
        values = saturated(values * float(np.float32(LEVELS[INT8] / LEVELS[UINT8])), INT8).cast(FLOAT32)
    made = saturated(values * scale.reshape(channels) + shift.reshape(channels), INT8)
    return [made, single(g, known[0]), single(g, known[1])]
