"""``python networks.py FOLDER``: writes the benchmark's networks as MXNet checkpoints and as ONNX files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import offboard.mxnet as mx
from offboard.demo import efficientnet
from offboard.mxnet.symbol.symbol import Symbol

IMAGE = (1, 3, 224, 224)
# Name of a network and the shape of its input.
SHAPES = {"tiny": (1, 4), "identity": IMAGE, "efficientnet-lite0": IMAGE, "resnet50": IMAGE}


def _efficientnet() -> tuple[Symbol, dict[str, mx.nd.NDArray], dict[str, mx.nd.NDArray]]:
    _, arguments, auxiliary = mx.model.load_checkpoint(str(efficientnet.checkpoint()), 0)
    # Without a label, that an engine which knows inference only need not be told of one.
    return mx.sym.softmax(efficientnet.build_symbol().get_internals()["fc_output"], name="prob"), arguments, auxiliary


def _resnet() -> tuple[Symbol, dict[str, mx.nd.NDArray], dict[str, mx.nd.NDArray]]:
    """ResNet-50's architecture with drawn weights, of a size that keeps activations in range."""
    symbol = mx.gluon.model_zoo.vision.resnet50_v1()(mx.sym.Variable("data"))
    symbol = mx.sym.softmax(symbol, name="prob")
    arguments_shapes, _, auxiliary_shapes = symbol.infer_shape(data=IMAGE)
    random = np.random.default_rng(0)

    def drawn(name: str, shape: tuple[int, ...]) -> mx.nd.NDArray:
        if name.endswith(("gamma", "running_var")):
            return mx.nd.ones(shape)
        if name.endswith(("beta", "bias", "running_mean")):
            return mx.nd.zeros(shape)
        # Pixels come in by hundreds, and residual sums grow: probabilities are to differ and not to saturate.
        extra = 1 / 128 if shape[1] == 3 else 0.01 if len(shape) == 2 else 1
        return mx.nd.array(random.standard_normal(shape, dtype=np.float32) * extra * np.sqrt(2 / np.prod(shape[1:])))

    arguments = zip(symbol.list_arguments(), arguments_shapes, strict=True)
    auxiliary = zip(symbol.list_auxiliary_states(), auxiliary_shapes, strict=True)
    return (
        symbol,
        {name: drawn(name, shape) for name, shape in arguments if name != "data"},
        {name: drawn(name, shape) for name, shape in auxiliary},
    )


def write(folder: Path) -> None:
    """``FOLDER/NAME/NAME-symbol.json``, ``-0000.params`` and ``.onnx`` of every network."""
    data = mx.sym.Variable("data")
    made = {
        "tiny": (data + 1.0, {}, {}),
        "identity": (mx.sym.identity(data), {}, {}),
        "efficientnet-lite0": _efficientnet(),
        "resnet50": _resnet(),
    }
    for name, (symbol, arguments, auxiliary) in made.items():
        wanted = {*symbol.list_arguments(), *symbol.list_auxiliary_states()}
        weights = {key: value for key, value in arguments.items() if key in wanted}
        prefix = folder / name / name
        prefix.parent.mkdir(parents=True, exist_ok=True)
        mx.model.save_checkpoint(str(prefix), 0, symbol, weights, auxiliary)
        mx.contrib.onnx.export_model(symbol, {**weights, **auxiliary}, [SHAPES[name]], onnx_file_path=f"{prefix}.onnx")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
