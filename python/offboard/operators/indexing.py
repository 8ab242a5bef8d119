"""Operators that pick elements by index."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import BOOL, INT64, Dtype, Shape, Value
from offboard.operators.casts import number_in
from offboard.operators.conversion import named_type
from offboard.operators.record import Params, PartialShape, inconsistent, operator
from offboard.operators.shaping import in_rank


def everywhere(condition: Value) -> Value:
    """Whether a condition holds for all elements, 0-dimensional."""
    return condition.cast(np.int32).min(range(condition.ndim)).cast(BOOL)


def in_range(indices: Value, size: int, mode: str) -> Value:
    """Indices as int64 inside 0..size: clipped, or wrapped; ``raise`` makes others ``size``, refused when run."""
    if mode == "clip" and indices.dtype == np.int32:
        # Limits of int64 take five times as long.
        return indices.clip(0, size - 1).cast(INT64)
    whole = indices.cast(INT64)
    if mode == "raise":
        near = whole.clip(-1, size)
        return indices.graph.emit("Mod", [near, whole.graph.const(size + 1, INT64)], whole.shape)
    if mode == "wrap":
        return indices.graph.emit("Mod", [whole, whole.graph.const(size, INT64)], whole.shape)
    return whole.clip(0, size - 1)


@operator(
    "_contrib_boolean_mask", dynamic=True, types=lambda p, dtypes: ([dtypes[0], dtypes[1] or dtypes[0]], [dtypes[0]])
)
def boolean_mask(p: Params, data: Value, mask: Value) -> Value:
    """The parts of ``data`` along ``axis`` where ``mask`` (a vector) is not 0; none of them is an empty array."""
    axis = p.axis % len(data.shape) if data.shape and -len(data.shape) <= p.axis < len(data.shape) else None
    if axis is None or mask.shape != (data.shape[axis],):
        raise ValueError(f"the mask is a vector as long as axis {p.axis} of the data")
    shape = (*data.shape[:axis], -1, *data.shape[axis + 1 :])
    return data.graph.emit("Compress", [data, mask.cast(BOOL)], shape, axis=axis)


def _embedding_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    return [shapes[0], (p.input_dim, p.output_dim)]


def _embedding_types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    weight = dtypes[1] or named_type(p.dtype)
    return [dtypes[0], weight], [weight]


@operator("Embedding", "_contrib_SparseEmbedding", fill=_embedding_fill, types=_embedding_types)
def embedding(p: Params, indices: Value, weight: Value) -> Value:
    """Rows of a table; indices out of range are clipped."""
    if weight.shape != (p.input_dim, p.output_dim):
        raise inconsistent(weight.shape, (p.input_dim, p.output_dim))
    return weight.gather(in_range(indices, p.input_dim, "clip"), 0)


@operator("take", types=lambda p, dtypes: (dtypes, [dtypes[0]]))
def take(p: Params, x: Value, indices: Value) -> Value:
    """Slices of ``axis`` by index, clipped, wrapped, or refused when they run."""
    return x.gather(in_range(indices, x.shape[p.axis], p.mode), p.axis)


def _taken_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or len(data) < 2 or 0 in data:
        return shapes
    return [data, shapes[1] or (math.prod(data[:-1]),)]


@operator("batch_take", fill=_taken_fill, types=lambda p, dtypes: ([dtypes[0], np.dtype(np.int32)], [dtypes[0]]))
def batch_take(p: Params, x: Value, indices: Value) -> Value:
    """One element of each row along the last axis; indices out of range are clipped."""
    if x.ndim < 2:
        raise ValueError("Data array must have at least 2 dimensional")
    rows = x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))
    if indices.size != rows.shape[0]:
        raise ValueError(f"batch_take needs an index for each of {rows.shape[0]} rows, not {indices.shape}")
    return _one_of_each(rows, in_range(indices, rows.shape[1], "clip").reshape((rows.shape[0],))).reshape(indices.shape)


def _one_of_each(rows: Value, chosen: Value) -> Value:
    """An element of each row (n, k), at ``chosen`` (n,): the array is flat, which ONNX Runtime gathers faster from."""
    n, k = rows.shape
    return rows.reshape((n * k,)).gather(chosen + rows.graph.steps(n, k), 0)


def _pick_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    """Indices have the data's shape without the axis."""
    data = shapes[0]
    if data is None or shapes[1] is not None or p.axis is None or not -len(data) <= p.axis < len(data):
        return shapes
    axis = p.axis % len(data)
    return [data, data[:axis] + data[axis + 1 :]]


