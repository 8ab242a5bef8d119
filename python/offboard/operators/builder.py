"""Expressions over ONNX: lowerings read like definitions.

A :class:`Value` is a tensor with a known shape and dtype. Its methods append nodes to its :class:`Builder`, which casts
where ONNX Runtime has no kernel, and turns into ONNX protos only at the end: shape inference runs the same lowerings
and throws the nodes away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.operators.casts import computed_in
from offboard.operators.value import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT64,
    Dtype,
    NodeRecord,
    Shape,
    Value,
    broadcast_shapes,
    element_type,
    side_by_side,
)

__all__ = [
    "BOOL",
    "FLOAT32",
    "FLOAT64",
    "INT64",
    "Builder",
    "Dtype",
    "NodeRecord",
    "Shape",
    "Value",
    "broadcast_shapes",
    "element_type",
]


class Builder:
    """Collects nodes, constants and the shape and dtype of every tensor.

    A builder with a ``parent`` makes the body of a Loop, Scan or If: names and constants are the outermost's, so that
    none repeats.
    """

    def __init__(self, parent: Builder | None = None) -> None:
        self.parent = parent
        self.root: Builder = self if parent is None else parent.root
        self.nodes: list[NodeRecord] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}
        self.specs: dict[str, tuple[Shape, Dtype]] = {}
        self.inputs: list[Value] = []
        self.outputs: list[Value] = []
        self._names = 0
        self._known: dict[tuple[str, Shape, bytes], Value] = {}

    def fresh(self, hint: str) -> str:
        """A name that nothing else has: variables may be named like this too."""
        root = self.root
        root._names += 1
        while f"{hint}.{root._names}" in root.specs:
            root._names += 1
        return f"{hint}.{root._names}"

    def value(self, name: str, shape: Shape, dtype: Dtype, known: npt.NDArray[Any] | None = None) -> Value:
        """A tensor under a given name: an input, or a constant that is bound from outside."""
        self.root.specs[name] = (shape, dtype)
        return Value(self, name, shape, dtype, known)

    def const(self, data: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> Value:
        """A small constant of the graph; equal ones are one."""
        array = np.ascontiguousarray(np.asarray(data, dtype)).reshape(np.shape(data))
        key = (array.dtype.str + array.dtype.name, array.shape, array.tobytes())
        root = self.root
        if key not in root._known:
            name = root.fresh("const")
            root.constants[name] = array
            root._known[key] = root.value(name, array.shape, array.dtype, array)
        found = root._known[key]
        return Value(self, found.name, found.shape, found.dtype, found.known)

    def ints(self, values: Iterable[int]) -> Value:
        """A one-dimensional int64 constant: shapes, axes, pads."""
        return self.const(np.array(list(values), np.int64))

    def emit(
        self, op: str, inputs: Sequence[Value | None], shape: Shape, dtype: Dtype | None = None, **attributes: Any
    ) -> Value:
        """Appends a node with one output. The dtype is the first input's unless given."""
        return self.emit_many(op, inputs, [(shape, dtype)], **attributes)[0]

    def emit_many(
        self,
        op: str,
        inputs: Sequence[Value | None],
        outputs: Sequence[tuple[Shape, Dtype | None]],
        **attributes: Any,
    ) -> list[Value]:
        """Appends a node, casting the inputs of the first's dtype and the outputs back where no kernel exists.

        ``domain`` names the operator set of the node (ONNX's own by default).
        """
        first = next((value for value in inputs if value is not None), None)
        dtype = FLOAT32 if first is None else first.dtype
        inner = dtype if first is None else computed_in(op, dtype)
        given = [None if value is None else (value.cast(inner) if value.dtype == dtype else value) for value in inputs]
        domain = str(attributes.pop("domain", ""))
        made = []
        for shape, wanted in outputs:
            kind = (inner if wanted is None or wanted == dtype else wanted) if inner != dtype else (wanted or dtype)
            made.append(self.value(self.fresh(op), tuple(int(d) for d in shape), kind))
        names = tuple("" if value is None else value.name for value in given)
        while names and not names[-1]:
            names = names[:-1]
        self.nodes.append(NodeRecord(op, names, tuple(value.name for value in made), attributes, domain))
        if inner == dtype:
            return made
        return [
            value.cast(dtype) if wanted is None or wanted == dtype else value
            for value, (_, wanted) in zip(made, outputs, strict=True)
        ]

    # Creation

    def full(self, shape: Shape, value: Any, dtype: npt.DTypeLike) -> Value:
        """A tensor filled with one value."""
        if math.prod(shape) <= 64:
            return self.const(np.full(shape, value, dtype))
        return self.const(np.asarray(value, dtype)).expand(shape)

    def steps(self, count: int, step: int = 1) -> Value:
        """0, step, 2 step ... (count,) in int64: what would be a large constant is made where the graph runs."""
        ends = [self.const(each, INT64) for each in (0, count * step, step)]
        return self.emit("Range", ends, (count,))

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        """Concatenation along ``axis``."""
        if len(values) == 1:
            return values[0]
        axis %= values[0].ndim
        shape = list(values[0].shape)
        shape[axis] = sum(value.shape[axis] for value in values)
        return self.emit("Concat", values, tuple(shape), axis=axis)

    def stack(self, values: Sequence[Value], axis: int) -> Value:
        """Concatenation along a new axis."""
        return self.concat([value.unsqueeze(axis % (value.ndim + 1)) for value in values], axis % (values[0].ndim + 1))

    def where(self, condition: Value, yes: Value, no: Value) -> Value:
        """Element-wise choice, with broadcasting; both sides have one dtype."""
        shape = broadcast_shapes(condition.shape, yes.shape, no.shape)
        dtype = yes.dtype
        inner = computed_in("Where", dtype)
        made = self.value(self.fresh("Where"), shape, inner)
        given = side_by_side(condition.cast(BOOL), yes.cast(inner), no.cast(inner))
        names = tuple(value.name for value in given)
        self.nodes.append(NodeRecord("Where", names, (made.name,), {}))
        return made.cast(dtype)

    def maximum(self, left: Value, right: Value) -> Value:
        """Element-wise maximum with broadcasting."""
        return left._binary("Max", left, right)

    def minimum(self, left: Value, right: Value) -> Value:
        """Element-wise minimum with broadcasting."""
        return left._binary("Min", left, right)
