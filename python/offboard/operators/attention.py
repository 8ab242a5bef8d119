"""Transformer attention with interleaved projections."""

from __future__ import annotations

import math

from offboard.operators.builder import Value
from offboard.operators.record import Params, operator


def _interleaved(x: Value, heads: int, parts: int) -> list[Value]:
    """(time, batch, heads * parts * dim) to one (batch * heads, time, dim) a part."""
    time, batch, width = x.shape
    dim = width // heads // parts
    split = x.reshape((time, batch * heads, parts, dim)).transpose((2, 1, 0, 3))
    return [split.slice(0, part, part + 1).squeeze(0) for part in range(parts)]


def _joined(x: Value, heads: int) -> Value:
    """(batch * heads, time, dim) to (time, batch, heads * dim)."""
    rows, time, dim = x.shape
    return x.transpose((1, 0, 2)).reshape((time, rows // heads, heads * dim))


@operator("_contrib_interleaved_matmul_selfatt_qk", floats=True)
def selfatt_qk(p: Params, x: Value) -> Value:
    """Scaled queries times keys."""
    queries, keys, _ = _interleaved(x, p.heads, 3)
    return (queries * (1.0 / math.sqrt(queries.shape[-1]))) @ keys.swapaxes(1, 2)


@operator("_contrib_interleaved_matmul_selfatt_valatt", floats=True)
def selfatt_valatt(p: Params, x: Value, attention: Value) -> Value:
    """Attention times values."""
    return _joined(attention @ _interleaved(x, p.heads, 3)[2], p.heads)


@operator("_contrib_interleaved_matmul_encdec_qk", floats=True)
def encdec_qk(p: Params, queries: Value, keys_values: Value) -> Value:
    """Scaled decoder queries times encoder keys."""
    (query,) = _interleaved(queries, p.heads, 1)
    return (query * (1.0 / math.sqrt(query.shape[-1]))) @ _interleaved(keys_values, p.heads, 2)[0].swapaxes(1, 2)


@operator("_contrib_interleaved_matmul_encdec_valatt", floats=True)
def encdec_valatt(p: Params, keys_values: Value, attention: Value) -> Value:
    """Attention times encoder values."""
    return _joined(attention @ _interleaved(keys_values, p.heads, 2)[1], p.heads)
