"""The generator of random numbers of this process: what ``mx.random.seed`` starts, and random operators draw from."""

from __future__ import annotations

import numpy as np

__all__ = ["generator", "seed"]

_GENERATOR = [np.random.default_rng()]


def generator() -> np.random.Generator:
    """The generator in use."""
    return _GENERATOR[0]


def seed(number: int) -> None:
    """Starts the stream of numbers again."""
    _GENERATOR[0] = np.random.default_rng(number)
