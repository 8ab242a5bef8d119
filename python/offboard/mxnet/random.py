"""``mx.random``: draws from NumPy's generator.

The distributions are MXNet's; its stream of numbers cannot be had, so a seed gives other numbers than there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from offboard.mxnet.context import Context, current_context, require_array_home
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype

__all__ = ["exponential", "gamma", "multinomial", "normal", "poisson", "randint", "randn", "seed", "shuffle", "uniform"]

_GENERATOR = [np.random.default_rng()]


def seed(seed_state: int, ctx: Any = "all") -> None:
    """Starts the stream again."""
    _GENERATOR[0] = np.random.default_rng(seed_state)


def _made(values: Any, dtype: Any, ctx: Context | None, out: NDArray | None) -> NDArray:
    require_array_home(current_context() if ctx is None else ctx)
    array = NDArray(np.asarray(values, resolve_dtype(None if dtype == "None" else dtype)))
    if out is not None:
        out[:] = array
        return out
    return array


def _shape(shape: Any, *parameters: Any) -> Any:
    if shape is None:
        return np.broadcast(*parameters).shape or (1,)
    extra = (shape,) if isinstance(shape, int) else tuple(shape)
    return np.broadcast(*(np.asarray(each) for each in parameters)).shape + extra


def uniform(
    low: Any = 0, high: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None, out: Any = None
) -> NDArray:
    """Uniform in [low, high)."""
    return _made(_GENERATOR[0].uniform(low, high, _shape(shape, low, high)), dtype, ctx, out)


def normal(
    loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: Any = None, ctx: Context | None = None, out: Any = None
) -> NDArray:
    """Gaussian around loc with deviation scale."""
    return _made(_GENERATOR[0].normal(loc, scale, _shape(shape, loc, scale)), dtype, ctx, out)


def randn(
    *shape: int, loc: float = 0, scale: float = 1, dtype: Any = None, ctx: Any = None, out: Any = None
) -> NDArray:
    """Gaussian, the shape given as arguments."""
    return normal(loc, scale, shape, dtype, ctx, out)


def poisson(lam: float = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None) -> NDArray:
    """Poisson with rate lam."""
    return _made(_GENERATOR[0].poisson(lam, _shape(shape, lam)), dtype, ctx, out)


def exponential(scale: float = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None) -> NDArray:
    """Exponential with the given mean."""
    return _made(_GENERATOR[0].exponential(scale, _shape(shape, scale)), dtype, ctx, out)


def gamma(
    alpha: float = 1, beta: float = 1, shape: Any = None, dtype: Any = None, ctx: Any = None, out: Any = None
) -> NDArray:
    """Gamma with shape alpha and scale beta."""
    return _made(_GENERATOR[0].gamma(alpha, beta, _shape(shape, alpha, beta)), dtype, ctx, out)


def randint(low: int, high: int, shape: Any = None, dtype: Any = "int32", ctx: Any = None, out: Any = None) -> NDArray:
    """Integers in [low, high)."""
    return _made(_GENERATOR[0].integers(low, high, _shape(shape, low, high)), dtype, ctx, out)


def multinomial(data: NDArray, shape: Any = 1, get_prob: bool = False, dtype: Any = "int32") -> NDArray:
    """Indices drawn by the probabilities in the last axis."""
    rows = data.asnumpy().reshape(-1, data.shape[-1]).astype(np.float64)
    count = int(np.prod(shape))
    drawn = np.stack([_GENERATOR[0].choice(row.size, count, p=row / row.sum()) for row in rows])
    tail = () if shape == 1 else ((shape,) if isinstance(shape, int) else tuple(shape))
    return NDArray(drawn.reshape((*data.shape[:-1], *tail) or (1,)).astype(dtype))


def shuffle(data: NDArray) -> NDArray:
    """Rows in another order."""
    return NDArray(_GENERATOR[0].permutation(data._data))
