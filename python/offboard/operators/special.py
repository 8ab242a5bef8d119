"""Special functions, computed in float64: the gamma function, its logarithm, the error function and its inverse."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT64, INT64, Value
from offboard.operators.elementwise import numeric
from offboard.operators.record import Params, operator

# exp(x^2) erfc(x) (1 + 2x) as a polynomial of (x - 3.75) / (x + 3.75), lowest power first: the Chebyshev expansion
# over 0 <= x, cut at 22 terms, where what is left is below 1e-15.
_SCALED_ERFC = (
    1.2375126308378275,
    -0.14024059858554525,
    0.0035854154854790257,
    0.08227673848999506,
    -0.10880393014244462,
    0.09230432116428125,
    -0.05869339857664934,
    0.02836227737211114,
    -0.009746579683265262,
    0.0017556261651970652,
    0.000293714378044958,
    -0.00029015535246077655,
    5.164652974177416e-05,
    2.2387565714911816e-05,
    -1.1438048033346894e-05,
    -9.792625707303523e-07,
    1.7419821586224816e-06,
    -5.084465378687302e-08,
    -2.4857126248016745e-07,
    1.879082322370048e-08,
    3.197926671666804e-08,
    -1.9551358868985616e-09,
    -2.623107347133476e-09,
)
_ERF_SERIES = tuple((-1) ** n / (math.factorial(n) * (2 * n + 1)) * 2 / math.sqrt(math.pi) for n in range(13))
# Stirling's series of log gamma in 1 / z: of z^-1, z^-3, z^-5 ...
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
# Stirling's series is used from here; smaller arguments are raised by this much.
_RAISED = 10


def _polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """Horner's scheme, the lowest power first."""
    made = x * coefficients[-1] + coefficients[-2]
    for coefficient in reversed(coefficients[:-2]):
        made = made * x + coefficient
    return made


def _erf(x: Value) -> tuple[Value, Value]:
    """The error function of x and the complementary one of |x|."""
    g = x.graph
    size = x.abs()
    near = size < 30
    bounded = g.where(near | x.isnan(), size, g.const(30.0))
    scaled = _polynomial((bounded - 3.75) / (bounded + 3.75), _SCALED_ERFC)
    complement = scaled * (-(bounded * bounded)).exp() / (bounded * 2.0 + 1.0)
    far = g.where(x < 0, complement - 1.0, 1.0 - complement)
    return g.where(size < 0.5, x * _polynomial(x * x, _ERF_SERIES), far), complement


@operator("erf", same_shape=True)
@numeric
def erf(p: Params, x: Value) -> Value:
    """The error function; of integers truncated, so 0 up to 5 and 1 where float64 has no nearer number."""
    if x.dtype == FLOAT64:
        return _erf(x)[0]
    if x.is_float:
        return x.unary("Erf")
    wide = x.cast(INT64)
    return (wide.unary("Sign") * (wide.abs() >= 6).cast(INT64)).cast(x.dtype)


@operator("erfinv", same_shape=True)
@numeric
def erfinv(p: Params, x: Value) -> Value:
    """The inverse error function: infinite at -1 and 1, NaN beyond; of integers the smallest number and 0."""
    g = x.graph
    if not x.is_float:
        return g.where(x.cast(INT64).abs().equals(1), _overflow(x), g.const(0, x.dtype))
    y = x.cast(FLOAT64)
    size = y.abs()
    rest = 1.0 - size
    # Winitzki's approximation, within 1 %, then two steps of Halley's method, each of which triples the digits.
    logarithm = (rest * (size + 1.0)).log()
    half = logarithm * 0.5 + 2 / (math.pi * 0.147)
    made = ((half * half - logarithm * (1 / 0.147)).sqrt() - half).sqrt()
    for _ in range(2):
        value, complement = _erf(made)
        over = g.where(size > 0.5, rest - complement, value - size)
        step = over / ((-(made * made)).exp() * (2 / math.sqrt(math.pi)))
        made = made - step / (made * step + 1.0)
    made = g.where(rest.equals(0), g.const(math.inf), made)
    made = g.where(y < 0, -made, g.where(y.equals(0), y, made))
    return made.cast(x.dtype)


