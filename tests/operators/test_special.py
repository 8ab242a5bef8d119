"""Special functions against the standard library's."""

import math

import numpy as np
import pytest

from offboard.runtime.imperative import invoke


def run(operator: str, values: list[float], dtype: str = "float64") -> list[float]:
    made: list[float] = invoke(operator, [np.array(values, dtype)], {})[0].tolist()
    return made


@pytest.mark.parametrize("name", ["gamma", "gammaln", "erf"])
def test_float64_is_precise(name: str) -> None:
    truth = {"gamma": math.gamma, "gammaln": math.lgamma, "erf": math.erf}[name]
    values = [float(v) for v in np.random.default_rng(3).uniform(-20, 20, 200)] + [1e-12, -1e-12, 33.25, 0.5, -0.5]
    np.testing.assert_allclose(run(name, values), [truth(v) for v in values], rtol=1e-12, atol=2e-14)


def test_gamma_near_its_limits() -> None:
    np.testing.assert_allclose(run("gamma", [171.5, -150.5]), [math.gamma(171.5), math.gamma(-150.5)], rtol=1e-12)
    assert run("gamma", [172.0, math.inf, 0.0, -0.0]) == [math.inf, math.inf, math.inf, -math.inf]
    assert np.isnan(run("gamma", [-1.0, -2.0, -1e10, -math.inf, math.nan])).all()
    assert run("gamma", [-185.3]) == [0.0]


def test_log_gamma_near_its_limits() -> None:
    assert run("gammaln", [1.0, 2.0]) == pytest.approx([0.0, 0.0], abs=1e-14)
    assert run("gammaln", [0.0, -1.0, -7.0, math.inf, -math.inf]) == [math.inf] * 5
    np.testing.assert_allclose(run("gammaln", [1e10, 1e300]), [math.lgamma(1e10), math.lgamma(1e300)], rtol=1e-13)


@pytest.mark.parametrize(("dtype", "rtol"), [("float16", 2e-3), ("float32", 1e-6), ("float64", 1e-13)])
def test_erfinv_inverts_erf(dtype: str, rtol: float) -> None:
    values = np.array([0.0, 1e-3, -0.25, 0.5, -0.75, 1.0, -1.5]).astype(dtype)
    back = run("erfinv", [math.erf(v) for v in values], dtype)
    np.testing.assert_allclose(back, values, rtol=2 * rtol, atol=rtol)


def test_erfinv_outside() -> None:
    assert run("erfinv", [1.0, -1.0]) == [math.inf, -math.inf]
    assert np.isnan(run("erfinv", [1.5, -2.0, math.nan])).all()
    # The last float64 below 1, of which the complement 2^-53 decides.
    assert run("erfinv", [1 - 2.0**-53]) == pytest.approx([5.863584748755168], rel=1e-12)


def test_integers_are_exact_and_overflow_as_in_c() -> None:
    assert run("gamma", [0, 1, 5, 13, 14], "int32") == [-(2**31), 1, 24, math.factorial(12), -(2**31)]
    assert run("gamma", [21], "int64") == [math.factorial(20)]
    assert run("gamma", [10, 14], "int8") == [-128, 0]  # 9! = 0x58980
    assert run("gammaln", [-1, 1, 3, 100], "int32") == [-(2**31), 0, 0, 359]
    assert run("erf", [-9, -3, 0, 3, 9], "int64") == [-1, 0, 0, 0, 1]
    assert run("erfinv", [-2, -1, 0, 1], "int8") == [0, 0, 0, 0]