@operator("pick", fill=_pick_fill, types=lambda p, dtypes: (dtypes, [dtypes[0]]))
def pick(p: Params, x: Value, indices: Value) -> Value:
    """One element along ``axis`` for each position of the others."""
    if p.axis is None:
        raise ValueError("axis=None is not supported by pick")
    axis = in_rank(p.axis, x)
    kept = tuple(1 if i == axis else d for i, d in enumerate(x.shape))
    if x.ndim > 1 and indices.shape not in (kept, x.shape[:axis] + x.shape[axis + 1 :]):
        raise inconsistent(indices.shape, kept)
    chosen = in_range(indices, x.shape[axis], p.mode).reshape(kept)
    if axis == x.ndim - 1 and x.size:
        rows = math.prod(kept)
        made = _one_of_each(x.reshape((rows, x.shape[axis])), chosen.reshape((rows,))).reshape(kept)
    else:
        made = x.graph.emit("GatherElements", [x, chosen], kept, axis=axis)
    return made if p.keepdims else made.reshape(tuple(d for i, d in enumerate(x.shape) if i != axis) or (1,))


@operator("gather_nd", types=lambda p, dtypes: (dtypes, [dtypes[0]]))
def gather_nd(p: Params, x: Value, indices: Value) -> Value:
    """Elements at coordinates, whose first axis runs over dimensions; negative ones count from the end."""
    count = indices.shape[0]
    if count > x.ndim:
        raise ValueError(f"Number of indices exceeds data dimension in operator gather_nd: {count} for {x.shape}")
    g = x.graph
    limits = g.const(np.array(x.shape[:count], np.int64).reshape((count,) + (1,) * (indices.ndim - 1)))
    whole = indices.cast(INT64)
    # Without choosing, which takes longer than these.
    whole = whole + (whole < 0).cast(INT64) * limits
    inside = (whole >= 0) & (whole < limits)
    rows = math.prod(x.shape[:count])
    near = flat_position(whole, x.shape[:count]).clip(0, rows - 1)
    made = x.reshape((rows, *x.shape[count:])).gather(near, 0)
    return made.provided(everywhere(inside), "gather_nd: an index is out of bounds")


def flat_position(coordinates: Value, shape: Shape) -> Value:
    """Where elements lie in an array of ``shape`` of which everything is in one dimension: coordinates (n, ...)."""
    g = coordinates.graph
    inner = coordinates.shape[1:]
    made = g.full(inner, 0, INT64)
    for axis, part in enumerate(coordinates.split(0, len(shape)) if shape else []):
        scaled = part.reshape(inner) * math.prod(shape[axis + 1 :])
        made = made + scaled if axis else scaled
    return made


# Rows of one_hot that are this short are copied from a table, since ONNX Runtime compares them element by element.
_LOOKED_UP = 64


@operator("one_hot", types=lambda p, dtypes: (dtypes, [named_type(p.dtype)]))
def one_hot(p: Params, indices: Value) -> Value:
    """``on_value`` at each index of a new last axis; indices out of range give a row of ``off_value``."""
    if p.depth < 0:
        raise ValueError("Dimension size, depth, must be a non-negative integer")
    dtype = named_type(p.dtype)
    on, off = (number_in(value, dtype) for value in (p.on_value, p.off_value))
    # Wide numbers are narrowed to int32 first, as in MXNet.
    narrow = indices.cast(np.int32)
    if 0 < p.depth <= _LOOKED_UP:
        # -1 and the depth are both the last row.
        rows = np.full((p.depth + 1, p.depth), off)
        np.fill_diagonal(rows, on)
        return p.graph.const(rows).gather(narrow.clip(-1, p.depth), 0)
    hit = narrow.unsqueeze(indices.ndim).equals(p.graph.const(np.arange(p.depth, dtype=np.int32)))
    if (p.on_value, p.off_value) == (1, 0):
        return hit.cast(dtype)
    return p.graph.where(hit, p.graph.const(on), p.graph.const(off))


