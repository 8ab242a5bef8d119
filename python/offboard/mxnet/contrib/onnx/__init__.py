"""``mx.contrib.onnx``: ONNX files to symbols and back."""

from __future__ import annotations

import os
from typing import Any

from offboard.mxnet.contrib.onnx.exporter import export_model
from offboard.mxnet.contrib.onnx.importer import get_model_metadata, import_model

__all__ = ["export_model", "get_model_metadata", "import_model", "import_to_gluon"]


def import_to_gluon(model_file: str | os.PathLike[str], ctx: Any = None) -> Any:
    """A ``gluon.SymbolBlock`` of an ONNX file, with its parameters."""
    from offboard.mxnet import gluon
    from offboard.mxnet import symbol as sym

    made, arguments, auxiliary = import_model(model_file)
    values = {**arguments, **auxiliary}
    inputs = [sym.var(name) for name in made.list_arguments() if name not in arguments]
    block = gluon.SymbolBlock(made, inputs)
    for name, parameter in block.collect_params().items():
        parameter._load_init(values[name], ctx)
    return block
