"""Shape and type inference over a graph, in both directions.

Forward, a node's outputs are what its lowering gives on abstract values. Backward, records say what is known of missing
inputs. Both are repeated until nothing changes. As in MXNet 1.x a dimension of 0 is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from offboard.errors import MXNetError
from offboard.graph.lists import auxiliary_nodes
from offboard.graph.node import Entry, Graph, Node
from offboard.operators import record as records
from offboard.operators.builder import FLOAT32, Builder, Dtype
from offboard.operators.casts import BFLOAT16
from offboard.operators.record import Operator, Params, PartialShape

__all__ = ["Shapes", "TYPE_FLAGS", "Types", "infer_shapes", "infer_types", "is_complete"]

# MXNet's numbers of element types.
TYPE_FLAGS: dict[int, Dtype] = {
    0: FLOAT32,
    1: np.dtype(np.float64),
    2: np.dtype(np.float16),
    3: np.dtype(np.uint8),
    4: np.dtype(np.int32),
    5: np.dtype(np.int8),
    6: np.dtype(np.int64),
    7: np.dtype(np.bool_),
    12: BFLOAT16,
}


@dataclass(frozen=True)
class Shapes:
    """Shapes by variable name and by head; None or a 0 where unknown."""

    arguments: dict[str, PartialShape]
    auxiliary: dict[str, PartialShape]
    outputs: list[PartialShape]

    @property
    def complete(self) -> bool:
        """Whether every shape is known."""
        return all(is_complete(shape) for shape in (*self.arguments.values(), *self.auxiliary.values(), *self.outputs))


@dataclass(frozen=True)
class Types:
    """Dtypes by variable name and by head; None where unknown."""

    arguments: dict[str, Dtype | None]
    auxiliary: dict[str, Dtype | None]
    outputs: list[Dtype | None]

    @property
    def complete(self) -> bool:
        """Whether every dtype is known."""
        return None not in (*self.arguments.values(), *self.auxiliary.values(), *self.outputs)


def is_complete(shape: PartialShape) -> bool:
    """Whether a shape is known in all its dimensions."""
    return shape is not None and all(d > 0 for d in shape)


class _Walk:
    """What both inferences share: the nodes, their records and parameters, and an attribute of every entry."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = graph.nodes()
        self.records: dict[int, tuple[Operator, Params]] = {}
        for node in self.nodes:
            if node.op is not None:
                record = records.find(node.op)
                values = record.facts.parse(node.attrs)
                outputs = record.facts.num_outputs(values)
                params = Params(Builder(), values, node.name, num_outputs=outputs, subgraphs=tuple(node.subgraphs))
                self.records[id(node)] = (record, params)

    def by_name(self, found: Mapping[tuple[int, int], Any]) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
        auxiliary = auxiliary_nodes(self.nodes)
        arguments: dict[str, Any] = {}
        states: dict[str, Any] = {}
        for node in self.nodes:
            if node.is_variable:
                (states if id(node) in auxiliary else arguments)[node.name] = found.get((id(node), 0))
        return arguments, states, [found.get(_key(head)) for head in self.graph.heads]


def _key(entry: Entry) -> tuple[int, int]:
    return id(entry.node), entry.index


def infer_types(graph: Graph, known: Mapping[str, Dtype]) -> Types:
    """Dtypes of everything from those of some variables; raises MXNetError where they contradict each other."""
    walk = _Walk(graph)
    return Types(*walk.by_name(_types(walk, known)))


def _types(walk: _Walk, known: Mapping[str, Dtype]) -> dict[tuple[int, int], Dtype | None]:
    found: dict[tuple[int, int], Dtype | None] = {}
    for node in walk.nodes:
        if node.is_variable:
            flag = node.attrs.get("__dtype__")
            found[id(node), 0] = known.get(node.name) or (TYPE_FLAGS.get(int(flag)) if flag else None)
    for _ in range(len(walk.nodes) + 1):
        before = dict(found)
        for node in walk.nodes:
            if node.op is None:
                continue
            record, params = walk.records[id(node)]
            inputs = [found.get(_key(entry)) for entry in node.inputs]
            rule = record.types or _same_types
            better, outputs = rule(params, inputs)
            for entry, dtype in zip(node.inputs, better, strict=False):
                if dtype is not None and found.get(_key(entry)) is None:
                    found[_key(entry)] = dtype
            for index, dtype in enumerate(outputs):
                if dtype is not None and found.get((id(node), index)) is None:
                    found[id(node), index] = dtype
            if record.types is None and None not in (found.get((id(node), 0)),):
                for entry in node.inputs:
                    if found.get(_key(entry)) is None and "dtype" not in params.values:
                        found[_key(entry)] = found[id(node), 0]
        if found == before:
            break
    return found


