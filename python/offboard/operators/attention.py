"""Transformer attention with interleaved projections."""

from __future__ import annotations

import math

from offboard.operators.builder import Value
from offboard.operators.record import Params, operator


def _part(x: Value, heads: int, parts: int, number: int) -> Value:
    """One part of (time, batch, heads * parts * dim) as (batch * heads, time, dim)."""
    time, batch, width = x.shape
    split = x.reshape((time, batch * heads, parts, width // heads // parts))
    return split.slice(2, number, number + 1).squeeze(2).transpose((1, 0, 2))


def _attended(attention: Value, values: Value, heads: int) -> Value:
    """(batch * heads, time, others) times (batch * heads, others, dim), as (time, batch, heads * dim)."""
    if attention.ndim != 3 or attention.shape[0] != values.shape[0]:
        raise ValueError(f"attention must be of {values.shape[0]} heads, {values.shape[1]} wide, not {attention.shape}")
    rows, time, dim = (*attention.shape[:2], values.shape[2])
    return (attention @ values).transpose((1, 0, 2)).reshape((time, rows // heads, heads * dim))


@operator("_contrib_interleaved_matmul_selfatt_qk", floats=True)
def selfatt_qk(p: Params, x: Value) -> Value:
    """Scaled queries times keys."""
    queries, keys = (_part(x, p.heads, 3, number) for number in (0, 1))
    return (queries * (1.0 / math.sqrt(queries.shape[-1]))) @ keys.swapaxes(1, 2)


@operator("_contrib_interleaved_matmul_selfatt_valatt", floats=True)
def selfatt_valatt(p: Params, x: Value, attention: Value) -> Value:
    """Attention times values."""
    if attention.ndim == 3 and attention.shape[1:] != (x.shape[0],) * 2:
        raise ValueError(f"attention must be as long as queries_keys_values, {x.shape[0]}, not {attention.shape}")
    return _attended(attention, _part(x, p.heads, 3, 2), p.heads)


@operator("_contrib_interleaved_matmul_encdec_qk", floats=True)
def encdec_qk(p: Params, queries: Value, keys_values: Value) -> Value:
    """Scaled decoder queries times encoder keys."""
    if queries.shape[1] != keys_values.shape[1]:
        raise ValueError(f"queries and keys must be of one batch, got {queries.shape} and {keys_values.shape}")
    query, keys = _part(queries, p.heads, 1, 0), _part(keys_values, p.heads, 2, 0)
    return (query * (1.0 / math.sqrt(query.shape[-1]))) @ keys.swapaxes(1, 2)


@operator("_contrib_interleaved_matmul_encdec_valatt", floats=True)
def encdec_valatt(p: Params, keys_values: Value, attention: Value) -> Value:
    """Attention times encoder values."""
    return _attended(attention, _part(keys_values, p.heads, 2, 1), p.heads)
