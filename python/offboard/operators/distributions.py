"""Samples of distributions, step for step as MXNet's CPU makes them (``SampleGamma``, ``SamplePoisson`` and so on).

A sampler takes how many samples, the dtype, and the distribution's parameters: an array each, as long as the samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.operators.draws import fractions, pairs, polar, streams

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "integers",
    "negative_binomial",
    "normal",
    "poisson",
    "uniform",
]

Array: TypeAlias = npt.NDArray[Any]
# Given the rows of the streams that draw, and which samples they draw: those samples.
_Draw: TypeAlias = Callable[[Array, Array], Array]

_lgamma = np.vectorize(math.lgamma, otypes=[np.float64])
# Poisson numbers of larger means are found by rejection.
_MANY = 12.0


def _wide(dtype: Any) -> Any:
    """What C++ computes a dtype in that is no type of its own: half in double."""
    return np.float32 if np.dtype(dtype) == np.float32 else np.float64


def uniform(size: int, dtype: Any, low: Array, high: Array) -> Array:
    """From low to below high."""
    return low + (high - low) * streams().uniform(size, _wide(dtype))


def normal(size: int, dtype: Any, mean: Array, deviation: Array) -> Array:
    """Of a mean and a standard deviation."""
    return streams().normal(size, _wide(dtype)) * deviation + mean


def exponential(size: int, dtype: Any, rate: Array) -> Array:
    """Of a rate, so with the mean 1 / rate."""
    return -np.log(1.0 - streams().uniform(size, _wide(dtype)).astype(np.float64)) / rate


def integers(size: int, low: int, high: int) -> Array:
    """Whole numbers from low to below high, of two words each."""
    words = streams().words(streams().shares(size) * 2).astype(np.int64)
    return low + ((words[0::2] << 31) + words[1::2]) % (high - low)


def gamma(size: int, dtype: Any, alpha: Array, beta: Array) -> Array:
    """Of shape alpha and scale beta."""
    real = np.float64 if np.dtype(dtype) == np.float64 else np.float32
    return _one_by_one(size, lambda rows, at: _gamma(rows, alpha[at], beta[at], real))


def poisson(size: int, dtype: Any, mean: Array) -> Array:
    """Of a mean."""
    return _one_by_one(size, lambda rows, at: _poisson(rows, mean[at].astype(np.float32)))


def negative_binomial(size: int, dtype: Any, k: Array, p: Array) -> Array:
    """Failures before ``k`` successes: Poisson numbers of gamma distributed means."""
    alpha, chance = k.astype(np.float32), p.astype(np.float32)
    with np.errstate(divide="ignore"):
        beta = ((1.0 - chance.astype(np.float64)) / chance).astype(np.float32)
    return _one_by_one(size, lambda rows, at: _poisson(rows, _gamma(rows, alpha[at], beta[at], np.float32)))


def generalized_negative_binomial(size: int, dtype: Any, mean: Array, dispersion: Array) -> Array:
    """Poisson numbers of gamma distributed means; with dispersion 0 the Poisson distribution."""

    def draw(rows: Array, at: Array) -> Array:
        means, mixed = mean[at].astype(np.float32), dispersion[at] != 0
        spread = dispersion[at][mixed]
        means[mixed] = _gamma(rows[mixed], 1 / spread, spread * mean[at][mixed], np.float32)
        return _poisson(rows, means)

    return _one_by_one(size, draw)


def _one_by_one(size: int, draw: _Draw) -> Array:
    """Samples that take an unknown number of words: one of each row at a time, for the rows are independent."""
    counts = streams().shares(size)
    begins = np.cumsum(counts) - counts
    made = np.empty(size)
    for step in range(counts.max(initial=0)):
        rows = np.flatnonzero(counts > step)
        at = begins[rows] + step
        made[at] = draw(rows, at)
    return made


def _uniform(rows: Array, real: Any) -> Array:
    words = streams().word
    return fractions(words(rows)) if real == np.float32 else fractions(words(rows), words(rows))


def _normal(rows: Array, real: Any) -> Array:
    made = np.empty(len(rows), real)
    left = np.arange(len(rows))
    while left.size:
        y, square, accepted = pairs(_uniform(rows[left], real), _uniform(rows[left], real))
        made[left[accepted]] = polar(y[accepted], square[accepted])
        left = left[~accepted]
    return made


def _gamma(rows: Array, alpha: Array, beta: Array, real: Any) -> Array:
    """Marsaglia and Tsang's way; below 1 by a sample of one more and a power."""
    few, exact = alpha < 1, alpha.astype(np.float64)
    d = np.where(few, exact + 2.0 / 3.0, exact - 1.0 / 3.0).astype(real)
    k = np.sqrt(9.0 * d.astype(np.float64)).astype(real)
    c = (1.0 / k.astype(np.float64)).astype(real)
    made = np.empty(len(rows), real)
    left = np.arange(len(rows))
    while left.size:
        z = _normal(rows[left], real)
        fits = z > -k[left]
        tried, z = left[fits], z[fits]
        x = (1.0 + (c[tried] * z).astype(np.float64)).astype(real)
        v = x * x * x
        bound = 0.5 * z.astype(np.float64) * z + d[tried] * (1.0 - v.astype(np.float64) + np.log(v, dtype=np.float64))
        accepted = np.log(1.0 - _uniform(rows[tried], real).astype(np.float64)) < bound
        taken = tried[accepted]
        made[taken] = d[taken] * v[accepted] * beta[taken]
        left = np.setdiff1d(left, taken, assume_unique=True)
    if few.any():
        made[few] *= np.power(_uniform(rows[few], real), (1.0 / exact[few]).astype(real))
    return made


