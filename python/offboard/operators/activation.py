"""Activations, softmax and dropout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT32, INT64, Dtype, Shape, Value
from offboard.operators.conversion import named_type
from offboard.operators.elementwise import expect_float
from offboard.operators.record import Params, PartialShape, operator, type_of_first


def _softplus(x: Value) -> Value:
    # max(x, 0) + log(1 + exp(-|x|)) does not overflow.
    zero = x.graph.const(0, x.dtype)
    return x.graph.maximum(x, zero) + ((-x.abs()).exp() + 1.0).log()


# Nodes into which ONNX Runtime fuses a Relu behind them.
_FUSED = {"Conv", "BatchNormalization", "Gemm", "Add"}


def _relu(x: Value) -> Value:
    """NaN stays, but in float32 of up to 5 dimensions, where oneDNN makes it 0.

    Behind products and sums it stays there too: a Relu costs nothing.
    """
    last = x.graph.nodes[-1] if x.graph.nodes else None
    fused = last is not None and last.op in _FUSED and x.name in last.outputs
    if fused or x.dtype != FLOAT32 or x.ndim > 5:
        return x.unary("Relu")
    return x.unary("ThresholdedRelu", alpha=0.0)


@operator("Activation", same_shape=True, floats=True)
def activation(p: Params, x: Value) -> Value:
    """relu (in float32 NaN gives 0), sigmoid, tanh, softrelu or softsign."""
    if p.act_type == "relu":
        return _relu(x)
    if p.act_type == "softrelu":
        return _softplus(x)
    if p.act_type == "softsign":
        return x / (x.abs() + 1.0)
    return x.unary({"sigmoid": "Sigmoid", "tanh": "Tanh"}[p.act_type])


def _slope_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if len(shapes) < 2 or data is None or shapes[1] is not None:
        return shapes
    channels = data[1] if len(data) > 1 else data[0]
    return [data, (channels,)] if channels else shapes


def _slope_shape(gamma: Shape, data: Shape) -> Shape:
    """prelu's slopes by the first two dimensions: the last of theirs that fits is that of channels."""
    left = list(gamma)
    made = [1] * len(data)
    for axis in reversed(range(min(2, len(data)))):
        if left and left[-1] in (1, data[axis]):
            made[axis] = left.pop()
    if left:
        raise ValueError(f"Cannot broadcast gamma to data. gamma: {gamma}, data: {data}")
    return tuple(made)


@operator("LeakyReLU", fill=_slope_fill)
def leaky_relu(p: Params, x: Value, gamma: Value | None = None) -> Value | list[Value]:
    """leaky, prelu, elu, selu, gelu, or rrelu with its mean slope at inference."""
    expect_float(x)
    g = p.graph
    if p.act_type == "gelu":
        return x * ((x * float(1 / np.sqrt(2))).unary("Erf") + 1.0) * 0.5
    if p.act_type == "elu":
        return g.where(x > 0, x, (x.exp() - 1.0) * float(p.slope))
    if p.act_type == "selu":
        scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
        return g.where(x > 0, x, (x.exp() - 1.0) * alpha) * scale
    if p.act_type == "prelu":
        assert gamma is not None
        gamma = gamma.reshape(_slope_shape(gamma.shape, x.shape))
        if x.dtype == FLOAT32:
            return g.emit("PRelu", [x, gamma], x.shape)
        return g.where(x > 0, x, x * gamma)
    slope = (p.lower_bound + p.upper_bound) / 2 if p.act_type == "rrelu" else p.slope
    # ONNX Runtime's own kernel reads the array once, and is for float32.
    fast = x.dtype == FLOAT32
    made = g.emit("LeakyRelu", [x], x.shape, alpha=float(slope)) if fast else g.where(x > 0, x, x * float(slope))
    if p.act_type == "rrelu":
        # The mask is what each element was multiplied with; MXNet leaves it unset at inference.
        return [made, g.where(x > 0, g.const(1, x.dtype), g.const(slope, x.dtype)).expand(x.shape)]
    return made


