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
# What log gamma has beyond (z - 1/2) log z - z + log(2 pi) / 2, of arguments raised by this much: Stirling's series in
# z^-1, z^-3, z^-5 ..., fitted to 7.5 <= z, where 1e-15 is left.
_RAISED = 7
_STIRLING = (
    0.08333333333332756,
    -0.0027777777615099557,
    0.0007936434296891481,
    -0.0005940629595929586,
    0.0007639531981704393,
)
# sin(pi x) / x as a polynomial of x^2 for |x| <= 0.5, which takes half the time of the sine of float64.
_SINE = (
    3.1415926535897927,
    -5.1677127800497855,
    2.5501640398618677,
    -0.599264528825224,
    0.08214587881631043,
    -0.0073703643265304155,
    0.0004659870158043378,
    -2.113362735205297e-05,
)
# Of erfinv(x) / x as a quotient of polynomials of w = -log(1 - x^2), lowest power first: the minimax approximation
# over 0 <= w <= 37.5, which is all that float64 has between 0 and 1. Its relative error is below 2e-10.
_ERFINV_OVER = (
    0.8862269255771612,
    0.2951974745253102,
    0.05982702063661705,
    0.008475455050025475,
    0.0008426213500051514,
    5.816595792046235e-05,
    3.039392485324124e-06,
    2.1137268139990424e-07,
    1.410862260985268e-09,
)
_ERFINV_UNDER = (
    1.0,
    0.07129529532031774,
    0.03581045808612126,
    0.0018941069414866306,
    0.00032064207016096975,
    8.97960863613035e-06,
    1.0966959721603055e-06,
    2.3628463765542856e-08,
    3.5647899857224727e-11,
)


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
    rest = (1.0 - y) * (y + 1.0)
    w = -rest.log()
    made = y * _polynomial(w, _ERFINV_OVER) / _polynomial(w, _ERFINV_UNDER)
    if x.dtype == FLOAT64:
        made = _inverted_better(y, made)
    return g.where(rest.equals(0), y * math.inf, made).cast(x.dtype)


def _inverted_better(y: Value, made: Value) -> Value:
    """The inverse error function of y by a step of Halley's method, which triples the digits of ``made``."""
    size = y.abs()
    value, complement = _erf(made)
    # Of numbers near 1 the complement has the digits.
    over = y.graph.where(size > 0.5, (1.0 - size - complement) * y.unary("Sign"), value - y)
    step = over / ((-(made * made)).exp() * (2 / math.sqrt(math.pi)))
    return made - step / (made * step + 1.0)


def _overflow(x: Value) -> Value:
    """What C makes of a number that an integer type does not hold."""
    return x.graph.const(np.iinfo(x.dtype).min if x.dtype.itemsize >= 4 else 0, x.dtype)


def _raised(x: Value) -> tuple[Value, Value, Value]:
    """For 0.5 <= x: z = x + 7, the product x (x + 1) ... (x + 6), and Stirling's series of z.

    Of every x, for a choice takes longer than these few products.
    """
    # Beyond 1e40 the product would overflow, and is nothing beside the rest.
    near = x.graph.minimum(x, x.graph.const(1e40))
    ends = near * (near + 6.0)
    # (x + 1) (x + 5) and (x + 2) (x + 4) differ from x (x + 6) by numbers.
    product = ends * (ends + 5.0) * (ends + 8.0) * (near + 3.0)
    z = x + float(_RAISED)
    inverse = 1.0 / z
    return z, product, inverse * _polynomial(inverse * inverse, _STIRLING)


def _reflected(x: Value) -> tuple[Value, Value, Value]:
    """What Euler's reflection needs: x or 1 - x, whichever is right of 0.5, the nearest integer and the sine beyond it.

    The sine of pi times what is left of x. Of x that are not reflected the integer is 0 and the sine is 1.
    """
    g = x.graph
    left = g.minimum(x, g.const(0.5))
    whole = left.unary("Round")
    rest = left - whole
    return g.maximum(x, 1.0 - x), whole, rest * _polynomial(rest * rest, _SINE)


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
    right, whole, sine = _reflected(y)
    odd = whole - (whole * 0.5).floor() * 2.0
    sine = sine * (1.0 - odd * 2.0)
    z, product, series = _raised(g.minimum(right, g.const(180.0)))
    # The power is taken in halves, which do not overflow before the result does.
    half = z ** (z * 0.5 - 0.25)
    made = half * ((series - z).exp() * sine / product) * half * math.sqrt(2 * math.pi)
    made = g.where(y < 0.5, math.pi / made, made)
    return g.where(sine.equals(0), g.where(y.equals(0), 1.0 / y, g.const(math.nan)), made).cast(x.dtype)


def log_gamma(y: Value) -> Value:
    """log |gamma| of float64."""
    # Infinities would cancel; as far out the logarithms of these are infinite too.
    x = y.clip(-1e300, 1e306)
    right, _, sine = _reflected(x)
    z, product, series = _raised(right)
    made = (z - 0.5) * z.log() - z + series + 0.5 * math.log(2 * math.pi) - (product / sine.abs()).log()
    left = (x < 0.5).cast(FLOAT64)
    return made * (1.0 - left * 2.0) + left * math.log(math.pi)


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
