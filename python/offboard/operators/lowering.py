"""From a symbol graph with shapes and dtypes to an ONNX model.

Constants (weights) are declared as initializers whose bytes lie elsewhere; the engine is handed them by name. They are
never graph inputs, and never pass through protobuf.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from offboard import rules
from offboard.errors import MXNetError, UnsupportedOperatorError
from offboard.graph.lists import output_names
from offboard.graph.node import Graph
from offboard.operators import record as records
from offboard.operators.builder import FLOAT32, Builder, Dtype, NodeRecord, Shape, Value, element_type
from offboard.operators.casts import BFLOAT16
from offboard.operators.infer import open_creations
from offboard.operators.liveness import Step, peak_bytes
from offboard.operators.record import Params

__all__ = ["IR_VERSION", "Lowered", "OPSET", "Placement", "TensorSpec", "emit_graph", "lower", "placement", "widened"]

OPSET = 21
IR_VERSION = 10
# Where the declarations of constants point; the engine never reads it.
CONSTANTS = "constants"


@dataclass(frozen=True)
class TensorSpec:
    """A tensor at the edge of a graph; a dimension of -1 depends on the data."""

    name: str
    shape: Shape
    dtype: Dtype

    @property
    def nbytes(self) -> int:
        """Size in bytes, where all dimensions are known."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def widened(dtype: Dtype) -> Dtype:
    """In which dtype a tensor passes the edge of a model: NumPy and ONNX Runtime cannot hand each other bfloat16."""
    return FLOAT32 if dtype == BFLOAT16 else dtype


@dataclass(frozen=True)
class Lowered:
    """An ONNX model, its edges, and the peak of its live intermediates in bytes, inputs and outputs included."""

    model: onnx.ModelProto
    inputs: list[TensorSpec]
    constants: list[TensorSpec]
    outputs: list[TensorSpec]
    peak_bytes: int


@dataclass(frozen=True)
class Placement:
    """Where a graph is cut, by index in :meth:`Graph.nodes`, each with the reason."""

    # Nodes that the instance runs.
    instance: dict[int, str]
    # Nodes that the accelerator runs and whose consumers need the outputs' sizes.
    cut_after: dict[int, str]


def placement(graph: Graph) -> Placement:
    """What an accelerator cannot run of a graph, and where it must be cut; an unknown operator raises MXNetError."""
    nodes = graph.nodes()
    consumed = {id(entry.node) for node in nodes for entry in node.inputs}
    instance, cuts = {}, {}
    for index, node in enumerate(nodes):
        if node.op is None:
            continue
        record = records.find(node.op)
        reason = record.kernel.reason if record.kernel is not None else _reason_of_bodies(node.subgraphs)
        if reason:
            instance[index] = reason
        elif record.dynamic and id(node) in consumed:
            cuts[index] = "the size of its output depends on the data"
    return Placement(instance, cuts)


def _reason_of_bodies(bodies: Collection[Graph]) -> str:
    """Why the instance has to run a loop or a branch step by step: the first of its nodes that only it can run."""
    for body in bodies:
        for index, reason in placement(body).instance.items():
            return f"of {body.nodes()[index].op} in it: {reason}"
    return ""


def lower(
    graph: Graph,
    shapes: Mapping[str, Shape],
    dtypes: Mapping[str, Dtype],
    constants: Collection[str],
    *,
    is_train: bool = False,
    name: str = "graph",
) -> Lowered:
    """Lowers ``graph`` for variables of the given shapes and dtypes, those in ``constants`` as initializers.

    Raises MXNetError for shapes that do not fit and UnsupportedOperatorError for an operator without a lowering.
    """
    for index, why in placement(graph).instance.items():
        text = rules.text("operator_not_supported", operator=graph.nodes()[index].op, reason=why)
        raise UnsupportedOperatorError(text)
    builder = Builder()
    variables: dict[str, Value] = {}
    fed: dict[str, Value] = {}
    for node in graph.variables():
        if node.name not in variables:
            if node.name not in shapes:
                raise MXNetError(f"The shape of argument {node.name} is not known")
            dtype = dtypes[node.name]
            edge = dtype if node.name in constants else widened(dtype)
            variables[node.name] = builder.value(node.name, tuple(shapes[node.name]), edge)
            fed[node.name] = variables[node.name].cast(dtype)
    heads = emit_graph(builder, graph, fed, is_train=is_train)
    names = output_names(graph)
    taken = set(builder.specs)
    outputs, told = [], []
    for head, label in zip(heads, names, strict=True):
        while label in taken:
            label += "_"  # noqa: PLW2901
        taken.add(label)
        source = head.cast(widened(head.dtype))
        outputs.append(builder.value(label, source.shape, source.dtype))
        told.append(TensorSpec(label, source.shape, head.dtype))
        builder.nodes.append(NodeRecord("Identity", (source.name,), (label,), {}))
    builder.nodes = _needed(builder.nodes, outputs)
    # A label that inference ignores is no input of the model, nor a gamma that is fixed a constant.
    used = {name for node in builder.nodes for name in _names_used(node)}
    inputs_made = [value for key, value in variables.items() if key not in constants and value.name in used]
    constants_made = [value for key, value in variables.items() if key in constants and value.name in used]
    return Lowered(
        _model(builder, inputs_made, constants_made, outputs, name),
        [TensorSpec(value.name, value.shape, dtypes[value.name]) for value in inputs_made],
        [TensorSpec(value.name, value.shape, dtypes[value.name]) for value in constants_made],
        told,
        _peak(builder, inputs_made, outputs),
    )