@operator("Dropout", floats=True)
def dropout(p: Params, x: Value) -> Value | list[Value]:
    """The input at inference; in a training forward elements are dropped with probability ``p``."""
    if any(not 0 <= axis < x.ndim for axis in p.axes or ()):
        raise ValueError(f"axes {p.axes} must be in range [0, {x.ndim})")
    if (p.is_train or p.mode == "always") and p.values["p"] > 0:
        keep = 1.0 - p.values["p"]
        shape = tuple(1 if axis in (p.axes or ()) else d for axis, d in enumerate(x.shape))
        drawn = p.graph.full(shape, 0, FLOAT32).unary("RandomUniformLike")
        return x * (drawn < keep).cast(x.dtype) * (1.0 / keep)
    return x


def _length_mask(x: Value, length: Value, axis: int) -> Value:
    """Whether a position of ``axis`` lies before the sample's length; lengths index the dimensions but ``axis``."""
    positions = x.graph.const(np.arange(x.shape[axis], dtype=np.int64))
    column = positions.reshape(tuple(x.shape[axis] if i == axis else 1 for i in range(x.ndim)))
    limits = length.cast(INT64).reshape(tuple(1 if i == axis else d for i, d in enumerate(x.shape)))
    return (column < limits).expand(x.shape)


def _softmax_inputs(p: Params, x: Value) -> tuple[Value, int]:
    expect_float(x)
    if not -x.ndim <= p.axis < x.ndim:
        raise ValueError(f"axis {p.axis} is out of range for {x.shape}")
    if p.temperature is not None and p.temperature != 1.0:
        x = x / float(p.temperature)
    return x, p.axis % x.ndim


def _output_type(p: Params, made: Value) -> Value:
    return made if p.dtype is None else made.cast(named_type(p.dtype))


def _length_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or len(shapes) < 2 or not -len(data) <= p.axis < len(data):
        return shapes
    at = p.axis % len(data)
    lengths = (data[:at] + data[at + 1 :]) or (1,)
    given = shapes[1]
    if len(data) > 1 and given is not None and len(given) == len(lengths):
        lengths = tuple(d or known for d, known in zip(lengths, given, strict=True))
        data = (*lengths[:at], data[at], *lengths[at:])
    return [data, lengths]


def _softmax_types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """Lengths are of a type of their own, which is int32 or int64."""
    for dtype in dtypes[1:]:
        if dtype is not None and dtype not in (INT64, np.int32):
            raise ValueError(f"This operation only support integer types, not {dtype}")
    return type_of_first(p, dtypes)


@operator("softmax", fill=_length_fill, types=_softmax_types)
def softmax(p: Params, x: Value, length: Value | None = None) -> Value:
    """Softmax along an axis, with a temperature, over the first ``length`` positions."""
    scaled, axis = _softmax_inputs(p, x)
    if length is None:
        return _output_type(p, scaled.softmax(axis))
    mask = _length_mask(scaled, length, axis)
    made = p.graph.where(mask, scaled, p.graph.const(-np.inf, scaled.dtype)).softmax(axis)
    return _output_type(p, p.graph.where(mask, made, p.graph.const(0, made.dtype)))


def _refuse_length(p: Params) -> None:
    if p.use_length:
        raise ValueError("use_length is for softmax: this operator has no input for lengths")


@operator("log_softmax", same_shape=True)
def log_softmax(p: Params, x: Value) -> Value:
    """The logarithm of softmax."""
    _refuse_length(p)
    scaled, axis = _softmax_inputs(p, x)
    return _output_type(p, scaled.unary("LogSoftmax", axis=axis))


@operator("softmin", same_shape=True)
def softmin(p: Params, x: Value) -> Value:
    """Softmax of the negative."""
    _refuse_length(p)
    scaled, axis = _softmax_inputs(p, x)
    return _output_type(p, (-scaled).softmax(axis))


@operator("SoftmaxActivation", same_shape=True, floats=True)
def softmax_activation(p: Params, x: Value) -> Value:
    """Softmax over channels, or over the last axis."""
    if p.mode == "channel":
        if x.ndim < 3:
            raise ValueError("Input need to have a least 3 dimensions when mode=channel")
        return x.softmax(1)
    # MXNet's words are "over the instance"; what it computes is the last axis.
    return x.softmax(-1)
