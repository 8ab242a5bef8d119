"""Matrix products."""

from __future__ import annotations

import math
from collections.abc import Sequence

from offboard.operators.builder import Value
from offboard.operators.record import Params, PartialShape, inconsistent, operator


def _fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None:
        return shapes
    inner = (data[1:] if p.flatten else data[-1:]) if len(data) else ()
    if not data or 0 in inner:
        return [data, shapes[1], *[(p.num_hidden,)] * (len(shapes) - 2)]
    return [data, (p.num_hidden, math.prod(inner)), *[(p.num_hidden,)] * (len(shapes) - 2)]


def _back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    """The batch of the output is the input's."""
    data = shapes[0]
    if data is None or wanted is None or data[0] or not p.flatten:
        return shapes
    return [(wanted[0], *data[1:]), *shapes[1:]]


@operator("FullyConnected", fill=_fill, back=_back, floats=True)
def fully_connected(p: Params, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """x . weight^T + bias, over the flattened input or its last axis."""
    flat = x.reshape((x.shape[0], math.prod(x.shape[1:]))) if p.flatten else x
    expected = (p.num_hidden, flat.shape[-1])
    if weight.shape != expected:
        raise inconsistent(weight.shape, expected)
    # Gemm reads the weight as it lies; a Transpose of it would be a second copy.
    rows = flat.reshape((math.prod(flat.shape[:-1]), flat.shape[-1]))
    made = p.graph.emit("Gemm", [rows, weight, bias], (rows.shape[0], p.num_hidden), transB=1)
    return made.reshape((*flat.shape[:-1], p.num_hidden))


@operator("dot", floats=True)
def dot(p: Params, a: Value, b: Value) -> Value:
    """The last axis of the first with the first axis of the second; transposing swaps which."""
    if a.ndim == b.ndim == 1 and (p.transpose_a or p.transpose_b):
        raise ValueError("Cannot transpose vectors")
    left = (
        a.reshape((a.shape[0], math.prod(a.shape[1:]))).transpose((1, 0))
        if p.transpose_a and a.ndim > 1
        else a.reshape((math.prod(a.shape[:-1]), a.shape[-1]))
    )
    right = (
        b.reshape((math.prod(b.shape[:-1]), b.shape[-1])).transpose((1, 0))
        if p.transpose_b and b.ndim > 1
        else b.reshape((b.shape[0], math.prod(b.shape[1:])))
    )
    if left.shape[1] != right.shape[0]:
        raise ValueError(f"dot shape error: {a.shape} X {b.shape}")
    outer_a = (a.shape[1:] if p.transpose_a else a.shape[:-1]) if a.ndim > 1 else ()
    outer_b = (b.shape[:-1] if p.transpose_b else b.shape[1:]) if b.ndim > 1 else ()
    return (left @ right).reshape((*outer_a, *outer_b) or (1,))


@operator("batch_dot", floats=True)
def batch_dot(p: Params, a: Value, b: Value) -> Value:
    """A matrix product for each element of the batch."""
    left = a.swapaxes(-1, -2) if p.transpose_a else a
    right = b.swapaxes(-1, -2) if p.transpose_b else b
    if left.ndim < 3 or left.shape[:-2] != right.shape[:-2] or left.shape[-1] != right.shape[-2]:
        raise ValueError(f"batch_dot shape error: {a.shape} X {b.shape}")
    return left @ right


@operator("khatri_rao", floats=True)
def khatri_rao(p: Params, *matrices: Value) -> Value:
    """Column-wise Kronecker product."""
    if any(matrix.ndim != 2 or matrix.shape[1] != matrices[0].shape[1] for matrix in matrices):
        raise ValueError(f"khatri_rao takes matrices of equally many columns, not {[m.shape for m in matrices]}")
    made = matrices[0]
    for matrix in matrices[1:]:
        rows, columns = made.shape[0] * matrix.shape[0], matrix.shape[1]
        made = (made.unsqueeze(1) * matrix.unsqueeze(0)).reshape((rows, columns))
    return made
