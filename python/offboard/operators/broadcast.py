"""Operators of two arrays: element-wise on equal shapes, and broadcasting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from offboard.operators.builder import BOOL, FLOAT32, FLOAT64, INT64, Value, broadcast_shapes
from offboard.operators.record import Params, operator, type_of_first

__all__ = ["ARITHMETIC", "COMPARISONS", "LOGICAL"]


def _div(a: Value, b: Value) -> Value:
    if a.is_float:
        return a / b
    # Integers truncate, and dividing by zero gives 0 where ONNX Runtime would raise.
    zero = b.equals(0)
    return a.graph.where(zero, a.graph.const(0, a.dtype), a / a.graph.where(zero, a.graph.const(1, a.dtype), b))


def _mod(a: Value, b: Value) -> Value:
    """The remainder with the divisor's sign; x % 0 is 0."""
    g = a.graph
    zero = b.equals(0)
    if not a.is_float:
        # Of integers ONNX Runtime would raise.
        divisor = g.where(zero, g.const(1, b.dtype), b)
        remainder = g.emit("Mod", [a, divisor], broadcast_shapes(a.shape, b.shape))
    else:
        remainder = g.emit("Mod", [a, b], broadcast_shapes(a.shape, b.shape), fmod=1)
        wrong = (remainder < 0) ^ (b < 0)
        remainder = g.where(wrong & ~remainder.equals(0), remainder + b, remainder)
    return g.where(zero, g.const(0, a.dtype), remainder)


def _power(a: Value, b: Value) -> Value:
    # MXNet computes powers of integers in float32, of which large ones keep 24 bits.
    if a.is_float:
        return a**b
    made = a.cast(FLOAT32) ** b.cast(FLOAT32)
    return made.cast(INT64 if a.dtype == INT64 else np.int32).cast(a.dtype)


def _hypot(a: Value, b: Value) -> Value:
    g = a.graph
    if a.dtype == FLOAT64:
        # Of the quotients by the larger side: squares would overflow where the root does not.
        larger = g.maximum(a.abs(), b.abs())
        unit = g.where(larger.equals(0), g.const(1.0), larger)
        made = _root_of_squares(a / unit, b / unit) * larger
    else:
        made = _root_of_squares(a.cast(FLOAT64), b.cast(FLOAT64)).cast(a.dtype)
    if not a.is_float:
        return made
    infinite = a.unary("IsInf", BOOL) | b.unary("IsInf", BOOL)
    return g.where(infinite, g.const(np.inf, a.dtype), made)


def _root_of_squares(a: Value, b: Value) -> Value:
    return (a * a + b * b).sqrt()


def _extreme(op: str) -> Callable[[Value, Value], Value]:
    return lambda a, b: a.graph.emit(op, [a, b], broadcast_shapes(a.shape, b.shape))


def _truth(value: Value) -> Value:
    return value if value.dtype == BOOL else ~value.equals(0)


ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _div,
    "mod": _mod,
    "power": _power,
    "maximum": _extreme("Max"),
    "minimum": _extreme("Min"),
    "hypot": _hypot,
}
COMPARISONS: dict[str, Callable[[Value, Value], Value]] = {
    "equal": lambda a, b: a.equals(b),
    "not_equal": lambda a, b: ~a.equals(b),
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "lesser": lambda a, b: a < b,
    "lesser_equal": lambda a, b: a <= b,
}
LOGICAL: dict[str, Callable[[Value, Value], Value]] = {
    "logical_and": lambda a, b: _truth(a) & _truth(b),
    "logical_or": lambda a, b: _truth(a) | _truth(b),
    "logical_xor": lambda a, b: _truth(a) ^ _truth(b),
}


def _checked(a: Value, b: Value) -> None:
    if a.dtype == BOOL:
        raise ValueError("the operator does not support boolean type")
    if a.dtype != b.dtype:
        raise ValueError(f"Incompatible attr: expected {a.dtype.name}, got {b.dtype.name}")


