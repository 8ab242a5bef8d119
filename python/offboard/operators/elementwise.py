"""Operators of one array, element by element: mathematics and rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TypeAlias

import numpy as np

from offboard.operators.builder import BOOL, FLOAT32, FLOAT64, INT64, Value
from offboard.operators.casts import number_in
from offboard.operators.conversion import MIXED, cast_to
from offboard.operators.record import Params, PartialShape, operator
from offboard.operators.transcendental import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    cosh,
    cube_root,
    expm1,
    log1p,
    logarithm,
    sinh,
)

Unary: TypeAlias = Callable[[Params, Value], Value]


def numeric(lower: Unary) -> Unary:
    """A lowering that refuses bool, as MXNet's switch over numeric types does."""

    @wraps(lower)
    def refusing(p: Params, x: Value) -> Value:
        if x.dtype == BOOL:
            raise ValueError("Unknown type enum 7: the operator does not take bool")
        return lower(p, x)

    return refusing


def expect_float(x: Value) -> None:
    """Refuses what is not floating point."""
    if not x.is_float:
        raise ValueError(f"This operation only support floating point types, not {x.dtype}")


def through_float(function: Callable[[Value], Value]) -> Unary:
    """A function of floats applied to any type: integers go through float64 and are truncated."""

    @numeric
    def lower(p: Params, x: Value) -> Value:
        return function(x) if x.is_float else function(x.cast(FLOAT64)).cast(x.dtype)

    return lower


def _sign(x: Value) -> Value:
    if not x.is_float:
        return x.unary("Sign")
    # NaN has sign 0, unlike ONNX's.
    return (x > 0).cast(x.dtype) - (x < 0).cast(x.dtype)


def round_half_away(x: Value) -> Value:
    """C's round: halves go away from zero."""
    # Not floor(|x| + 0.5): the sum rounds up what lies just below a half.
    low = x.abs().floor()
    up = ((x.abs() - low) >= 0.5).cast(x.dtype)
    return x.unary("Sign") * (low + up)


def _rint(x: Value) -> Value:
    """MXNet's rint: the nearer of floor and ceil, the floor on ties."""
    low, high = x.floor(), x.unary("Ceil")
    return x.graph.where((x - low) <= (high - x), low, high)


def truncate(x: Value) -> Value:
    """Towards zero."""
    return x.graph.where(x < 0, x.unary("Ceil"), x.floor())


_FLOAT_FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "exp": Value.exp,
    "log": Value.log,
    "log2": lambda x: logarithm(x, 2.0),
    "log10": lambda x: logarithm(x, 10.0),
    "log1p": log1p,
    "expm1": expm1,
    "sqrt": Value.sqrt,
    "rsqrt": lambda x: 1.0 / x.sqrt(),
    "rcbrt": lambda x: 1.0 / cube_root(x),
    "reciprocal": lambda x: 1.0 / x,
    "sigmoid": lambda x: x.unary("Sigmoid"),
    "softsign": lambda x: x / (x.abs() + 1.0),
    "sinh": sinh,
    "cosh": cosh,
    "arcsinh": arcsinh,
    "arccosh": arccosh,
    "arctanh": arctanh,
    "sin": lambda x: x.unary("Sin"),
    "cos": lambda x: x.unary("Cos"),
    "tan": lambda x: x.unary("Sin") / x.unary("Cos"),
    "arcsin": arcsin,
    "arccos": arccos,
    "arctan": arctan,
    "degrees": lambda x: x * (180.0 / math.pi),
    "radians": lambda x: x * (math.pi / 180.0),
}
for _name, _function in _FLOAT_FUNCTIONS.items():
    operator(_name, same_shape=True)(through_float(_function))


@operator("tanh", same_shape=True)
@numeric
def tanh(p: Params, x: Value) -> Value:
    """The hyperbolic tangent; of integers truncated, so 0 up to 19 and 1 where float64 has no nearer number."""
    if x.is_float:
        return x.unary("Tanh")
    wide = x.cast(INT64)
    return (wide.unary("Sign") * (wide.abs() >= 20).cast(INT64)).cast(x.dtype)


@operator("cbrt", same_shape=True)
@numeric
def cbrt(p: Params, x: Value) -> Value:
    """The real cube root; of integers truncated."""
    if x.is_float:
        return cube_root(x)
    wide = x.cast(FLOAT64)
    root = cube_root(wide)
    near = root.unary("Round")
    return p.graph.where((near * near * near).equals(wide), near, root).cast(x.dtype)


_ROUNDING: dict[str, Callable[[Value], Value]] = {
    "floor": Value.floor,
    "ceil": lambda x: x.unary("Ceil"),
    "round": round_half_away,
    "rint": _rint,
    "fix": truncate,
    "trunc": truncate,
}


def _rounding(function: Callable[[Value], Value]) -> Unary:
    return numeric(lambda p, x: function(x) if x.is_float else x)


for _name, _function in _ROUNDING.items():
    operator(_name, same_shape=True)(_rounding(_function))


@operator("MakeLoss", same_shape=True)
def make_loss(p: Params, x: Value) -> Value:
    """The input as it is, of floats only; its gradient is what makes it a loss."""
    expect_float(x)
    return x


@operator("_copy", "BlockGrad", "make_loss", same_shape=True)
def identity(p: Params, x: Value, *states: Value) -> Value:
    """The input as it is; gradients are what these operators differ in."""
    return x


