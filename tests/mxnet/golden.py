"""The reference networks: a checkpoint, its input, and the outputs that real MXNet gave."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

import offboard.mxnet as mx

# Prefix of the checkpoint, its epoch (None: the symbol is a file of its own, the parameters are with the golden).
Network = tuple[str, int | None, str]

CARRIED: list[Network] = [
    ("digits-lenet/digits-lenet", 30, "digits-lenet/golden"),
    ("digits-lstm/digits-lstm", 30, "digits-lstm/golden"),
    ("digits-lstm/digits-lstm-fused", 30, "digits-lstm/golden-fused"),
    ("digits-gluon-resnet/digits-resnet", 15, "digits-gluon-resnet/golden"),
]
SHARED: list[Network] = [
    ("models/efficientnet-lite0-mxnet/efficientnet-lite0", 0, "models/efficientnet-lite0-mxnet/golden"),
    ("models/mtcnn/det1", 1, "models/mtcnn/det1-golden"),
    ("models/mtcnn/det2", 1, "models/mtcnn/det2-golden"),
    ("models/mtcnn/det3", 1, "models/mtcnn/det3-golden"),
    ("models/mtcnn/det4", 1, "models/mtcnn/det4-golden"),
    ("models/ultraface-ssd-mxnet/ultraface-rfb-320", 0, "models/ultraface-ssd-mxnet/golden"),
    ("models/mxnet-legacy/go_test", 1, "models/mxnet-legacy/go_test_golden"),
    ("models/mxnet-legacy/save_000800.json", None, "models/mxnet-legacy/save_000800_golden"),
    ("models/sagemaker-mxnet/default/model", 0, "models/sagemaker-mxnet/default-golden"),
    ("models/sagemaker-mxnet/mnist/model", 0, "models/sagemaker-mxnet/mnist-golden"),
    ("mxnet/golden-nets/squeezenet1.1", 0, "mxnet/golden-nets/squeezenet1.1-io"),
    ("mxnet/golden-nets/mobilenetv2_0.25", 0, "mxnet/golden-nets/mobilenetv2_0.25-io"),
    ("mxnet/golden-nets/lstm-tagger", 0, "mxnet/golden-nets/lstm-tagger-io"),
    ("mxnet/golden-nets/transformer", 0, "mxnet/golden-nets/transformer-io"),
    ("mxnet/golden-nets/ssd-like", 0, "mxnet/golden-nets/ssd-like-io"),
]


def _section(stored: Any, section: str) -> dict[str, mx.nd.NDArray]:
    """What a golden file keeps under ``section|name`` or ``section:name``."""
    return {
        key[len(section) + 1 :]: mx.nd.array(stored[key], dtype=stored[key].dtype)
        for key in stored
        if key.startswith((f"{section}|", f"{section}:"))
    }


def check(folder: Path, network: Network, context: mx.Context) -> None:
    """Binds a network on ``context`` and compares every output with its golden."""
    prefix, epoch, golden = network
    stored = np.load(folder / f"{golden}.npz")
    if epoch is None:
        symbol = mx.sym.load(str(folder / prefix))
        arguments, auxiliary = _section(stored, "arg"), _section(stored, "aux")
    else:
        symbol, arguments, auxiliary = mx.model.load_checkpoint(str(folder / prefix), epoch)
    names = symbol.list_arguments()
    inputs = {name: stored[name] for name in names if name in stored}
    inputs.update({name: array.asnumpy() for name, array in _section(stored, "in").items()})
    arguments.update({name: mx.nd.array(value) for name, value in inputs.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes, _, _ = symbol.infer_shape_partial(**{name: value.shape for name, value in inputs.items()})
    for name, shape in zip(names, shapes, strict=True):
        if name not in arguments:
            # A label, which inference ignores.
            arguments[name] = mx.nd.zeros(shape or (len(inputs["data"]),))
    executor = symbol.bind(context, arguments, aux_states=auxiliary, grad_req="null")
    outputs: dict[str, Any] = dict(zip(symbol.list_outputs(), executor.forward(), strict=True))
    compared = 0
    for index, (name, output) in enumerate(outputs.items()):
        expected = next((stored[key] for key in (name, f"out:{name}", f"out|{index}") if key in stored), None)
        if expected is not None:
            np.testing.assert_allclose(output.asnumpy(), expected, rtol=1e-3, atol=1e-4, err_msg=name)
            compared += 1
    assert compared == len(outputs)