def _same_shapes(function: Callable[[Value, Value], Value], compares: bool = False) -> Callable[..., Value]:
    def lower(p: Params, a: Value, b: Value) -> Value:
        _checked(a, b)
        if a.shape != b.shape:
            raise ValueError(f"Incompatible attr: expected {list(a.shape)}, got {list(b.shape)}")
        made = function(a, b)
        return made.cast(a.dtype) if compares else made

    return lower


def _broadcasting(function: Callable[[Value, Value], Value], compares: bool = False) -> Callable[..., Value]:
    def lower(p: Params, a: Value, b: Value) -> Value:
        _checked(a, b)
        # MXNet broadcasts axis by axis, and allows fewer dimensions on one side only by NumPy's rule.
        try:
            broadcast_shapes(a.shape, b.shape)
        except ValueError:
            raise ValueError(f"operands could not be broadcast together with shapes {a.shape} {b.shape}") from None
        made = function(a, b)
        return made.cast(a.dtype) if compares else made

    return lower


for _name in ("add", "sub", "mul", "div"):
    operator(f"elemwise_{_name}", same_shape=True)(_same_shapes(ARITHMETIC[_name]))
for _name in ("mod", "power", "maximum", "minimum", "hypot"):
    operator(f"_{_name}", same_shape=True)(_same_shapes(ARITHMETIC[_name]))
operator("_grad_add", same_shape=True)(_same_shapes(ARITHMETIC["add"]))
operator("_scatter_elemwise_div", same_shape=True)(_same_shapes(ARITHMETIC["div"]))
for _name, _function in {**COMPARISONS, **LOGICAL}.items():
    operator(f"_{_name}", same_shape=True)(_same_shapes(_function, compares=True))
    operator(f"broadcast_{_name}")(_broadcasting(_function, compares=True))
for _name, _function in ARITHMETIC.items():
    operator(f"broadcast_{_name}")(_broadcasting(_function))


@operator("add_n", same_shape=True)
def add_n(p: Params, *values: Value) -> Value:
    """The sum of all inputs."""
    total = values[0]
    for value in values[1:]:
        _checked(total, value)
        if value.shape != total.shape:
            raise ValueError(f"Incompatible attr: expected {list(total.shape)}, got {list(value.shape)}")
        total = total + value
    return total


@operator("broadcast_axis")
def broadcast_axis(p: Params, x: Value) -> Value:
    """Dimensions of size 1 repeated to the sizes given."""
    shape = list(x.shape)
    for axis, size in zip(p.axis, p.size, strict=True):
        if axis < 0 or shape[axis] != 1:
            raise ValueError(f"axis {axis} of {x.shape} is not 1")
        shape[axis] = size
    return x.expand(shape)


@operator("broadcast_to")
def broadcast_to(p: Params, x: Value) -> Value:
    """Broadcast to a shape; 0 keeps the input's dimension."""
    if len(p.shape) != x.ndim:
        raise ValueError(f"broadcast_to keeps the number of dimensions: {x.shape} to {p.shape}")
    return x.expand(size or old for size, old in zip(p.shape, x.shape, strict=True))


@operator("broadcast_like", types=type_of_first)
def broadcast_like(p: Params, x: Value, like: Value) -> Value:
    """Broadcast to another array's shape, whole or on chosen axes."""
    if p.lhs_axes is None or p.rhs_axes is None:
        if x.ndim != like.ndim:
            raise ValueError(f"broadcast_like needs equal numbers of dimensions: {x.shape} and {like.shape}")
        return x.expand(like.shape)
    shape = list(x.shape)
    for left, right in zip(p.lhs_axes, p.rhs_axes, strict=True):
        if not (-x.ndim <= left < x.ndim and -like.ndim <= right < like.ndim and shape[left] == 1):
            raise ValueError(f"cannot broadcast axis {left} of {x.shape} to axis {right} of {like.shape}")
        shape[left] = like.shape[right]
    return x.expand(shape)
