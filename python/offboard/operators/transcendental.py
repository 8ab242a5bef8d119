"""Logarithms, exponentials, roots, hyperbolic and inverse functions of floats.

ONNX Runtime lacks many of them in float64, and the textbook form of others loses digits or overflows.
"""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, Value

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cosh", "cube_root", "expm1", "log1p", "logarithm",
    "sinh",
]  # fmt: skip


def log1p(x: Value) -> Value:
    """The logarithm of 1 + x, exact near 0."""
    # log(1+x) loses small x; the correction by ((1+x)-1) restores it.
    u = x + 1.0
    corrected = x.graph.where(u.equals(1.0), x, u.log() * x / (u - 1.0))
    return x.graph.where(x.equals(math.inf), x, corrected)


def logarithm(x: Value, base: float) -> Value:
    """Of whole powers of the base exactly: the quotient of logarithms may lie just below, which integers truncate."""
    if x.is_float and x.dtype != FLOAT64:
        # Rounding takes what float64 is off by.
        return (x.cast(FLOAT64).log() * (1 / math.log(base))).cast(x.dtype)
    made = x.log() * (1 / math.log(base))
    near = made.unary("Round")
    power = (near * 0.0 + base) ** near
    return x.graph.where(power.equals(x), near, made)


def expm1(x: Value) -> Value:
    """The exponential less 1, exact near 0."""
    wide = x.cast(FLOAT64)
    small = wide * (wide * (wide * (wide * (1 / 24) + 1 / 6) + 0.5) + 1.0)
    return x.graph.where(wide.abs() < 1e-3, small, wide.exp() - 1.0).cast(x.dtype)


def cube_root(x: Value) -> Value:
    """The real cube root."""
    if x.dtype == np.float16:
        return cube_root(x.cast(FLOAT32)).cast(x.dtype)
    # The sign is a factor, since ONNX Runtime's Where may turn -0 into 0.
    large = float(np.sqrt(np.finfo(x.dtype).max)) * 0.5
    direction = (x * large * large * large).clip(-1.0, 1.0)
    return x.abs() ** (1.0 / 3.0) * direction


def sinh(x: Value) -> Value:
    """The hyperbolic sine."""
    # The difference of exponentials cancels near 0.
    wide = x.cast(FLOAT64)
    near = wide * (wide * wide * (1 / 6) + 1.0)
    large, small = _exponentials(wide)
    return x.graph.where(wide.abs() < 1e-4, near, large - small).cast(x.dtype)


def cosh(x: Value) -> Value:
    """The hyperbolic cosine."""
    large, small = _exponentials(x.cast(FLOAT64))
    return (large + small).cast(x.dtype)


def _exponentials(x: Value) -> tuple[Value, Value]:
    """exp(x) / 2 and exp(-x) / 2, which the exponential itself would overflow before."""
    up = (x * 0.5).exp()
    down = 1.0 / up
    return up * 0.5 * up, down * 0.5 * down


def arctan(x: Value) -> Value:
    """The inverse tangent."""
    if x.dtype != FLOAT64:
        return x.unary("Atan")
    # ONNX Runtime has float32 only: of the smaller of |x| and 1/|x|, corrected by one step of Newton's method.
    g = x.graph
    size = x.abs()
    small = g.where(size > 1, 1.0 / size, size)
    guess = small.unary("Atan")
    angle = guess - (guess.unary("Sin") - small * guess.unary("Cos")) * guess.unary("Cos")
    turned = g.where(size > 1, math.pi / 2 - angle, angle)
    return g.where(x < 0, -turned, turned)


def arcsin(x: Value) -> Value:
    """The inverse sine."""
    if x.dtype != FLOAT64:
        return x.unary("Asin")
    return arctan(x / (((1.0 - x) * (x + 1.0)).sqrt() + 1.0)) * 2.0


def arccos(x: Value) -> Value:
    """The inverse cosine."""
    return x.unary("Acos") if x.dtype != FLOAT64 else arctan(((1.0 - x) / (x + 1.0)).sqrt()) * 2.0


def arcsinh(x: Value) -> Value:
    """The inverse hyperbolic sine."""
    if x.dtype != FLOAT64:
        return x.unary("Asinh")
    # asinh(|x|) = log1p(|x| + x^2 / (1 + sqrt(1 + x^2))); beyond 1e150 the square overflows.
    size = x.abs()
    square = size * size
    near = log1p(size + square / ((square + 1.0).sqrt() + 1.0))
    made = x.graph.where(size > 1e150, size.log() + math.log(2), near)
    return x.graph.where(x < 0, -made, made)


def arccosh(x: Value) -> Value:
    """The inverse hyperbolic cosine."""
    if x.dtype != FLOAT64:
        return x.unary("Acosh")
    over = x - 1.0
    near = log1p(over + (over * (x + 1.0)).sqrt())
    near = x.graph.where(x < 1, x.graph.const(math.nan), near)
    return x.graph.where(x > 1e150, x.log() + math.log(2), near)


def arctanh(x: Value) -> Value:
    """The inverse hyperbolic tangent."""
    return x.unary("Atanh") if x.dtype != FLOAT64 else (log1p(x) - log1p(-x)) * 0.5
