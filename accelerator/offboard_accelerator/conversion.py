"""What the converter process does with one graph. Everything here handles untrusted input and may crash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from offboard.errors import InvalidGraphError
from offboard.graph import symbol_json
from offboard.graph.node import Graph
from offboard.operators.infer import infer_shapes, is_complete
from offboard.operators.liveness import Step, peak_bytes
from offboard.operators.lowering import TensorSpec, lower, placement
from offboard.runtime.plan import PREPACKED_BYTES, session_options
from offboard.wire.datatype import dtype_of
from offboard_accelerator.converter import Converted
from offboard_accelerator.engine.onnxruntime_engine import FOLDER_KEY

__all__ = ["convert"]


def convert(header: dict[str, Any], body: bytes, folder: Path) -> Converted:
    """A vetted model of a graph in either format."""
    if header["format"] == "onnx":
        return _convert_onnx(body, folder, header["variables"])
    return _convert_symbol(header["variables"], body, folder)


def _convert_symbol(variables: list[dict[str, Any]], body: bytes, folder: Path) -> Converted:
    graph = symbol_json.loads(body)
    nodes = graph.nodes()
    where = placement(graph)
    if where.instance or where.cut_after:
        instance = [(i, nodes[i].name, nodes[i].op or "", reason) for i, reason in where.instance.items()]
        cuts = [(i, nodes[i].name, nodes[i].op or "", reason) for i, reason in where.cut_after.items()]
        return Converted(b"", [], [], 0, len(nodes), instance, cuts)
    dtypes = {each["name"]: dtype_of(each["datatype"]) for each in variables}
    shapes = _shapes(graph, variables, dtypes)
    digests = {each["name"]: each["digest"] for each in variables if each["digest"]}
    lowered = lower(graph, shapes, dtypes, digests.keys())
    for tensor in lowered.model.graph.initializer:
        if tensor.external_data:
            tensor.external_data[0].value = digests[tensor.name]
    model = lowered.model.SerializeToString()
    weights = sum(spec.nbytes for spec in lowered.constants)
    _open(model, folder, weights)
    operators = sum(not node.is_variable for node in nodes)
    # A packed copy of small weights is the plan's own memory.
    packed = weights if weights <= PREPACKED_BYTES else 0
    return Converted(model, lowered.inputs, lowered.outputs, lowered.peak_bytes + packed, operators, [], [])


def _shapes(
    graph: Graph, variables: list[dict[str, Any]], dtypes: Mapping[str, np.dtype[Any]]
) -> dict[str, tuple[int, ...]]:
    """The shapes of all variables; of those that follow the others, what these imply."""
    shapes = {each["name"]: tuple(each["shape"]) for each in variables}
    following = {each["name"] for each in variables if each["follows"]}
    if following:
        given = {name: shape for name, shape in shapes.items() if name not in following}
        inferred = infer_shapes(graph, given, dtypes)
        for name, shape in {**inferred.arguments, **inferred.auxiliary}.items():
            if name in following and shape is not None and is_complete(shape):
                shapes[name] = shape
    return shapes


def _open(model: bytes, folder: Path, weights: int) -> Any:
    options = session_options(weights, 1)
    options.add_session_config_entry(FOLDER_KEY, str(folder))
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InvalidGraphError(f"The graph cannot be opened: {error}") from error


def _convert_onnx(body: bytes, folder: Path, variables: list[dict[str, Any]]) -> Converted:
    try:
        model = onnx.load_model_from_string(body)
    except Exception as error:
        raise InvalidGraphError(f"The file is no ONNX model: {error}") from error
    _refuse_outside_files(model)
    given = {each["name"]: tuple(each["shape"]) for each in variables}
    initializers = {tensor.name for tensor in model.graph.initializer}
    for info in model.graph.input:
        dims = info.type.tensor_type.shape.dim
        shape = given.get(info.name)
        if shape is not None and len(shape) == len(dims):
            for dim, size in zip(dims, shape, strict=True):
                dim.dim_value = size
    encoded = model.SerializeToString()
    session = _open(encoded, folder, 0)
    inputs = [_described(each) for each in session.get_inputs() if each.name not in initializers]
    outputs = [_described(each) for each in session.get_outputs()]
    return Converted(encoded, inputs, outputs, _peak(model), len(model.graph.node), [], [])


def _refuse_outside_files(model: onnx.ModelProto) -> None:
    """No tensor may name a file: an uploaded model is one blob."""

    def walk(graph: onnx.GraphProto) -> None:
        for tensor in graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
                raise InvalidGraphError(f"Tensor {tensor.name} names a file: external data is not accepted")
        for node in graph.node:
            for attribute in node.attribute:
                for tensor in (attribute.t, *attribute.tensors):
                    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
                        raise InvalidGraphError(f"A tensor of node {node.name} names a file")
                for nested in (attribute.g, *attribute.graphs):
                    if nested.node or nested.initializer:
                        walk(nested)

    walk(model.graph)


_ONNX_TYPES = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
    "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32, "tensor(uint64)": np.uint64,
    "tensor(bool)": np.bool_,
}  # fmt: skip


def _described(info: Any) -> TensorSpec:
    if info.type not in _ONNX_TYPES:
        raise InvalidGraphError(f"Tensor {info.name} has type {info.type}, which is not served")
    shape = tuple(d if isinstance(d, int) else -1 for d in info.shape)
    return TensorSpec(info.name, shape, np.dtype(_ONNX_TYPES[info.type]))


def _peak(model: onnx.ModelProto) -> int:
    """Weights, which every plan of such a model holds itself, and live intermediates as far as ONNX infers shapes.

    What it does not infer the engine's arena limits all the same.
    """
    try:
        graph = onnx.shape_inference.infer_shapes(model).graph
    except Exception:
        graph = model.graph
    sizes = {}
    for info in (*graph.value_info, *graph.output, *graph.input):
        tensor = info.type.tensor_type
        dims = [d.dim_value for d in tensor.shape.dim]
        if all(d > 0 for d in dims):
            sizes[info.name] = int(np.prod(dims, dtype=np.int64)) * _item_bytes(tensor.elem_type)
    steps = [Step(node.input, node.output) for node in graph.node]
    weights = {tensor.name for tensor in graph.initializer}
    edges = {info.name for info in (*graph.input, *graph.output)} - weights
    return _weight_bytes(model.graph) + peak_bytes(steps, lambda name: sizes.get(name, 0), edges)


def _weight_bytes(graph: onnx.GraphProto) -> int:
    nested = (
        inner for node in graph.node for attribute in node.attribute for inner in (attribute.g, *attribute.graphs)
    )
    own = sum(int(np.prod(tensor.dims, dtype=np.int64)) * _item_bytes(tensor.data_type) for tensor in graph.initializer)
    return own + sum(_weight_bytes(inner) for inner in nested if inner.node)


def _item_bytes(element_type: int) -> int:
    try:
        return int(onnx.helper.tensor_dtype_to_np_dtype(element_type).itemsize)
    except KeyError:
        return 0