def _channels(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    return shapes if data is None or len(data) < 2 else [data, (data[1],)]


@operator(
    "IdentityAttachKLSparseReg",
    fill=_channels,
    back=lambda p, shapes, wanted: _channels(p, [wanted, *shapes[1:]]),
    floats=True,
)
def identity_with_average(p: Params, x: Value, average: Value) -> Value:
    """The input as it is; the moving average has an element a channel."""
    if x.ndim < 2 or average.shape != (x.shape[1],):
        raise ValueError(f"Shape inconsistent, Provided = {list(average.shape)}, for channels of {list(x.shape)}")
    return x


@operator("negative", same_shape=True)
@numeric
def negative(p: Params, x: Value) -> Value:
    """Unsigned integers wrap."""
    return -x if x.dtype != np.uint8 else 0 - x


@operator("abs", same_shape=True)
@numeric
def absolute(p: Params, x: Value) -> Value:
    """Absolute value."""
    return x.abs()


@operator("sign", "_contrib_sign_ste", same_shape=True)
@numeric
def sign(p: Params, x: Value) -> Value:
    """-1, 0 or 1."""
    return _sign(x)


@operator("_contrib_round_ste", same_shape=True)
@numeric
def round_ste(p: Params, x: Value) -> Value:
    """Round with a straight-through gradient."""
    return round_half_away(x) if x.is_float else x


@operator("square", same_shape=True)
@numeric
def square(p: Params, x: Value) -> Value:
    """x * x, wrapping for integers."""
    return x * x


@operator("relu", same_shape=True)
@numeric
def relu(p: Params, x: Value) -> Value:
    """max(x, 0); NaN stays NaN."""
    if not x.is_float:
        return x.graph.maximum(x, x.graph.const(0, x.dtype)) if x.dtype != np.uint8 else x
    return x.unary("Relu")


@operator("logical_not", same_shape=True)
@numeric
def logical_not(p: Params, x: Value) -> Value:
    """1 where the element is 0."""
    return x.equals(0).cast(x.dtype)


@operator("smooth_l1", same_shape=True)
@numeric
def smooth_l1(p: Params, x: Value) -> Value:
    """Huber's loss with transition 1 / scalar^2; integers take the scalar truncated."""
    squared = float(number_in(p.scalar, x.dtype)) ** 2
    edge = math.inf if squared == 0 else 1.0 / squared
    # float16 has neither a large edge nor a small square.
    wide = x.cast(FLOAT32) if x.dtype in MIXED else x.cast(FLOAT64)
    size = wide.abs()
    if edge == 0:
        return cast_to(size, x.dtype)
    # x^2 / 2 of squared up to the edge and |x| - edge / 2 beyond it, without choosing element by element.
    near = size.graph.minimum(size, size.graph.const(edge, size.dtype))
    made = (size - near) + near * near * (0.5 * squared)
    return cast_to(made, x.dtype)


@operator("hard_sigmoid", same_shape=True)
def hard_sigmoid(p: Params, x: Value) -> Value:
    """clip(alpha * x + beta, 0, 1)."""
    expect_float(x)
    return (x * p.alpha + p.beta).clip(0.0, 1.0)


@operator("clip", same_shape=True)
@numeric
def clip(p: Params, x: Value) -> Value:
    """Limits to a_min..a_max; where they cross, what exceeds a_max is a_max.

    Integers are compared with the limits as they are, and become them truncated.
    """
    low, high = number_in(p.a_min, x.dtype), number_in(p.a_max, x.dtype)
    if x.is_float and low <= high:
        return x.clip(low.item(), high.item())
    bottom, top = x.graph.const(low), x.graph.const(high)
    if x.is_float:
        return x.graph.where(x > top, top, x.graph.where(x < bottom, bottom, x))
    wide = x.cast(INT64)
    least, most = (min(max(limit, -(2.0**62)), 2.0**62) for limit in (p.a_min, p.a_max))
    inside = x.graph.where(wide < math.ceil(least), bottom, x)
    return x.graph.where(wide > math.floor(most), top, inside)


@operator("_contrib_div_sqrt_dim", same_shape=True)
@numeric
def div_sqrt_dim(p: Params, x: Value) -> Value:
    """x / sqrt(last dimension), the root truncated for integers."""
    root = math.sqrt(x.shape[-1])
    return x * (1.0 / root) if x.is_float else x / int(root)


@operator("_identity_with_attr_like_rhs", same_shape=True)
def identity_with_attributes(p: Params, x: Value, like: Value) -> Value:
    """The first array, of which shape and type are the second's."""
    if x.shape != like.shape or x.dtype != like.dtype:
        raise ValueError(f"expected {x.shape} {x.dtype}, got {like.shape} {like.dtype}")
    return x


@operator("cast_storage", same_shape=True)
def cast_storage(p: Params, x: Value) -> Value:
    """The array: all of a graph's are dense."""
    if p.stype == "csr" and x.ndim != 2:
        raise ValueError(f"a csr array has two dimensions, not {x.shape}")
    return x


@operator("_contrib_gradientmultiplier", same_shape=True)
def gradient_multiplier(p: Params, x: Value) -> Value:
    """The input as it is."""
    return x


@operator("_contrib_quadratic", same_shape=True)
@numeric
def quadratic(p: Params, x: Value) -> Value:
    """a * x^2 + b * x + c; of integers in float32."""
    wide = x if x.is_float else x.cast(FLOAT32)
    return cast_to(wide * (wide * p.a + p.b) + p.c, x.dtype)


@operator("zeros_like", same_shape=True)
def zeros_like(p: Params, x: Value) -> Value:
    """Zeros."""
    return x.graph.full(x.shape, 0, x.dtype)


@operator("ones_like", same_shape=True)
def ones_like(p: Params, x: Value) -> Value:
    """Ones."""
    return x.graph.full(x.shape, 1, x.dtype)
