"""``mx.sym.random``: draws by numbers, or by symbols that give each element's parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offboard.mxnet.symbol import operators
from offboard.mxnet.symbol.symbol import Symbol

__all__ = [
    "exponential", "exponential_like", "gamma", "gamma_like", "generalized_negative_binomial",
    "generalized_negative_binomial_like", "multinomial", "negative_binomial", "negative_binomial_like", "normal",
    "normal_like", "poisson", "poisson_like", "randint", "randn", "shuffle", "uniform", "uniform_like",
]  # fmt: skip


def _drawn(kind: str, parameters: dict[str, Any], shape: Any, dtype: Any, kwargs: dict[str, Any]) -> Symbol:
    values = list(parameters.values())
    symbols = [isinstance(value, Symbol) for value in values]
    if any(symbols) and not all(symbols):
        first, other = type(values[0]), next(type(v) for v in values if type(v) is not type(values[0]))
        raise AssertionError(f"Distribution parameters must all have the same type, but got both {first} and {other}.")
    options = {key: value for key, value in (("shape", shape), ("dtype", dtype)) if value is not None}
    if all(symbols):
        return _function(f"_sample_{kind}")(*values, **options, **kwargs)
    return _function(f"_random_{kind}")(**parameters, **options, **kwargs)


def _function(name: str) -> Callable[..., Symbol]:
    found = operators.named("_internal", name)
    assert found is not None
    return found


def uniform(low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Uniform in [low, high)."""
    return _drawn("uniform", {"low": low, "high": high}, shape, dtype, kwargs)


def normal(loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Gaussian around loc with deviation scale."""
    return _drawn("normal", {"loc": loc, "scale": scale}, shape, dtype, kwargs)


def randn(*shape: int, loc: Any = 0, scale: Any = 1, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Gaussian, the shape given as arguments."""
    return _drawn("normal", {"loc": loc, "scale": scale}, shape or None, dtype, kwargs)


def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Poisson with mean lam."""
    return _drawn("poisson", {"lam": lam}, shape, dtype, kwargs)


def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Exponential with mean scale."""
    return _drawn("exponential", {"lam": 1.0 / scale}, shape, dtype, kwargs)


def gamma(alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Gamma of shape alpha and scale beta."""
    return _drawn("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, kwargs)


def negative_binomial(k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Failures before k successes of probability p."""
    return _drawn("negative_binomial", {"k": k, "p": p}, shape, dtype, kwargs)


def generalized_negative_binomial(
    mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None, **kwargs: Any
) -> Symbol:
    """Negative binomial by mean and dispersion."""
    return _drawn("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, kwargs)


def multinomial(data: Symbol, shape: Any = None, get_prob: bool = True, dtype: Any = "int32", **kwargs: Any) -> Symbol:
    """Indices drawn by the probabilities in ``data``, with their log-likelihood if ``get_prob``."""
    options = {} if shape is None else {"shape": shape}
    return _function("_sample_multinomial")(data, get_prob=get_prob, dtype=dtype, **options, **kwargs)


def randint(low: int, high: int, shape: Any = None, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Integers in [low, high)."""
    return _drawn("randint", {"low": low, "high": high}, shape, dtype, kwargs)


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """Rows in random order."""
    return _function("_shuffle")(data, **kwargs)


def _like(kind: str) -> Callable[..., Symbol]:
    def function(data: Symbol, *args: Any, **kwargs: Any) -> Symbol:
        found = operators.named("random", f"{kind}_like")
        assert found is not None
        made: Symbol = found(data, *args, **kwargs)
        return made

    function.__name__ = function.__qualname__ = f"{kind}_like"
    function.__doc__ = f"As :func:`{kind}`, in the shape of ``data``."
    return function


exponential_like = _like("exponential")
gamma_like = _like("gamma")
generalized_negative_binomial_like = _like("generalized_negative_binomial")
negative_binomial_like = _like("negative_binomial")
normal_like = _like("normal")
poisson_like = _like("poisson")
uniform_like = _like("uniform")
