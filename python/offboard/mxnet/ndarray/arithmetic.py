"""Arithmetic and comparison of arrays and numbers, as operators of Python and as functions of ``mx.nd``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["FUNCTIONS", "Arithmetic", "Pair", "combine"]


class Pair(NamedTuple):
    """The operators behind one function: of two arrays, of an array and a number, of a number and an array."""

    arrays: str
    scalar: str
    reversed: str
    numbers: Callable[[Any, Any], Any]


FUNCTIONS = {
    "add": Pair("broadcast_add", "_plus_scalar", "_plus_scalar", operator.add),
    "subtract": Pair("broadcast_sub", "_minus_scalar", "_rminus_scalar", operator.sub),
    "multiply": Pair("broadcast_mul", "_mul_scalar", "_mul_scalar", operator.mul),
    "divide": Pair("broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv),
    "true_divide": Pair("broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv),
    "modulo": Pair("broadcast_mod", "_mod_scalar", "_rmod_scalar", operator.mod),
    "power": Pair("broadcast_power", "_power_scalar", "_rpower_scalar", operator.pow),
    "maximum": Pair("broadcast_maximum", "_maximum_scalar", "_maximum_scalar", max),
    "minimum": Pair("broadcast_minimum", "_minimum_scalar", "_minimum_scalar", min),
    "equal": Pair("broadcast_equal", "_equal_scalar", "_equal_scalar", lambda x, y: int(x == y)),
    "not_equal": Pair("broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar", lambda x, y: int(x != y)),
    "greater": Pair("broadcast_greater", "_greater_scalar", "_lesser_scalar", lambda x, y: int(x > y)),
    "greater_equal": Pair(
        "broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar", lambda x, y: int(x >= y)
    ),
    "lesser": Pair("broadcast_lesser", "_lesser_scalar", "_greater_scalar", lambda x, y: int(x < y)),
    "lesser_equal": Pair(
        "broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar", lambda x, y: int(x <= y)
    ),
    "logical_and": Pair(
        "broadcast_logical_and", "_logical_and_scalar", "_logical_and_scalar", lambda x, y: int(bool(x) and bool(y))
    ),
    "logical_or": Pair(
        "broadcast_logical_or", "_logical_or_scalar", "_logical_or_scalar", lambda x, y: int(bool(x) or bool(y))
    ),
    "logical_xor": Pair(
        "broadcast_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar", lambda x, y: int(bool(x) ^ bool(y))
    ),
}


def combine(name: str, left: Any, right: Any, out: Any = None) -> Any:
    """Function ``name`` of arrays and numbers; a number takes the array's dtype. NumPy arrays count as arrays.

    Raises TypeError for anything else.
    """
    from offboard.mxnet.ndarray.ndarray import NDArray, apply

    pair = FUNCTIONS[name]
    arrays = [isinstance(each, NDArray) for each in (left, right)]
    if all(arrays):
        return apply(pair.arrays, [left, right], {}, out)
    for value in (left, right):
        if not isinstance(value, (NDArray, int, float, np.generic, np.ndarray)):
            raise TypeError(f"type {type(value)} not supported")
    if not any(arrays):
        return pair.numbers(left, right)
    array, other = (left, right) if arrays[0] else (right, left)
    if isinstance(other, np.ndarray):
        made = NDArray(np.ascontiguousarray(other, array._data.dtype))
        return apply(pair.arrays, [array, made] if arrays[0] else [made, array], {}, out)
    return apply(pair.scalar if arrays[0] else pair.reversed, [array], {"scalar": float(other)}, out)


class Arithmetic:
    """Python's operators of an array."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return combine("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return combine("add", self, other)

    def __iadd__(self, other: Any) -> Any:
        return combine("add", self, other, self)

    def __sub__(self, other: Any) -> Any:
        return combine("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return combine("subtract", other, self)

    def __isub__(self, other: Any) -> Any:
        return combine("subtract", self, other, self)

    def __mul__(self, other: Any) -> Any:
        return combine("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return combine("multiply", self, other)

    def __imul__(self, other: Any) -> Any:
        return combine("multiply", self, other, self)

    def __truediv__(self, other: Any) -> Any:
        return combine("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return combine("divide", other, self)

    def __itruediv__(self, other: Any) -> Any:
        return combine("divide", self, other, self)

    def __mod__(self, other: Any) -> Any:
        return combine("modulo", self, other)

    def __rmod__(self, other: Any) -> Any:
        return combine("modulo", other, self)

    def __imod__(self, other: Any) -> Any:
        return combine("modulo", self, other, self)

    def __pow__(self, other: Any) -> Any:
        return combine("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return combine("power", other, self)

    def __neg__(self) -> Any:
        return combine("multiply", self, -1.0)

    def __eq__(self, other: object) -> Any:
        return combine("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return combine("not_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return combine("lesser", self, other)

    def __le__(self, other: Any) -> Any:
        return combine("lesser_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return combine("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return combine("greater_equal", self, other)

    __hash__ = object.__hash__