def _same_types(params: Params, inputs: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """All inputs have one dtype, and so do the outputs, unless a parameter ``dtype`` names theirs."""
    first = next((dtype for dtype in inputs if dtype is not None), None)
    named = params.values.get("dtype")
    output = first
    if named is not None:
        output = BFLOAT16 if named == "bfloat16" else np.dtype(named)
    return [dtype or first for dtype in inputs], [output] * params.num_outputs


def infer_shapes(
    graph: Graph,
    known: Mapping[str, PartialShape],
    types: Mapping[str, Dtype] | None = None,
    heads: Sequence[PartialShape] = (),
) -> Shapes:
    """Shapes of everything from those of some variables, and of the first heads where those are known.

    Raises MXNetError where they contradict each other.
    """
    walk = _Walk(graph)
    inference = _ShapeInference(walk, _types(walk, types or {}), known)
    for head, shape in zip(graph.heads, heads, strict=False):
        if inference.found.get(_key(head)) is None:
            inference.found[_key(head)] = shape
    return Shapes(*walk.by_name(inference.run()))


class _ShapeInference:
    def __init__(
        self,
        walk: _Walk,
        dtypes: Mapping[tuple[int, int], Dtype | None],
        known: Mapping[str, PartialShape],
    ) -> None:
        self.walk = walk
        self.dtypes = dtypes
        self.found: dict[tuple[int, int], PartialShape] = {}
        self.done: dict[int, tuple[PartialShape, ...]] = {}
        self.changed = False
        for node in walk.nodes:
            if node.is_variable:
                shape = known.get(node.name)
                if shape is None and "__shape__" in node.attrs:
                    shape = _shape_attribute(node)
                self.found[id(node), 0] = None if shape is None else tuple(int(d) for d in shape)

    def run(self) -> dict[tuple[int, int], PartialShape]:
        for _ in range(len(self.walk.nodes) + 2):
            self.changed = False
            for node in self.walk.nodes:
                if node.op is not None:
                    self._visit(node)
            for node in reversed(self.walk.nodes):
                if node.op is not None:
                    self._visit_backward(node)
            if not self.changed:
                break
        return self.found

    def _set(self, key: tuple[int, int], shape: PartialShape, node: Node) -> None:
        if shape is None:
            return
        old = self.found.get(key)
        if old is None:
            merged: PartialShape = tuple(shape)
        else:
            if len(old) != len(shape) or any(a and b and a != b for a, b in zip(old, shape, strict=True)):
                provided = ",".join(str(d) for d in old)
                inferred = ",".join(str(d) for d in shape)
                raise MXNetError(
                    f"Error in operator {node.name}: Shape inconsistent, Provided = [{provided}], "
                    f"inferred shape=({inferred})"
                )
            merged = tuple(a or b for a, b in zip(old, shape, strict=True))
        if merged != old:
            self.found[key] = merged
            self.changed = True

    def _inputs(self, node: Node) -> list[PartialShape]:
        return [self.found.get(_key(entry)) for entry in node.inputs]

    def _visit(self, node: Node) -> None:
        record, params = self.walk.records[id(node)]
        inputs = self._inputs(node)
        if record.fill is not None and not all(is_complete(shape) for shape in inputs):
            self._fill(node, record.fill(params, inputs))
            inputs = self._inputs(node)
        if record.same_shape:
            self._unify(node)
            inputs = self._inputs(node)
        if record.partial is not None and not is_complete(self.found.get((id(node), 0))):
            self._set((id(node), 0), record.partial(params), node)
            if not is_complete(self.found.get((id(node), 0))):
                return
        key = tuple(inputs)
        if record.dynamic:
            return
        if all(is_complete(shape) for shape in inputs) and self.done.get(id(node)) != key:
            self.done[id(node)] = key
            for index, shape in enumerate(self._forward(node, record, params, inputs)):
                self._set((id(node), index), shape, node)

    def _visit_backward(self, node: Node) -> None:
        record, params = self.walk.records[id(node)]
        wanted = self.found.get((id(node), 0))
        if record.back is not None and wanted is not None:
            self._fill(node, record.back(params, self._inputs(node), wanted))
        if record.same_shape:
            self._unify(node)

    def _fill(self, node: Node, better: Sequence[PartialShape]) -> None:
        for entry, shape in zip(node.inputs, better, strict=False):
            self._set(_key(entry), shape, node)

    def _unify(self, node: Node) -> None:
        keys = [_key(entry) for entry in node.inputs]
        keys += [(id(node), index) for index in range(self.walk.records[id(node)][1].num_outputs)]
        for key in keys:
            for other in keys:
                if other != key:
                    self._set(key, self.found.get(other), node)

    def _forward(
        self, node: Node, record: Operator, params: Params, inputs: list[PartialShape]
    ) -> list[tuple[int, ...]]:
        builder = Builder()
        values = [
            builder.value(f"in{index}", shape or (), self.dtypes.get(_key(entry)) or FLOAT32)
            for index, (entry, shape) in enumerate(zip(node.inputs, inputs, strict=True))
        ]
        given = Params(
            builder,
            params.values,
            node.name,
            num_outputs=params.num_outputs,
            wanted=self.found.get((id(node), 0)),
            subgraphs=params.subgraphs,
        )
        return [value.shape for value in records.apply(record, given, values)]


def _shape_attribute(node: Node) -> PartialShape:
    try:
        shape = ast.literal_eval(node.attrs["__shape__"])
        return tuple(int(d) for d in (shape if isinstance(shape, (tuple, list)) else (shape,)))
    except (ValueError, SyntaxError, TypeError):
        raise MXNetError(f"Variable {node.name} has an invalid __shape__ {node.attrs['__shape__']!r}") from None
