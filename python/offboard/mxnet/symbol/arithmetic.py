"""Python's operators on symbols, and the functions of two operands that take symbols and numbers alike."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from offboard.graph.node import Entry
from offboard.mxnet.base import NotImplementedForSymbol
from offboard.mxnet.symbol.composition import compose
from offboard.operators import table

__all__ = ["Arithmetic", "binary"]

_NUMBERS = (bool, int, float, np.number, np.bool_)


class Arithmetic:
    """What :class:`Symbol` can do with operands; results are of the class itself."""

    __slots__ = ()

    def __init__(self, heads: list[Entry]) -> None:
        raise NotImplementedError

    def _head(self, what: str) -> Entry:
        raise NotImplementedError

    def _with(self, other: Any, elementwise: str, scalar: str) -> Any:
        if isinstance(other, Arithmetic):
            return self._made(
                elementwise, [self._head("Keyword Argument lhs"), other._head("Keyword Argument rhs")], {}
            )
        if isinstance(other, _NUMBERS):
            return self._made(scalar, [self._head("Keyword Argument data")], {"scalar": other})
        raise TypeError(f"type {type(other)} not supported")

    def _made(self, operator: str, inputs: list[Entry], params: dict[str, Any]) -> Any:
        return type(self)(compose(table.find(operator), operator.lower(), inputs, {}, params))

    def __add__(self, other: Any) -> Any:
        return self._with(other, "_Plus", "_PlusScalar")

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, "_Minus", "_MinusScalar")

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, "_Minus", "_RMinusScalar")

    def __mul__(self, other: Any) -> Any:
        return self._with(other, "_Mul", "_MulScalar")

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, "_Div", "_DivScalar")

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, "_Div", "_RDivScalar")

    def __mod__(self, other: Any) -> Any:
        return self._with(other, "_Mod", "_ModScalar")

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, "_Mod", "_RModScalar")

    def __pow__(self, other: Any) -> Any:
        return self._with(other, "_Power", "_PowerScalar")

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, "_Power", "_rpower_scalar")

    def __neg__(self) -> Any:
        return self * -1.0

    def __abs__(self) -> Any:
        return self._made("abs", [self._head("Keyword Argument data")], {})

    # Comparing makes a symbol, so symbols are neither hashable nor keys.
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        return self._with(other, "_equal", "_equal_scalar")

    def __ne__(self, other: object) -> Any:
        return self._with(other, "_not_equal", "_not_equal_scalar")

    def __lt__(self, other: Any) -> Any:
        return self._with(other, "_lesser", "_lesser_scalar")

    def __le__(self, other: Any) -> Any:
        return self._with(other, "_lesser_equal", "_lesser_equal_scalar")

    def __gt__(self, other: Any) -> Any:
        return self._with(other, "_greater", "_greater_scalar")

    def __ge__(self, other: Any) -> Any:
        return self._with(other, "_greater_equal", "_greater_equal_scalar")

    def __iadd__(self, other: Any) -> NoReturn:
        raise NotImplementedForSymbol(self.__iadd__, "+=", other)

    def __isub__(self, other: Any) -> NoReturn:
        raise NotImplementedForSymbol(self.__isub__, "-=", other)

    def __imul__(self, other: Any) -> NoReturn:
        raise NotImplementedForSymbol(self.__imul__, "*=", other)

    def __itruediv__(self, other: Any) -> NoReturn:
        raise NotImplementedForSymbol(self.__itruediv__, "/=", other)

    def __imod__(self, other: Any) -> NoReturn:
        raise NotImplementedForSymbol(self.__imod__, "%=", other)

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol(self.__bool__, "bool")


def binary(
    name: str, elementwise: str, scalar: str, reversed_scalar: str, numbers: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """A function of two operands: symbols, a symbol and a number, or two numbers."""

    def function(left: Any, right: Any) -> Any:
        if isinstance(left, Arithmetic):
            return left._with(right, elementwise, scalar)
        if isinstance(right, Arithmetic):
            return right._with(left, elementwise, reversed_scalar)
        if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
            return numbers(left, right)
        raise TypeError(f"types ({type(left)}, {type(right)}) not supported")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Element-wise {name} of symbols of one shape, or of a symbol and a number."
    return function


maximum = binary("maximum", "_Maximum", "_MaximumScalar", "_MaximumScalar", max)
minimum = binary("minimum", "_Minimum", "_MinimumScalar", "_MinimumScalar", min)
hypot = binary("hypot", "_Hypot", "_HypotScalar", "_HypotScalar", math.hypot)
power = binary("power", "_Power", "_PowerScalar", "_RPowerScalar", operator.pow)
