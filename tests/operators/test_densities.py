"""Densities against their formulas, in double precision."""

import math

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke

SAMPLES = np.array([[0.5, 1.0, 2.5], [3.0, 4.0, 0.25]])


def _negative_binomial(x: float, k: float, p: float) -> float:
    return math.exp(math.lgamma(x + k) - math.lgamma(x + 1) - math.lgamma(k)) * p**k * (1 - p) ** x


DENSITIES = {
    "uniform": ([[0.0, 1.0], [2.0, 5.0]], lambda x, low, high: 1 / (high - low)),
    "normal": (
        [[0.0, 1.0], [2.0, 0.5]],
        lambda x, m, s: math.exp(-(((x - m) / s) ** 2) / 2) / s / math.sqrt(2 * math.pi),
    ),
    "gamma": ([[2.0, 0.5], [2.0, 1.5]], lambda x, a, b: b**a * x ** (a - 1) * math.exp(-b * x) / math.gamma(a)),
    "exponential": ([[2.0, 0.5]], lambda x, rate: rate * math.exp(-rate * x)),
    "poisson": ([[2.0, 0.5]], lambda x, rate: rate**x * math.exp(-rate) / math.gamma(x + 1)),
    "negative_binomial": ([[2.0, 3.5], [0.25, 0.5]], _negative_binomial),
    "generalized_negative_binomial": (
        [[2.0, 3.5], [0.25, 0.5]],
        lambda x, mu, alpha: _negative_binomial(x, 1 / alpha, 1 / (mu * alpha + 1)),
    ),
}


@pytest.mark.parametrize("kind", DENSITIES)
@pytest.mark.parametrize("is_log", [False, True])
def test_densities(kind: str, is_log: bool) -> None:
    parameters, density = DENSITIES[kind]
    given = [np.array(each) for each in parameters]
    (made,) = invoke(f"_random_pdf_{kind}", [SAMPLES, *given], {"is_log": str(is_log)})
    expected = [[density(x, *(each[row] for each in given)) for x in SAMPLES[row]] for row in range(2)]
    np.testing.assert_allclose(made, np.log(expected) if is_log else expected, rtol=1e-7)


def test_dirichlet() -> None:
    x, alpha = np.array([[[0.2, 0.8], [0.5, 0.5]]]), np.array([[2.0, 3.0]])
    (made,) = invoke("_random_pdf_dirichlet", [x, alpha], {})
    np.testing.assert_allclose(made, 12 * x[..., 0] * x[..., 1] ** 2, rtol=1e-12)
    (alone,) = invoke("_random_pdf_dirichlet", [x[0, 0], alpha[0]], {})
    assert alone.shape == (1,)


def test_parameters_have_leading_dimensions() -> None:
    with pytest.raises(MXNetError, match="inferred shape="):
        invoke("_random_pdf_poisson", [SAMPLES, np.ones(3)], {})
    with pytest.raises(MXNetError, match="must be at least dimension of distribution parameters"):
        invoke("_random_pdf_poisson", [SAMPLES, np.ones((2, 3, 1))], {})
