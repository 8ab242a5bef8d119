"""Random weights with which a deep network neither dies out nor explodes, the same in every run, and digests."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

import offboard.mxnet as mx

_SAMPLES = 24


def weights(symbol: mx.sym.Symbol, inputs: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Every argument and auxiliary state by name; each depends on its name and shape alone."""
    shapes, _, states = symbol.infer_shape(**inputs)
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    return {name: _filled(name, shape, name in inputs) for name, shape in zip(names, [*shapes, *states], strict=True)}


def _filled(name: str, shape: tuple[int, ...], fed: bool) -> np.ndarray:
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    if fed:
        # Images, or numbers of tokens and lengths.
        made = generator.normal(size=shape) if len(shape) > 2 else generator.integers(1, 200, shape)
    elif name.endswith("gamma"):
        made = generator.uniform(0.4, 0.8, shape)
    elif name.endswith("var"):
        made = generator.uniform(0.5, 1.5, shape)
    elif name.endswith("weight") and len(shape) > 1:
        made = generator.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
    else:
        made = generator.normal(0, 0.1, shape)
    return made.astype("float32")


def digest(output: np.ndarray) -> dict[str, Any]:
    """Shape, mean and some elements of an output."""
    chosen = np.linspace(0, output.size - 1, min(_SAMPLES, output.size)).astype(int)
    samples = [float(f"{value:.7g}") for value in output.reshape(-1)[chosen]]
    return {"shape": list(output.shape), "mean": float(f"{output.mean():.7g}"), "samples": samples}