def _overflow(x: Value) -> Value:
    """What C makes of a number that an integer type does not hold."""
    return x.graph.const(np.iinfo(x.dtype).min if x.dtype.itemsize >= 4 else 0, x.dtype)


def _sine(x: Value) -> tuple[Value, Value]:
    """sin(pi x), and whether x is an integer."""
    whole = x.unary("Round")
    odd = whole - (whole * 0.5).floor() * 2.0
    return ((x - whole) * math.pi).unary("Sin") * (1.0 - odd * 2.0), x.equals(whole)


def _raised(x: Value) -> tuple[Value, Value, Value]:
    """For 0.5 <= x: z = x or x + 10, the product x (x + 1) ... (x + 9) or 1, and Stirling's series of z."""
    g = x.graph
    small = x < _RAISED
    factor = g.where(small, x, g.const(1.0))
    product = factor
    for offset in range(1, _RAISED):
        product = product * (factor + float(offset))
    z = g.where(small, x + float(_RAISED), x)
    inverse = 1.0 / z
    return z, g.where(small, product, g.const(1.0)), inverse * _polynomial(inverse * inverse, _STIRLING)


def _log_gamma_right(x: Value) -> Value:
    """log gamma for 0.5 <= x."""
    z, product, series = _raised(x)
    made = (z - 0.5) * z.log() - z + series + 0.5 * math.log(2 * math.pi) - product.log()
    return x.graph.where(x.equals(math.inf), x, made)


def _gamma_right(x: Value) -> Value:
    """gamma for 0.5 <= x; the power is taken in halves, which do not overflow before the result does."""
    z, product, series = _raised(x.graph.where(x > 180, x.graph.const(180.0), x))
    half = z ** (z * 0.5 - 0.25)
    return half * (series - z).exp() * half * math.sqrt(2 * math.pi) / product


@operator("gamma", same_shape=True)
@numeric
def gamma(p: Params, x: Value) -> Value:
    """The gamma function: infinite at 0 with its sign, NaN at negative integers."""
    g = x.graph
    if not x.is_float:
        last = 21 if x.dtype == INT64 else 13
        factorials = g.const([math.factorial(max(n - 1, 0)) for n in range(last + 1)], np.int64)
        wide = x.cast(INT64)
        exact = factorials.gather(wide.clip(0, last), 0)
        held = (wide >= 1) & (wide <= last)
        return g.where(held, exact, _overflow(x).cast(INT64)).cast(x.dtype)
    y = x.cast(FLOAT64)
    left = y < 0.5
    right = _gamma_right(g.where(left, 1.0 - y, y))
    sine, whole = _sine(y)
    reflected = g.where(whole, g.const(math.nan), math.pi / (sine * right))
    made = g.where(y.equals(0), 1.0 / y, g.where(left, reflected, right))
    return g.where(y.equals(-math.inf), g.const(math.nan), made).cast(x.dtype)


def log_gamma(y: Value) -> Value:
    """log |gamma| of float64."""
    g = y.graph
    left = y < 0.5
    right = _log_gamma_right(g.where(left, 1.0 - y, y))
    sine, whole = _sine(y)
    reflected = g.where(whole, g.const(math.inf), math.log(math.pi) - sine.abs().log() - right)
    return g.where(y.equals(-math.inf), g.const(math.inf), g.where(left, reflected, right))


@operator("gammaln", same_shape=True)
@numeric
def gammaln(p: Params, x: Value) -> Value:
    """The logarithm of |gamma|: infinite at 0, at negative integers and at both infinities."""
    g = x.graph
    y = x.cast(FLOAT64)
    made = log_gamma(y)
    if x.is_float:
        return made.cast(x.dtype)
    return g.where(y <= 0, _overflow(x).cast(INT64), g.where(y <= 0, g.const(0.0), made).cast(INT64)).cast(x.dtype)
