"""From a symbol and its parameters to an ONNX file, by the lowering that runs everything else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from offboard.errors import MXNetError
from offboard.graph import lists
from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype
from offboard.mxnet.symbol.symbol import Symbol
from offboard.operators.infer import infer_shapes, infer_types, is_complete
from offboard.operators.lowering import lower

__all__ = ["export_model"]

# Protobuf takes no more; larger weights go into a file beside the model.
_EMBEDDED_BYTES = 1 << 30


def export_model(
    sym_: Symbol | str | os.PathLike[str],
    params: Mapping[str, NDArray] | str | os.PathLike[str],
    in_shapes: Sequence[Sequence[int]] | None = None,
    in_types: Any = np.float32,
    onnx_file_path: str | os.PathLike[str] = "model.onnx",
    verbose: bool = False,
    dynamic: bool = False,
    dynamic_input_shapes: Any = None,
    run_shape_inference: bool = False,
    input_type: Any = None,
    input_shape: Sequence[Sequence[int]] | None = None,
) -> str:
    """Writes an ONNX file for inputs of fixed shapes, and gives its path.

    Args:
        sym_: a symbol, or the path of a symbol file.
        params: arguments and auxiliary states by name (``arg:`` and ``aux:`` may stand before it), or a file of them.
        in_shapes: the shapes of the inputs, in the order of ``list_arguments`` without parameters and unused labels.
        in_types: their dtypes, or one for all.
        onnx_file_path: where to write.
        verbose: without effect.
        dynamic: refused: shapes are fixed.
        dynamic_input_shapes: refused.
        run_shape_inference: without effect: all shapes are known.
        input_type: an older name of ``in_types``.
        input_shape: an older name of ``in_shapes``.
    """
    if dynamic or dynamic_input_shapes:
        raise MXNetError("Models with open dimensions are not exported: give the shapes that you will use in in_shapes")
    symbol = sym_ if isinstance(sym_, Symbol) else sym.load(sym_)
    loaded = params if isinstance(params, Mapping) else nd.load(params)
    arrays = {name.removeprefix("arg:").removeprefix("aux:"): value for name, value in loaded.items()}
    graph = symbol._graph
    names = [*lists.argument_names(graph), *lists.auxiliary_names(graph)]
    open_names = [name for name in names if name not in arrays]
    given = in_shapes if in_shapes is not None else input_shape
    if given is None:
        raise MXNetError(f"The shapes of the inputs {open_names} are needed: give in_shapes")
    known = {name: tuple(arrays[name].shape) for name in names if name in arrays}
    known |= {name: tuple(int(d) for d in shape) for name, shape in zip(open_names, given, strict=False)}
    kinds = in_types if input_type is None else input_type
    kinds = kinds if isinstance(kinds, (list, tuple)) else [kinds] * len(open_names)
    dtypes = {name: arrays[name]._data.dtype for name in names if name in arrays}
    dtypes |= {name: resolve_dtype(kind) for name, kind in zip(open_names, kinds, strict=False)}
    shapes = infer_shapes(graph, known)
    types = infer_types(graph, dtypes)
    all_shapes = {**shapes.arguments, **shapes.auxiliary}
    all_types = {**types.arguments, **types.auxiliary}
    full = {name: shape for name, shape in all_shapes.items() if shape is not None and is_complete(shape)}
    missing = [name for name in names if name not in full]
    if missing:
        raise MXNetError(f"The shapes of {missing} cannot be inferred from in_shapes {list(given)}")
    constants = [name for name in names if name in arrays]
    wanted = {name: all_types.get(name) or np.dtype(np.float32) for name in names}
    lowered = lower(graph, full, wanted, constants, name="mxnet_converted_model")
    path = os.fspath(onnx_file_path)
    _write(lowered.model, {name: np.ascontiguousarray(arrays[name]._data, wanted[name]) for name in constants}, path)
    return path


def _write(model: onnx.ModelProto, values: Mapping[str, Any], path: str) -> None:
    """Puts the values of constants into the model's initializers, and the model into a file."""
    total = 0
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            tensor.ClearField("external_data")
            tensor.ClearField("data_location")
            tensor.raw_data = values[tensor.name].tobytes()
            total += len(tensor.raw_data)
    beside = total > _EMBEDDED_BYTES
    onnx.save(model, path, save_as_external_data=beside, location=f"{os.path.basename(path)}.data" if beside else None)