def emit_graph(builder: Builder, graph: Graph, variables: Mapping[str, Value], *, is_train: bool) -> list[Value]:
    """Appends the nodes of ``graph`` to ``builder``, whose values ``variables`` are by name; returns the heads."""
    shapes = {name: value.shape for name, value in variables.items()}
    wanted = open_creations(graph, shapes, {name: value.dtype for name, value in variables.items()})
    entries: dict[tuple[int, int], Value] = {}
    for node in graph.nodes():
        if node.op is None:
            entries[id(node), 0] = variables[node.name]
            continue
        record = records.find(node.op)
        values = record.facts.parse(node.attrs)
        params = Params(
            builder,
            values,
            node.name,
            is_train,
            record.facts.num_outputs(values),
            wanted=wanted.get(id(node)),
            subgraphs=tuple(node.subgraphs),
        )
        inputs = [entries[id(entry.node), entry.index] for entry in node.inputs]
        records.typed(record, params, [value.dtype for value in inputs])
        for index, made in enumerate(records.apply(record, params, inputs)):
            if builder.parent is not None and -1 in made.shape:
                reason = "the size of its output depends on the data, which a loop or a branch cannot take"
                raise UnsupportedOperatorError(rules.text("operator_not_supported", operator=node.op, reason=reason))
            entries[id(node), index] = made
    return [entries[id(head.node), head.index] for head in graph.heads]


def _model(
    builder: Builder, inputs: list[Value], constants: list[Value], outputs: list[Value], name: str
) -> onnx.ModelProto:
    model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="offboard")
    domains = {"": OPSET}
    graph = model.graph
    graph.name = name
    used = _fill_graph(graph, builder, domains)
    for value in inputs:
        _declare(graph.input.add(), value)
    for value in outputs:
        _declare(graph.output.add(), value)
    for value in constants:
        tensor = graph.initializer.add(name=value.name, data_type=element_type(value.dtype), dims=value.shape)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=CONSTANTS)
    for key, array in builder.constants.items():
        if key in used:
            graph.initializer.add(
                name=key, data_type=element_type(array.dtype), dims=array.shape, raw_data=array.tobytes()
            )
    for domain, version in domains.items():
        model.opset_import.add(domain=domain, version=version)
    return model


def _declare(info: Any, value: Value) -> None:
    info.name = value.name
    info.type.tensor_type.elem_type = element_type(value.dtype)
    # An empty shape is a scalar, which must be said.
    info.type.tensor_type.shape.SetInParent()
    for d in value.shape:
        dimension = info.type.tensor_type.shape.dim.add()
        if d >= 0:
            dimension.dim_value = d


def _needed(nodes: Sequence[NodeRecord], outputs: Sequence[Value]) -> list[NodeRecord]:
    """The nodes of which something reaches an output: ONNX Runtime runs the others too."""
    wanted = {value.name for value in outputs}
    kept = []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.outputs):
            wanted |= _names_used(node)
            kept.append(node)
    return kept[::-1]


def _names_used(node: NodeRecord) -> set[str]:
    """What a node takes in, its nested graphs included."""
    nested = (value for value in node.attributes.values() if isinstance(value, Builder))
    return set(node.inputs).union(*(_names_used(inner) for each in nested for inner in each.nodes))


def _fill_graph(graph: Any, builder: Builder, domains: dict[str, int]) -> set[str]:
    """Writes the nodes; returns the names that they use, those of nested graphs included."""
    used: set[str] = set()
    for node in builder.nodes:
        proto = graph.node.add(op_type=node.op, input=node.inputs, output=node.outputs, domain=node.domain)
        if node.label:
            # No two nodes may have one name.
            proto.name = f"{node.label} ({len(graph.node)})"
        if node.domain:
            domains[node.domain] = 1
        used.update(node.inputs)
        for key, value in node.attributes.items():
            if isinstance(value, Builder):
                attribute = proto.attribute.add(name=key, type=onnx.AttributeProto.GRAPH)
                attribute.g.name = f"{node.op}.{key}"
                used |= _fill_graph(attribute.g, value, domains)
                for each in value.inputs:
                    _declare(attribute.g.input.add(), each)
                for each in value.outputs:
                    _declare(attribute.g.output.add(), each)
            else:
                proto.attribute.append(_attribute(key, value))
    return used


def _attribute(key: str, value: Any) -> onnx.AttributeProto:
    kind = onnx.AttributeProto
    if isinstance(value, (bool, int, np.integer)):
        return kind(name=key, type=kind.INT, i=int(value))
    if isinstance(value, float):
        return kind(name=key, type=kind.FLOAT, f=value)
    if isinstance(value, str):
        return kind(name=key, type=kind.STRING, s=value.encode())
    if all(isinstance(item, str) for item in value):
        return kind(name=key, type=kind.STRINGS, strings=[item.encode() for item in value])
    if any(isinstance(item, float) for item in value):
        return kind(name=key, type=kind.FLOATS, floats=list(value))
    return kind(name=key, type=kind.INTS, ints=[int(item) for item in value])


def _peak(builder: Builder, inputs: list[Value], outputs: list[Value]) -> int:
    # What depends on the data is a choice of it, so at most as large.
    largest = max((int(np.prod(value.shape, dtype=np.int64)) for value in inputs), default=0)

    def nbytes(name: str) -> int:
        shape, dtype = builder.root.specs[name]
        return (largest if -1 in shape else int(np.prod(shape, dtype=np.int64))) * dtype.itemsize

    steps = []
    for node in builder.nodes:
        bodies = (value for value in node.attributes.values() if isinstance(value, Builder))
        inside = sum(_peak(body, body.inputs, body.outputs) for body in bodies)
        steps.append(Step(_names_used(node), node.outputs, inside))
    return peak_bytes(steps, nbytes, {value.name for value in (*inputs, *outputs)})