def _where_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    return [shapes[0], shapes[1] or shapes[2], shapes[2] or shapes[1]]


@operator(
    "where",
    fill=_where_fill,
    types=lambda p, dtypes: ([dtypes[0], *[dtypes[1] or dtypes[2]] * 2], [dtypes[1] or dtypes[2]]),
)
def where(p: Params, condition: Value, yes: Value, no: Value) -> Value:
    """Element-wise choice; a vector as condition chooses rows, and of anything else the number of elements counts."""
    rows = condition.ndim == 1
    if yes.shape != no.shape or (condition.shape != yes.shape[:1] if rows else condition.size != yes.size):
        raise ValueError(f"where needs equal shapes: {condition.shape}, {yes.shape}, {no.shape}")
    condition = condition.reshape((yes.shape[0], *(1,) * (yes.ndim - 1)) if rows else yes.shape)
    return p.graph.where(condition.equals(0), no, yes)


@operator("_contrib_index_array", types=lambda p, dtypes: (dtypes, [INT64]))
def index_array(p: Params, x: Value) -> Value:
    """The coordinates of each element along a new last axis, all or those of ``axes``."""
    axes = range(x.ndim) if p.axes is None else p.axes
    if any(not -x.ndim <= axis < x.ndim for axis in axes):
        raise ValueError(f"axes {p.axes} are out of range for {x.shape}")
    g = p.graph
    parts = []
    for axis in axes:
        positions = np.arange(x.shape[axis], dtype=np.int64)
        shape = [1] * x.ndim
        shape[axis] = x.shape[axis]
        parts.append(g.const(positions.reshape(shape)).expand(x.shape))
    return g.stack(parts, x.ndim) if parts else g.const(np.zeros((*x.shape, 0), np.int64))


def _index_shape(p: Params) -> tuple[int, ...]:
    if not p.shape:
        raise ValueError("Empty shape parameter for ravel operator.")
    return tuple(p.shape)


@operator("_ravel_multi_index", numbers=True)
def ravel_multi_index(p: Params, x: Value) -> Value:
    """Flat indices of coordinates (dimensions, n), in the input's type."""
    shape = _index_shape(p)
    if x.ndim != 2:
        raise ValueError(f"Input to ravel operator must be two-dimensional, not {x.shape}")
    if x.shape[0] != len(shape):
        raise ValueError("First dimension of input of ravel operator does not match shape parameter dimension.")
    strides = np.array([math.prod(shape[axis + 1 :]) for axis in range(len(shape))], np.int64)
    return (x.cast(INT64) * p.graph.const(strides.reshape(-1, 1))).sum([0]).cast(x.dtype)


_WITHIN_INT32 = (np.dtype(np.uint8), np.dtype(np.int8), np.dtype(np.int32))


@operator("_unravel_index", numbers=True)
def unravel_index(p: Params, x: Value) -> Value:
    """Coordinates (dimensions, ...) of flat indices; the first is whatever is left."""
    # Divisions of int64 take five times as long as those of int32.
    narrow = x.dtype in _WITHIN_INT32 and math.prod(p.shape) < 2**31
    rest = x.cast(np.int32 if narrow else INT64)
    parts = []
    for size in reversed(_index_shape(p)[1:]):
        above = rest / size
        parts.append(rest - above * size)
        rest = above
    return p.graph.stack([rest, *reversed(parts)], 0).cast(x.dtype)
