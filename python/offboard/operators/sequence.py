"""Operators over sequences of different lengths; time is axis 0 unless said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import INT64, Value
from offboard.operators.casts import number_in
from offboard.operators.record import Params, PartialShape, operator, type_of_first


def _lengths_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    """One length a sample; the batch is the other of the first two axes than time."""
    data = shapes[0]
    if data is None or len(data) < 2 or len(shapes) < 2 or p.axis not in (0, 1):
        return shapes
    return [data, (data[1 - p.axis],)]


def _require(p: Params, x: Value) -> None:
    if p.axis not in (0, 1):
        raise ValueError("Current implementation expects axis to be 0 or 1.")
    if x.ndim < 2:
        raise ValueError("The data array must be of rank 2 or greater.")


def _positions(p: Params, x: Value, lengths: Value, axis: int) -> tuple[Value, Value]:
    """Time steps and lengths, shaped to broadcast over ``x``; the batch is the other of the first two axes."""
    batch = 1 - axis
    steps = p.graph.const(np.arange(x.shape[axis], dtype=np.int64))
    time = steps.reshape(tuple(d if i == axis else 1 for i, d in enumerate(x.shape)))
    limit = lengths.cast(INT64).reshape(tuple(d if i == batch else 1 for i, d in enumerate(x.shape)))
    return time, limit


@operator("SequenceMask", types=type_of_first, fill=_lengths_fill)
def sequence_mask(p: Params, x: Value, lengths: Value | None = None) -> Value:
    """Steps past each length become ``value``."""
    _require(p, x)
    if lengths is None:
        return x
    time, limit = _positions(p, x, lengths, p.axis)
    return p.graph.where(time < limit, x, p.graph.const(number_in(p.value, x.dtype)))


@operator("SequenceLast", types=type_of_first, fill=_lengths_fill)
def sequence_last(p: Params, x: Value, lengths: Value | None = None) -> Value:
    """The last step, or the last before each length."""
    _require(p, x)
    axis = p.axis
    if lengths is None:
        return x.slice(axis, x.shape[axis] - 1, x.shape[axis]).squeeze(axis)
    count = x.shape[1 - axis]
    last = (lengths.cast(INT64) - 1).clip(0, x.shape[axis] - 1).reshape((count, 1))
    sequence = p.graph.const(np.arange(count, dtype=np.int64).reshape(count, 1))
    place = p.graph.concat([last, sequence] if axis == 0 else [sequence, last], 1)
    return p.graph.emit("GatherND", [x, place], (count, *x.shape[2:]))


@operator("SequenceReverse", types=type_of_first, fill=_lengths_fill)
def sequence_reverse(p: Params, x: Value, lengths: Value | None = None) -> Value:
    """Time backwards, each sequence within its length."""
    if p.axis != 0:
        raise ValueError("Current implementation expects axis to be 0.")
    _require(p, x)
    if lengths is None:
        return x.slice(0, x.shape[0] - 1, -1, -1)
    return p.graph.emit("ReverseSequence", [x, lengths.cast(INT64)], x.shape, time_axis=0, batch_axis=1)
