"""Signals: Fourier transforms, patches of images as columns, correlation and sketches."""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, INT64, Value
from offboard.operators.record import Params, operator


def _transformed(pairs: Value) -> Value:
    """The discrete Fourier transform along the last axis but one of (..., n, 1 or 2)."""
    g = pairs.graph
    n = pairs.shape[-2]
    rows = pairs.reshape((math.prod(pairs.shape[:-2]), *pairs.shape[-2:]))
    made = g.emit("DFT", [rows, None, g.const(1, INT64)], (rows.shape[0], n, 2))
    return made.reshape((*pairs.shape[:-1], 2))


def _signals(x: Value) -> Value:
    if x.ndim not in (2, 4):
        raise ValueError(f"a Fourier transform takes 2 or 4 dimensions, not {x.shape}")
    if not x.is_float:
        raise ValueError(f"a Fourier transform takes floats, not {x.dtype}")
    return x if x.dtype == FLOAT64 else x.cast(FLOAT32)


@operator("_contrib_fft")
def fft(p: Params, x: Value) -> Value:
    """The Fourier transform of real rows (..., n), as (..., 2 n): real and imaginary parts in turn."""
    made = _transformed(_signals(x).unsqueeze(x.ndim))
    return made.reshape((*x.shape[:-1], 2 * x.shape[-1])).cast(x.dtype)


@operator("_contrib_ifft")
def ifft(p: Params, x: Value) -> Value:
    """The real part of the inverse transform of rows (..., 2 n), not divided by n."""
    if x.shape[-1] % 2:
        raise ValueError(f"the last dimension has real and imaginary parts in turn, not {x.shape[-1]} numbers")
    n = x.shape[-1] // 2
    pairs = _signals(x).reshape((*x.shape[:-1], n, 2))
    # The conjugate's transform is the inverse's conjugate; ONNX Runtime's own inverse rounds 1 / n to float32.
    made = _transformed(pairs * p.graph.const(np.array([1, -1]), pairs.dtype))
    return made.slice(-1, 0, 1).squeeze(-1).cast(x.dtype)


@operator("_contrib_count_sketch")
def count_sketch(p: Params, x: Value, hashes: Value, signs: Value) -> Value:
    """Each column of (..., n) added, with its sign, to the column of (..., out_dim) that its hash names."""
    n = x.shape[-1]
    if hashes.size != n or signs.size != n:
        raise ValueError(f"count_sketch needs a hash and a sign for each of {n} columns")
    targets = p.graph.const(np.arange(p.out_dim, dtype=np.int64))
    chosen = hashes.cast(INT64).reshape((n, 1)).equals(targets)
    spread = p.graph.where(chosen, signs.cast(x.dtype).reshape((n, 1)), p.graph.const(0, x.dtype))
    return x @ spread