def _poisson(rows: Array, mean: Array) -> Array:
    many = mean >= _MANY
    made = np.zeros(len(rows))
    made[~many] = _few(rows[~many], mean[~many])
    made[many] = _rejected(rows[many], mean[many])
    return made


def _few(rows: Array, mean: Array) -> Array:
    """Counts uniform numbers until their product is small."""
    end = np.exp(-mean, dtype=np.float64).astype(np.float32)
    made = np.zeros(len(rows))
    product = _uniform(rows, np.float32)
    left = np.flatnonzero(product > end)
    while left.size:
        made[left] += 1
        product[left] *= _uniform(rows[left], np.float32)
        left = left[product[left] > end[left]]
    return made


def _rejected(rows: Array, mean: Array) -> Array:
    """By rejection from the Cauchy distribution (Numerical Recipes)."""
    single = np.float32
    root = np.sqrt(2.0 * mean.astype(np.float64)).astype(single)
    logarithm = np.log(mean, dtype=np.float64).astype(single)
    g = mean * logarithm - _lgamma((mean + 1.0).astype(single)).astype(single)
    made = np.empty(len(rows), single)
    left = np.arange(len(rows))
    while left.size:
        y, made[left] = _above_zero(rows[left], root[left], mean[left])
        em = made[left] = np.floor(made[left])
        shrunk = em * logarithm[left] - _lgamma((em + 1.0).astype(single)).astype(single) - g[left]
        bound = 0.9 * (1.0 + (y * y).astype(np.float64)) * np.exp(shrunk, dtype=np.float64).astype(single)
        left = left[_uniform(rows[left], single) > bound.astype(single)]
    return made


def _above_zero(rows: Array, root: Array, mean: Array) -> tuple[Array, Array]:
    y, em = np.empty(len(rows), np.float32), np.full(len(rows), -1, np.float32)
    left = np.arange(len(rows))
    while left.size:
        angle = np.float32(3.1415926) * _uniform(rows[left], np.float32)
        y[left] = np.tan(angle, dtype=np.float64).astype(np.float32)
        em[left] = root[left] * y[left] + mean[left]
        left = left[em[left] < 0]
    return y, em
