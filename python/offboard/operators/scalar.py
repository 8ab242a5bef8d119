"""Arithmetic and comparisons of an array with a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offboard.operators.broadcast import ARITHMETIC, COMPARISONS, LOGICAL
from offboard.operators.builder import BOOL, FLOAT32, FLOAT64, INT64, Dtype, Value
from offboard.operators.casts import number_in
from offboard.operators.conversion import cast_to
from offboard.operators.record import Params, operator


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
