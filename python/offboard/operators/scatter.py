"""Operators that write into an array: slices, coordinates, rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import BOOL, INT64, Shape, Value
from offboard.operators.casts import number_in
from offboard.operators.indexing import everywhere, flat_position
from offboard.operators.record import Params, PartialShape, inconsistent, operator, type_of_first
from offboard.operators.shaping import slice_ranges


def _written(x: Value, positions: Value, updates: Value) -> Value:
    """The array with ``updates`` at flat ``positions`` of the same shape; of equal positions the last counts."""
    flat = x.reshape((x.size,))
    count = updates.size
    made = x.graph.emit(
        "ScatterElements", [flat, positions.reshape((count,)), updates.reshape((count,))], (x.size,), axis=0
    )
    return made.reshape(x.shape)


def _sliced_shape(p: Params, shape: Shape) -> Shape:
    ranges = slice_ranges(p, shape)
    return tuple(len(range(*ranges[axis])) if axis in ranges else d for axis, d in enumerate(shape))


def _slice_positions(p: Params, x: Value) -> Value:
    """Flat positions of a slice's elements, in the slice's shape."""
    ranges = slice_ranges(p, x.shape)
    made = None
    for axis, size in enumerate(x.shape):
        steps = np.array(range(*ranges.get(axis, (0, size, 1))))
        offsets = steps.astype(np.int64) * math.prod(x.shape[axis + 1 :])
        part = x.graph.const(offsets.reshape((-1,) + (1,) * (x.ndim - axis - 1)))
        made = part if made is None else made + part
    if made is None:
        raise ValueError("a scalar has no slices")
    return made


def _assign_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    """What is assigned has the shape of the slice."""
    whole = shapes[0]
    if whole is None or 0 in whole:
        return shapes
    return [whole, _sliced_shape(p, whole)]


@operator("_slice_assign", fill=_assign_fill)
def slice_assign(p: Params, x: Value, part: Value) -> Value:
    """The first array with the second in a slice."""
    wanted = _sliced_shape(p, x.shape)
    if part.shape != wanted:
        raise inconsistent(part.shape, wanted)
    return _written(x, _slice_positions(p, x), part) if part.size else x


@operator("_slice_assign_scalar", same_shape=True)
def slice_assign_scalar(p: Params, x: Value) -> Value:
    """The array with one number, truncated to its type, in a slice."""
    shape = _sliced_shape(p, x.shape)
    if not math.prod(shape):
        return x
    return _written(x, _slice_positions(p, x), x.graph.full(shape, number_in(p.scalar, x.dtype), x.dtype))


def _at_coordinates(x: Value, indices: Value, updates: Value) -> Value:
    """``x`` with ``updates`` at coordinates, whose first axis runs over the leading dimensions of ``x``."""
    g = x.graph
    if indices.ndim < 2:
        raise ValueError("scatter_nd requires index tensor to have at least 2 dimensions")
    count = indices.shape[0]
    if count > x.ndim:
        raise ValueError("Number of indices exceeds output dimension in operator scatter_nd")
    inner = x.shape[count:]
    if updates.shape != (*indices.shape[1:], *inner):
        raise ValueError(
            f"Invalid data, indices, and output shape combination for scatter_nd: {list(updates.shape)}, "
            f"{list(indices.shape)}, {list(x.shape)}"
        )
    rows, size, n = math.prod(x.shape[:count]), math.prod(inner), math.prod(indices.shape[1:])
    row = flat_position(indices.cast(INT64).reshape((count, n)), x.shape[:count])
    near = row.clip(0, rows - 1)
    if size == 1:
        made = _written(x, near, updates)
    else:
        # Where each row comes from is written instead of the row, and all are then copied whole.
        sources = _written(g.steps(rows), near, g.steps(n) + rows)
        parts = [x.reshape((rows, size)), updates.reshape((n, size))]
        made = g.concat(parts, 0).gather(sources, 0).reshape(x.shape)
    return made.provided(everywhere(near.equals(row)), "scatter_nd: an index is out of range")


@operator("scatter_nd", types=type_of_first, partial=lambda p: tuple(p.shape))
def scatter_nd(p: Params, updates: Value, indices: Value) -> Value:
    """Zeros of ``shape`` with elements or slices at coordinates; of equal coordinates the last counts."""
    return _at_coordinates(p.graph.full(tuple(p.shape), 0, updates.dtype), indices, updates)


@operator(
    "_scatter_set_nd",
    types=type_of_first,
    partial=lambda p: tuple(p.shape),
    fill=lambda p, shapes: [tuple(p.shape), *shapes[1:]],
)
def scatter_set_nd(p: Params, x: Value, updates: Value, indices: Value) -> Value:
    """The array with elements or slices at coordinates."""
    if tuple(p.shape) != x.shape:
        raise inconsistent(x.shape, p.shape)
    return _at_coordinates(x, indices, updates)


@operator("_contrib_index_copy", types=type_of_first)
def index_copy(p: Params, x: Value, indices: Value, rows: Value) -> Value:
    """The array with rows replaced by others."""
    if indices.ndim != 1:
        raise ValueError(f"index_copy needs a vector of indices, not {indices.shape}")
    if rows.ndim != x.ndim or rows.shape != (indices.shape[0], *x.shape[1:]) or rows.shape[0] > x.shape[0]:
        raise ValueError(f"index_copy: {rows.shape} is not {indices.shape[0]} rows of {x.shape}")
    return _at_coordinates(x, indices.unsqueeze(0), rows)


@operator("_sparse_retain", types=type_of_first)
def sparse_retain(p: Params, x: Value, indices: Value) -> Value:
    """The rows listed, zero elsewhere."""
    rows = p.graph.const(np.arange(x.shape[0], dtype=np.int64).reshape(-1, 1))
    kept = rows.equals(indices.cast(INT64).reshape((1, indices.size))).cast(np.int32).max([1]).cast(BOOL)
    return p.graph.where(kept.reshape((x.shape[0], *(1,) * (x.ndim - 1))), x, p.graph.const(0, x.dtype))
