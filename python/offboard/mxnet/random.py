"""``mx.random``: draws by numbers, or by arrays that give each element's parameters.

After a seed the numbers are those of MXNet's CPU, but for log-uniform samples and dropout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offboard.mxnet.base import integer_types
from offboard.mxnet.context import Context
from offboard.mxnet.ndarray import operators
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.operators import draws

__all__ = [
    "exponential", "exponential_like", "gamma", "gamma_like", "generalized_negative_binomial",
    "generalized_negative_binomial_like", "multinomial", "negative_binomial", "negative_binomial_like", "normal",
    "normal_like", "poisson", "poisson_like", "randint", "randn", "seed", "shuffle", "uniform", "uniform_like",
]  # fmt: skip


def seed(seed_state: int, ctx: Any = "all") -> None:
    """Starts the streams again, those of a GPU aside; raises ValueError unless the seed is an integer."""
    if not isinstance(seed_state, integer_types):
        raise ValueError("seed_state must be int")
    if ctx == "all" or Context(ctx).device_type != "gpu":
        draws.seed(int(seed_state))


def _function(part: str, name: str) -> Callable[..., Any]:
    found = operators.named(part, name)
    assert found is not None
    return found


def _drawn(
    kind: str, parameters: dict[str, Any], shape: Any, dtype: Any, ctx: Any, out: NDArray | None, kwargs: dict[str, Any]
) -> NDArray:
    values = list(parameters.values())
    options = {key: value for key, value in (("shape", shape), ("dtype", dtype)) if value is not None}
    arrays = isinstance(values[0], NDArray)
    for value in values[1:]:
        if isinstance(value, NDArray) != arrays:
            kinds = f"{type(values[0])} and {type(value)}"
            raise AssertionError(f"Distribution parameters must all have the same type, but got both {kinds}.")
    drawn: NDArray
    if arrays:
        drawn = _function("_internal", f"_sample_{kind}")(*values, out=out, **options, **kwargs)
        return drawn
    if shape is None:
        options["shape"] = (1,) if out is None else out.shape
    if out is not None:
        options.setdefault("dtype", out.dtype)
    drawn = _function("_internal", f"_random_{kind}")(**parameters, ctx=ctx, out=out, **options, **kwargs)
    return drawn


def uniform(
    low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None, **kwargs: Any
) -> NDArray:
    """Uniform in [low, high)."""
    return _drawn("uniform", {"low": low, "high": high}, shape, dtype, ctx, out, kwargs)


def normal(
    loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None, **kwargs: Any
) -> NDArray:
    """Gaussian around loc with deviation scale."""
    return _drawn("normal", {"loc": loc, "scale": scale}, shape, dtype, ctx, out, kwargs)


def randn(*shape: int, loc: Any = 0, scale: Any = 1, dtype: Any = None, ctx: Any = None, out: Any = None) -> NDArray:
    """Gaussian, the shape given as arguments."""
    return _drawn("normal", {"loc": loc, "scale": scale}, shape or None, dtype, ctx, out, {})


def poisson(lam: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None) -> NDArray:
    """Poisson with mean lam."""
    return _drawn("poisson", {"lam": lam}, shape, dtype, ctx, out, {})


def exponential(scale: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None) -> NDArray:
    """Exponential with mean scale."""
    return _drawn("exponential", {"lam": 1.0 / scale}, shape, dtype, ctx, out, {})


def gamma(
    alpha: Any = 1, beta: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> NDArray:
    """Gamma of shape alpha and scale beta."""
    return _drawn("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, ctx, out, {})


def negative_binomial(
    k: Any = 1, p: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> NDArray:
    """Failures before k successes of probability p."""
    return _drawn("negative_binomial", {"k": k, "p": p}, shape, dtype, ctx, out, {})


def generalized_negative_binomial(
    mu: Any = 1, alpha: Any = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> NDArray:
    """Negative binomial by mean and dispersion."""
    return _drawn("generalized_negative_binomial", {"mu": mu, "alpha": alpha}, shape, dtype, ctx, out, {})


def randint(low: int, high: int, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None) -> NDArray:
    """Integers in [low, high)."""
    return _drawn("randint", {"low": low, "high": high}, shape, dtype, ctx, out, {})


def multinomial(data: NDArray, shape: Any = None, get_prob: bool = False, out: Any = None, dtype: Any = "int32") -> Any:
    """Indices drawn by the probabilities in the last axis, with their log-likelihood if ``get_prob``."""
    options = {} if shape is None else {"shape": shape}
    return _function("_internal", "_sample_multinomial")(data, get_prob=get_prob, dtype=dtype, out=out, **options)


def shuffle(data: NDArray, **kwargs: Any) -> NDArray:
    """What lies along the first axis, in random order."""
    made: NDArray = _function("_internal", "_shuffle")(data, **kwargs)
    return made


def _like(kind: str) -> Callable[..., NDArray]:
    function = _function("random", f"{kind}_like")
    function.__doc__ = f"As :func:`{kind}`, in the shape and dtype of ``data``."
    return function


exponential_like = _like("exponential")
gamma_like = _like("gamma")
generalized_negative_binomial_like = _like("generalized_negative_binomial")
negative_binomial_like = _like("negative_binomial")
normal_like = _like("normal")
poisson_like = _like("poisson")
uniform_like = _like("uniform")
