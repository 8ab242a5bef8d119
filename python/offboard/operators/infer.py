"""Shape and type inference over a graph, in both directions.

Forward, a node's outputs are what its lowering gives on abstract values; where dimensions of its inputs are unknown,
those that come out the same whatever is put in their place. Backward, records say what is known of missing inputs. Both
are repeated until nothing changes.

As in MXNet 1.x a dimension of 0 in what is given, and in what records say, is unknown. Here an unknown dimension is -1,
for a slice of nothing has a known dimension of 0.
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
from offboard.operators.record import NOTHING, Operator, Params, PartialShape

__all__ = ["Shapes", "TYPE_FLAGS", "Types", "infer_shapes", "infer_types", "is_complete", "open_creations"]

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
    """Shapes by variable name and by head; None or a 0 where unknown.

    ``complete`` says whether all of these are known: a known output may have a dimension of 0.
    """

    arguments: dict[str, PartialShape]
    auxiliary: dict[str, PartialShape]
    outputs: list[PartialShape]
    complete: bool


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
        builder = Builder()
        for node in self.nodes:
            if node.op is not None:
                record = records.find(node.op)
                values = record.facts.parse(node.attrs)
                outputs = record.facts.num_outputs(values)
                params = Params(builder, values, node.name, num_outputs=outputs, subgraphs=tuple(node.subgraphs))
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
        changed = False
        for node in walk.nodes:
            if node.op is None:
                continue
            record, params = walk.records[id(node)]
            keys = [_key(entry) for entry in node.inputs]
            better, outputs = records.typed(record, params, [found.get(key) for key in keys])
            updates = [*zip(keys, better, strict=False)]
            updates += [((id(node), index), dtype) for index, dtype in enumerate(outputs)]
            own = found.get((id(node), 0)) or (outputs[0] if outputs else None)
            if record.types is None and own is not None and "dtype" not in params.values:
                # Known from what takes it.
                updates += [(key, own) for key in keys]
            for key, dtype in updates:
                if dtype is not None and found.get(key) is None:
                    found[key] = dtype
                    changed = True
        if not changed:
            break
    return found


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
            inference.found[_key(head)] = _inside(shape)
    found = inference.run()
    arguments, auxiliary, outputs = walk.by_name(found)
    complete = all(_is_known(shape) for shape in (*arguments.values(), *auxiliary.values(), *outputs))
    return Shapes(*walk.by_name({key: _outside(shape) for key, shape in found.items()}), complete)


def open_creations(
    graph: Graph, shapes: Mapping[str, PartialShape], dtypes: Mapping[str, Dtype]
) -> dict[int, PartialShape]:
    """The inferred shapes of creation operators whose parameters leave dimensions open, by node id."""
    found = []
    for node in graph.nodes():
        record = records.find(node.op) if node.op is not None else None
        if record is not None and record.partial is not None:
            params = Params(Builder(), record.facts.parse(node.attrs), node.name)
            with records.Refusals(record, params, ()):
                own = record.partial(params)
            if not is_complete(own):
                found.append(node)
    if not found:
        return {}
    extended = Graph([*graph.heads, *(Entry(node, 0) for node in found)])
    inferred = infer_shapes(extended, shapes, dtypes).outputs[len(graph.heads) :]
    return {id(node): shape for node, shape in zip(found, inferred, strict=True)}


_UNKNOWN = -1
# What unknown dimensions are tried as: sizes of many divisors, and 1, which broadcasts and is less than most bounds.
_TRIED = (12, 60, 1)
_MOST_TRIED = 6


def _inside(shape: PartialShape) -> PartialShape:
    """With -1 for unknown dimensions."""
    return None if shape is None else tuple(0 if d == NOTHING else int(d) or _UNKNOWN for d in shape)


def _outside(shape: PartialShape) -> PartialShape:
    """With 0 for unknown dimensions."""
    return None if shape is None else tuple(max(d, 0) for d in shape)


def _is_known(shape: PartialShape) -> bool:
    return shape is not None and _UNKNOWN not in shape


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
                self.found[id(node), 0] = _inside(shape)

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
            if len(old) != len(shape) or any(
                a != b and _UNKNOWN not in (a, b) for a, b in zip(old, shape, strict=True)
            ):
                raise MXNetError(f"Error in operator {node.name}: {records.inconsistent(old, shape)}")
            merged = tuple(b if a == _UNKNOWN else a for a, b in zip(old, shape, strict=True))
        if merged != old:
            self.found[key] = merged
            self.changed = True

    def _inputs(self, node: Node) -> list[PartialShape]:
        return [self.found.get(_key(entry)) for entry in node.inputs]

    def _visit(self, node: Node) -> None:
        record, params = self.walk.records[id(node)]
        inputs = self._inputs(node)
        if record.fill is not None and not all(_is_known(shape) for shape in inputs):
            given = [_outside(shape) for shape in inputs]
            with records.Refusals(record, params, given):
                better = record.fill(params, given)
            self._fill(node, better)
        if record.same_shape:
            self._unify(node)
        inputs = self._inputs(node)
        if record.partial is not None and not _is_known(self.found.get((id(node), 0))):
            with records.Refusals(record, params, ()):
                own = record.partial(params)
            self._set((id(node), 0), _inside(own), node)
            if not _is_known(self.found.get((id(node), 0))):
                return
        key = tuple(inputs)
        if record.dynamic or None in inputs or self.done.get(id(node)) == key:
            return
        self.done[id(node)] = key
        for index, shape in enumerate(self._forward(node, record, params, inputs)):
            self._set((id(node), index), shape, node)

    def _visit_backward(self, node: Node) -> None:
        record, params = self.walk.records[id(node)]
        wanted = self.found.get((id(node), 0))
        if record.back is not None and wanted is not None:
            given = [_outside(shape) for shape in self._inputs(node)]
            with records.Refusals(record, params, given):
                better = record.back(params, given, _outside(wanted))
            self._fill(node, better)
        if record.same_shape:
            self._unify(node)

    def _fill(self, node: Node, better: Sequence[PartialShape]) -> None:
        for entry, shape in zip(node.inputs, better, strict=False):
            self._set(_key(entry), _inside(shape), node)

    def _unify(self, node: Node) -> None:
        keys = [_key(entry) for entry in node.inputs]
        keys += [(id(node), index) for index in range(self.walk.records[id(node)][1].num_outputs)]
        for key in keys:
            for other in keys:
                if other != key:
                    self._set(key, self.found.get(other), node)

    def _forward(self, node: Node, record: Operator, params: Params, inputs: list[PartialShape]) -> list[PartialShape]:
        if all(_is_known(shape) for shape in inputs):
            return list(self._outputs(node, record, params, [shape or () for shape in inputs]))
        tries = []
        # Beside those, what other inputs have: a dimension often must be theirs.
        others = sorted({d for shape in inputs for d in shape or () if d > 1})
        for size in (*_TRIED, *others[:_MOST_TRIED]):
            tried = [tuple(size if d == _UNKNOWN else d for d in shape or ()) for shape in inputs]
            try:
                tries.append(self._outputs(node, record, params, tried))
            except MXNetError:
                # This size does not go with the dimensions that are known; whether the true one does is not decided.
                continue
        if len(tries) < 2:
            return []
        return [_agreed(shapes) for shapes in zip(*tries, strict=True)]

    def _outputs(
        self, node: Node, record: Operator, params: Params, inputs: list[tuple[int, ...]]
    ) -> list[tuple[int, ...]]:
        builder = Builder()
        values = [
            builder.value(f"in{index}", shape, self.dtypes.get(_key(entry)) or FLOAT32)
            for index, (entry, shape) in enumerate(zip(node.inputs, inputs, strict=True))
        ]
        given = Params(
            builder,
            params.values,
            node.name,
            num_outputs=params.num_outputs,
            wanted=_outside(self.found.get((id(node), 0))),
            subgraphs=params.subgraphs,
        )
        return [value.shape for value in records.apply(record, given, values)]


def _agreed(shapes: Sequence[tuple[int, ...]]) -> PartialShape:
    """The dimensions that all have in common; None where they differ in number."""
    if len({len(shape) for shape in shapes}) != 1:
        return None
    return tuple(sizes[0] if len(set(sizes)) == 1 else _UNKNOWN for sizes in zip(*shapes, strict=True))


def _shape_attribute(node: Node) -> PartialShape:
    try:
        shape = ast.literal_eval(node.attrs["__shape__"])
        return tuple(int(d) for d in (shape if isinstance(shape, (tuple, list)) else (shape,)))
    except (ValueError, SyntaxError, TypeError):
        raise MXNetError(f"Variable {node.name} has an invalid __shape__ {node.attrs['__shape__']!r}") from None
