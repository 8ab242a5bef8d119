"""Sorting: topk, sort, argsort."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT32, INT64, Dtype, Value
from offboard.operators.conversion import named_type
from offboard.operators.record import Params, operator


def sorted_along(x: Value, axis: int, count: int, ascending: bool) -> tuple[Value, Value]:
    """The first ``count`` elements in order and where they stood; ties keep their order."""
    shape = tuple(count if i == axis else d for i, d in enumerate(x.shape))
    values, indices = x.graph.emit_many(
        "TopK",
        [x, x.graph.ints([count])],
        [(shape, None), (shape, INT64)],
        axis=axis,
        largest=int(not ascending),
        sorted=1,
    )
    return values, indices


def _axis(p: Params, x: Value) -> tuple[Value, int]:
    if p.axis is None:
        return x.reshape((x.size,)), 0
    if not -x.ndim <= p.axis < x.ndim:
        raise ValueError(f"axis {p.axis} is out of range for {x.shape}")
    return x, p.axis % x.ndim


def _expect_sortable(x: Value) -> None:
    if x.dtype == np.float16:
        raise ValueError("This operation does not support float16")


@operator("sort")
def sort(p: Params, x: Value) -> Value:
    """Elements in order along an axis, or of the flattened array."""
    _expect_sortable(x)
    flat, axis = _axis(p, x)
    return sorted_along(flat, axis, flat.shape[axis], p.is_ascend)[0]


@operator("argsort", types=lambda p, dtypes: (dtypes, [named_type(p.dtype)]))
def argsort(p: Params, x: Value) -> Value:
    """Where the elements in order stand."""
    _expect_sortable(x)
    flat, axis = _axis(p, x)
    return sorted_along(flat, axis, flat.shape[axis], p.is_ascend)[1].cast(named_type(p.dtype))


def _topk_types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    numbers, own = named_type(p.dtype), dtypes[0]
    made: dict[str, list[Dtype | None]]
    made = {"value": [own], "indices": [numbers], "mask": [own], "both": [own, numbers]}
    return dtypes, made[p.ret_typ]


@operator("topk", types=_topk_types)
def topk(p: Params, x: Value) -> Value | list[Value]:
    """The k first elements, their indices, both, or a mask over the input."""
    flat, axis = _axis(p, x)
    size = flat.shape[axis]
    count = p.k if p.k > 0 else size
    if count > size:
        raise ValueError(f"k {p.k} exceeds axis {p.axis} of {x.shape}")
    values, indices = sorted_along(flat, axis, count, p.is_ascend)
    numbers = indices.cast(named_type(p.dtype) if p.dtype else FLOAT32)
    if p.ret_typ == "mask":
        classes = p.graph.const(np.arange(size, dtype=np.int64)).reshape((size,) + (1,) * (flat.ndim - axis))
        shape = tuple(d for i, d in enumerate(flat.shape))
        hits = indices.unsqueeze(axis).equals(classes).cast(np.int32).max([axis + 1])
        return hits.reshape(shape).cast(x.dtype).reshape(x.shape)
    if p.ret_typ == "both":
        return [values, numbers]
    return values if p.ret_typ == "value" else numbers
