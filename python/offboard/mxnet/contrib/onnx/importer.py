"""From an ONNX model to a symbol and its parameters.

What can be computed beforehand (shapes, constants of constants) is computed with ONNX Runtime, node by node; the rest
becomes MXNet operators.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper, shape_inference

from offboard.errors import MXNetError
from offboard.mxnet import symbol as sym
from offboard.mxnet.contrib.onnx import elementwise, layers, shaping  # noqa: F401 (each registers its translations)
from offboard.mxnet.contrib.onnx.node import TRANSLATIONS, Array, Node
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["get_model_metadata", "import_model"]

# Beyond this many elements a constant is not worth computing beforehand: it stays an operator.
_FOLDED = 1 << 16
_OPSETS = range(7, 25)


def _load(model_file: str | os.PathLike[str]) -> onnx.ModelProto:
    try:
        model = onnx.load(os.fspath(model_file))
    except FileNotFoundError:
        raise MXNetError(f'Open "{model_file}": No such file or directory') from None
    except Exception as error:
        raise MXNetError(f"{model_file} is no ONNX model: {error}") from None
    versions = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    if not versions:
        raise MXNetError(f"{model_file} does not say which version of ONNX's operators it uses (opset_import)")
    if versions[0] not in _OPSETS:
        raise MXNetError(
            f"{model_file} uses version {versions[0]} of ONNX's operators; "
            f"versions {_OPSETS.start} to {_OPSETS.stop - 1} are imported"
        )
    return model


def _shape_of(info: Any) -> tuple[int | None, ...] | None:
    tensor = info.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim)


class _Import:
    """The state of one import."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
        try:
            model = shape_inference.infer_shapes(model, data_prop=True)
        except Exception as error:
            raise MXNetError(f"The shapes of the ONNX model do not fit: {error}") from None
        self._graph = model.graph
        self._opsets = list(model.opset_import)
        self._constants: dict[str, Array] = {each.name: numpy_helper.to_array(each) for each in self._graph.initializer}
        self._symbols: dict[str, Symbol] = {}
        self._infos = {
            each.name: each for part in (self._graph.input, self._graph.value_info, self._graph.output) for each in part
        }
        self.arguments: dict[str, NDArray] = {}
        self.auxiliary: dict[str, NDArray] = {}
        self.inputs = [each.name for each in self._graph.input if each.name not in self._constants]
        self.outputs = [each.name for each in self._graph.output]

    def constant(self, name: str) -> Array | None:
        """The value, where it is known."""
        return self._constants.get(name)

    def shape(self, name: str) -> tuple[int | None, ...] | None:
        """Its dimensions, None where unknown."""
        if name in self._constants:
            return self._constants[name].shape
        return _shape_of(self._infos[name]) if name in self._infos else None

    def dtype(self, name: str) -> np.dtype[Any]:
        """Its dtype; float32 where unknown."""
        if name in self._constants:
            return self._constants[name].dtype
        info = self._infos.get(name)
        kind = info.type.tensor_type.elem_type if info is not None else 0
        return np.dtype(np.float32) if not kind else helper.tensor_dtype_to_np_dtype(kind)

    def symbol(self, name: str) -> Symbol:
        """The value as a symbol; a constant becomes a parameter."""
        if name not in self._symbols and name in self._constants:
            self._symbols[name] = self.parameter(name, self._constants[name])
        if name not in self._symbols:
            raise MXNetError(f"The ONNX model uses {name!r}, which nothing makes")
        return self._symbols[name]

    def parameter(self, name: str, value: Array, *, auxiliary: bool = False) -> Symbol:
        """A new parameter; a scalar becomes an array of one element, truth values become numbers."""
        array = np.array(value.astype(np.float32) if value.dtype == np.bool_ else value)
        array = array.reshape(array.shape or (1,))
        (self.auxiliary if auxiliary else self.arguments)[name] = NDArray(array)
        return sym.var(name, shape=array.shape, dtype=array.dtype)

    def run(self) -> Symbol:
        """Translates all nodes; the symbol has the model's outputs."""
        for name in self.inputs:
            self._symbols[name] = sym.var(name, dtype=self.dtype(name))
        for proto in self._graph.node:
            if not self._fold(proto):
                self._translate(proto)
        return sym.Group([self.symbol(name) for name in self.outputs])

    def _translate(self, proto: onnx.NodeProto) -> None:
        node = Node(proto, self)
        translation = TRANSLATIONS.get(proto.op_type) if proto.domain in ("", "ai.onnx") else None
        if translation is None:
            raise node.refuse("there is no MXNet operator for it")
        made = translation(node)
        outputs = [made] if isinstance(made, Symbol) else made
        for name, output in zip(proto.output, outputs, strict=False):
            self._symbols[name] = output

    def _fold(self, proto: onnx.NodeProto) -> bool:
        """Computes a node of constants beforehand; whether it was one."""
        names = [name for name in proto.input if name]
        if proto.op_type == "Constant":
            self._constants[proto.output[0]] = _constant(proto)
            return True
        if proto.op_type in ("Shape", "Size"):
            return self._fold_shape(proto)
        if not names or any(name not in self._constants for name in names):
            return False
        if any(self._constants[name].size > _FOLDED for name in names) or proto.op_type.startswith("Random"):
            return False
        feeds = {name: self._constants[name] for name in names}
        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(each.dtype), each.shape)
            for name, each in feeds.items()
        ]
        outputs = [onnx.ValueInfoProto(name=name) for name in proto.output if name]
        graph = helper.make_graph([proto], "constant", inputs, outputs)
        model = helper.make_model(graph, opset_imports=self._opsets, ir_version=10)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
            made = session.run(None, feeds)
        except Exception as error:
            raise Node(proto, self).refuse(str(error)) from None
        self._constants.update(zip([each.name for each in outputs], made, strict=True))
        return True

    def _fold_shape(self, proto: onnx.NodeProto) -> bool:
        node = Node(proto, self)
        shape = np.array(node.dims(0), np.int64)
        part = shape[node.attr("start", 0) : node.attr("end")]
        self._constants[proto.output[0]] = part if proto.op_type == "Shape" else np.array(shape.prod())
        return True


def _constant(proto: onnx.NodeProto) -> Array:
    (attribute,) = proto.attribute
    value = helper.get_attribute_value(attribute)
    if attribute.name == "value":
        return numpy_helper.to_array(value)
    return np.array(value, np.float32 if "float" in attribute.name else np.int64)


def import_model(model_file: str | os.PathLike[str]) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """(symbol, arguments, auxiliary states) of an ONNX file; raises MXNetError for what has no MXNet operator."""
    state = _Import(_load(model_file))
    made = state.run()
    used = {*made.list_arguments(), *made.list_auxiliary_states()}
    return (
        made,
        {name: value for name, value in state.arguments.items() if name in used},
        {name: value for name, value in state.auxiliary.items() if name in used},
    )


def get_model_metadata(model_file: str | os.PathLike[str]) -> dict[str, list[tuple[str, tuple[int | None, ...]]]]:
    """Names and shapes of a model's inputs (``input_tensor_data``) and outputs (``output_tensor_data``)."""
    graph = _load(model_file).graph
    constants = {each.name for each in graph.initializer}
    return {
        "input_tensor_data": [(e.name, _shape_of(e) or ()) for e in graph.input if e.name not in constants],
        "output_tensor_data": [(e.name, _shape_of(e) or ()) for e in graph.output],
    }
