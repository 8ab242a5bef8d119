"""Operators of one array, element by element: mathematics, rounding, casts, and arithmetic with a scalar."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from offboard.operators.broadcast import ARITHMETIC, COMPARISONS, LOGICAL
from offboard.operators.builder import BOOL, FLOAT32, FLOAT64, INT64, Dtype, Value
from offboard.operators.casts import BFLOAT16, number_in
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
    wide = x.cast(FLOAT32) if x.dtype in _MIXED else x.cast(FLOAT64)
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


def cast_to(x: Value, dtype: np.dtype[Any]) -> Value:
    """C's conversion: floats truncate; float to a small integer wraps as it does through int32; to bool is != 0."""
    if dtype == x.dtype:
        return x
    if dtype == BOOL:
        return ~x.equals(0)
    if x.is_float and dtype.kind in "iu" and dtype.itemsize < 4:
        return x.cast(np.int32).cast(dtype)
    return x.cast(dtype)


def named_type(name: str) -> np.dtype[Any]:
    """The dtype of a parameter's text."""
    return BFLOAT16 if name == "bfloat16" else np.dtype(name)


@operator("Cast", same_shape=True)
def cast(p: Params, x: Value) -> Value:
    """Another dtype."""
    return cast_to(x, named_type(p.dtype))


# What mixed precision converts: float64 stays as it is.
_MIXED = (np.dtype(np.float16), BFLOAT16, FLOAT32)


def _amp_type(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    return dtypes, [named_type(p.dtype) if dtypes[0] in _MIXED else dtypes[0]]


@operator("amp_cast", same_shape=True, types=_amp_type)
def amp_cast(p: Params, x: Value) -> Value:
    """Another dtype for float16 and float32, others stay. From float32 to integers it rounds to even and saturates."""
    wanted = named_type(p.dtype)
    if x.dtype not in _MIXED:
        return x
    if x.dtype != FLOAT32 or wanted.kind not in "iu":
        return cast_to(x, wanted)
    limits = np.iinfo(wanted)
    # The largest float32 that the type holds, and NaN is 0: what oneDNN's conversion gives.
    high = np.float32(limits.max)
    high = high if int(high) <= limits.max else np.nextafter(high, np.float32(0))
    rounded = x.unary("Round").clip(float(limits.min), float(high))
    return x.graph.where(x.isnan(), x.graph.const(0, FLOAT32), rounded).cast(wanted)


def _common_types(p: Params, dtypes: Sequence[Dtype | None]) -> list[Dtype | None]:
    """The outputs' types: float32 where any input is, else float16 and its like as the first input, whatever that is.

    With ``cast_narrow`` the narrowest of them.
    """
    mixed = [dtype for dtype in dtypes if dtype in _MIXED]
    if p.cast_narrow:
        common: Dtype | None = min(mixed, key=lambda dtype: dtype.itemsize, default=None)
    else:
        common = FLOAT32 if FLOAT32 in mixed else dtypes[0]
    return [common if dtype in _MIXED else dtype for dtype in dtypes]


@operator("amp_multicast", types=lambda p, dtypes: (dtypes, _common_types(p, dtypes)))
def amp_multicast(p: Params, *values: Value) -> list[Value]:
    """float16 and float32 inputs in the wider (or with ``cast_narrow`` the narrower) of their dtypes."""
    wanted = _common_types(p, [value.dtype for value in values])
    return [cast_to(value, dtype or value.dtype) for value, dtype in zip(values, wanted, strict=True)]


@operator("zeros_like", same_shape=True)
def zeros_like(p: Params, x: Value) -> Value:
    """Zeros."""
    return x.graph.full(x.shape, 0, x.dtype)


@operator("ones_like", same_shape=True)
def ones_like(p: Params, x: Value) -> Value:
    """Ones."""
    return x.graph.full(x.shape, 1, x.dtype)


def _scalar_operands(p: Params, x: Value) -> tuple[Value, Value]:
    """An integer array meets an integer scalar in its own type, any other scalar in float64."""
    if not x.is_float and not p.values.get("is_int", True):
        x = x.cast(FLOAT64)
    elif x.dtype == BOOL:
        x = x.cast(INT64)
    return x, x.graph.const(number_in(p.scalar, x.dtype))


def _scalar_types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """Floats stay; integers stay with an integer scalar, else become float64; of bool an integer scalar makes int64."""
    made = dtypes[0]
    if made is not None and made.kind in "iub":
        made = FLOAT64 if not p.is_int else (INT64 if made == BOOL else made)
    return dtypes, [made]


def _with_scalar(function: Callable[[Value, Value], Value], reverse: bool, compares: bool) -> Callable[..., Value]:
    def lower(p: Params, x: Value) -> Value:
        value, scalar = _scalar_operands(p, x)
        made = function(scalar, value) if reverse else function(value, scalar)
        return made.cast(value.dtype) if compares else made

    return lower


_SCALAR = {
    "_plus_scalar": ("add", False),
    "_minus_scalar": ("sub", False),
    "_scatter_plus_scalar": ("add", False),
    "_scatter_minus_scalar": ("sub", False),
    "_rminus_scalar": ("sub", True),
    "_mul_scalar": ("mul", False),
    "_div_scalar": ("div", False),
    "_mod_scalar": ("mod", False),
    "_rmod_scalar": ("mod", True),
    "_power_scalar": ("power", False),
    "_rpower_scalar": ("power", True),
    "_maximum_scalar": ("maximum", False),
    "_minimum_scalar": ("minimum", False),
    "_hypot_scalar": ("hypot", False),
}
for _name, (_kind, _reverse) in _SCALAR.items():
    operator(_name, same_shape=True, types=_scalar_types)(_with_scalar(ARITHMETIC[_kind], _reverse, False))
for _kind, _pair in {**COMPARISONS, **LOGICAL}.items():
    operator(f"_{_kind}_scalar", same_shape=True, types=_scalar_types)(_with_scalar(_pair, False, True))


@operator("_rdiv_scalar", same_shape=True, types=_scalar_types)
def reversed_division(p: Params, x: Value) -> Value:
    """scalar / x; of integers in float32, so that dividing by zero gives what a cast infinity is."""
    value, scalar = _scalar_operands(p, x)
    return scalar / value if value.is_float else cast_to(scalar.cast(FLOAT32) / value.cast(FLOAT32), value.dtype)
