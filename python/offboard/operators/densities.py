"""Densities of distributions at samples: ``_random_pdf_*``, with ``is_log`` their logarithms.

Parameters have the leading dimensions of the samples; each goes with everything behind these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from offboard.operators.builder import FLOAT64, Value
from offboard.operators.elementwise import expect_float
from offboard.operators.record import Params, PartialShape, inconsistent, operator
from offboard.operators.special import log_gamma

# The logarithm of the density of samples given parameters, and the density itself.
Density: TypeAlias = Callable[..., tuple[Value, Value]]


def _by_logarithm(logarithm: Callable[..., Value]) -> Density:
    def density(x: Value, *parameters: Value) -> tuple[Value, Value]:
        made = logarithm(x, *parameters)
        return made, made.exp()

    density.__doc__ = logarithm.__doc__
    return density


def _uniform(x: Value, low: Value, high: Value) -> tuple[Value, Value]:
    """The same everywhere: whether a sample lies within is not looked at."""
    return -(high - low).log(), 1.0 / (high - low)


def _normal(x: Value, mean: Value, deviation: Value) -> tuple[Value, Value]:
    away = x - mean
    exponent = away * away * -0.5 / (deviation * deviation)
    # MXNet's pi is a float32.
    scale = deviation * math.sqrt(2 * float(np.float32(math.pi)))
    return exponent - scale.log(), exponent.exp() / scale


def _exponential(x: Value, rate: Value) -> tuple[Value, Value]:
    return rate.log() - rate * x, rate * (-(rate * x)).exp()


def _gamma(x: Value, alpha: Value, beta: Value) -> Value:
    return alpha * beta.log() + (alpha - 1.0) * x.log() - beta * x - log_gamma(alpha)


def _poisson(x: Value, rate: Value) -> Value:
    return x * rate.log() - log_gamma(x + 1.0) - rate


def _negative_binomial(x: Value, limit: Value, p: Value) -> Value:
    chosen = log_gamma(x + limit) - log_gamma(x + 1.0) - log_gamma(limit)
    return chosen + limit * p.log() + x * (1.0 - p).log()


def _generalized_negative_binomial(x: Value, mean: Value, dispersion: Value) -> Value:
    return _negative_binomial(x, 1.0 / dispersion, 1.0 / (mean * dispersion + 1.0))


def _dirichlet(x: Value, alpha: Value) -> Value:
    inner = (x.log() * (alpha - 1.0)).sum([-1])
    return inner + (log_gamma(alpha.sum([-1])) - log_gamma(alpha).sum([-1]))


_DENSITIES: dict[str, Density] = {
    "uniform": _uniform,
    "normal": _normal,
    "exponential": _exponential,
    "gamma": _by_logarithm(_gamma),
    "poisson": _by_logarithm(_poisson),
    "negative_binomial": _by_logarithm(_negative_binomial),
    "generalized_negative_binomial": _by_logarithm(_generalized_negative_binomial),
}


def _checked(sample: Value, parameters: Sequence[Value], *, vectors: bool) -> None:
    expect_float(sample)
    for each in parameters:
        if each.ndim > sample.ndim:
            raise ValueError(
                f"dimension of input samples ({sample.ndim}) must be at least dimension of distribution parameters "
                f"({each.ndim})"
            )
        wanted = sample.shape[: each.ndim]
        if vectors:
            wanted = (*wanted[:-1], sample.shape[-1])
        if each.shape != wanted or each.shape != parameters[0].shape:
            raise inconsistent(each.shape, wanted)


def _leading(p: Params, inputs: list[PartialShape]) -> Sequence[PartialShape]:
    """Parameters have the leading dimensions of the samples, as far as one of them says how many."""
    sample, known = inputs[0], [shape for shape in inputs[1:] if shape is not None]
    if sample is None or not known or any(len(shape) != len(known[0]) for shape in known):
        return inputs
    if len(known[0]) > len(sample):
        return inputs
    lead = tuple(max(sizes) for sizes in zip(*known, sample, strict=False))
    return [(*lead, *sample[len(lead) :]), *[lead] * (len(inputs) - 1)]


def _density(function: Density) -> Callable[..., Value]:
    def lower(p: Params, sample: Value, *parameters: Value) -> Value:
        _checked(sample, parameters, vectors=False)
        beside = [
            each.reshape(each.shape + (1,) * (sample.ndim - each.ndim)).cast(FLOAT64).expand(sample.shape)
            for each in parameters
        ]
        logarithm, density = function(sample.cast(FLOAT64), *beside)
        return (logarithm if p.is_log else density).cast(sample.dtype)

    lower.__doc__ = function.__doc__
    return lower


for _name, _function in _DENSITIES.items():
    operator(f"_random_pdf_{_name}", fill=_leading)(_density(_function))


@operator("_random_pdf_dirichlet")
def dirichlet(p: Params, sample: Value, alpha: Value) -> Value:
    """Of vectors along the last axis; one vector alone has a density of shape (1,)."""
    _checked(sample, [alpha], vectors=True)
    lead = (*alpha.shape[:-1], *(1,) * (sample.ndim - alpha.ndim), alpha.shape[-1])
    logarithm = _dirichlet(sample.cast(FLOAT64), alpha.reshape(lead).cast(FLOAT64).expand(sample.shape))
    made = (logarithm if p.is_log else logarithm.exp()).cast(sample.dtype)
    return made if sample.ndim > 1 else made.reshape((1,))
