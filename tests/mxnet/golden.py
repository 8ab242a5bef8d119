"""The reference networks: a checkpoint, its input, and the outputs that real MXNet gave."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

import offboard.mxnet as mx

CARRIED = [
    ("digits-lenet/digits-lenet", 30, "digits-lenet/golden"),
    ("digits-lstm/digits-lstm", 30, "digits-lstm/golden"),
    ("digits-lstm/digits-lstm-fused", 30, "digits-lstm/golden-fused"),
    ("digits-gluon-resnet/digits-resnet", 15, "digits-gluon-resnet/golden"),
]
SHARED = [
    ("models/efficientnet-lite0-mxnet/efficientnet-lite0", 0, "models/efficientnet-lite0-mxnet/golden"),
    ("models/mtcnn/det1", 1, "models/mtcnn/det1-golden"),
    ("models/mtcnn/det2", 1, "models/mtcnn/det2-golden"),
    ("models/mtcnn/det3", 1, "models/mtcnn/det3-golden"),
    ("models/mtcnn/det4", 1, "models/mtcnn/det4-golden"),
    ("models/ultraface-ssd-mxnet/ultraface-rfb-320", 0, "models/ultraface-ssd-mxnet/golden"),
    ("mxnet/golden-nets/squeezenet1.1", 0, "mxnet/golden-nets/squeezenet1.1-io"),
    ("mxnet/golden-nets/mobilenetv2_0.25", 0, "mxnet/golden-nets/mobilenetv2_0.25-io"),
    ("mxnet/golden-nets/lstm-tagger", 0, "mxnet/golden-nets/lstm-tagger-io"),
    ("mxnet/golden-nets/transformer", 0, "mxnet/golden-nets/transformer-io"),
    ("mxnet/golden-nets/ssd-like", 0, "mxnet/golden-nets/ssd-like-io"),
]


def check(folder: Path, network: tuple[str, int, str], context: mx.Context) -> None:
    """Binds a network on ``context`` and compares every output with its golden."""
    prefix, epoch, golden = network
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(folder / prefix), epoch)
    stored = np.load(folder / f"{golden}.npz")
    names = symbol.list_arguments()
    inputs = {name: stored[name] for name in names if name in stored}
    inputs.update({key[3:]: stored[key] for key in stored if key.startswith("in|")})
    arguments.update({name: mx.nd.array(value) for name, value in inputs.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes, _, _ = symbol.infer_shape_partial(**{name: value.shape for name, value in inputs.items()})
    for name, shape in zip(names, shapes, strict=True):
        if name not in arguments:
            arguments[name] = mx.nd.zeros(shape)
    executor = symbol.bind(context, arguments, aux_states=auxiliary, grad_req="null")
    outputs: dict[str, Any] = dict(zip(symbol.list_outputs(), executor.forward(), strict=True))
    compared = 0
    for index, (name, output) in enumerate(outputs.items()):
        expected = stored[name] if name in stored else stored.get(f"out|{index}")
        if expected is not None:
            np.testing.assert_allclose(output.asnumpy(), expected, rtol=1e-3, atol=1e-4, err_msg=name)
            compared += 1
    assert compared == len(outputs)
