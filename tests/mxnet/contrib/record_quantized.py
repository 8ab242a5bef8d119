"""Writes tests/data/quantized/*; run by an interpreter that has real MXNet 1.9.1."""

import logging
from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet.contrib.quantization import quantize_model

FOLDER = Path(__file__).resolve().parents[2] / "data" / "quantized"
FOLDER.mkdir(parents=True, exist_ok=True)


def network():
    layer = mx.sym.Convolution(mx.sym.var("data"), kernel=(3, 3), num_filter=8, pad=(1, 1), name="conv0")
    layer = mx.sym.Activation(layer, act_type="relu", name="relu0")
    layer = mx.sym.Pooling(layer, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool0")
    layer = mx.sym.Convolution(layer, kernel=(3, 3), num_filter=6, no_bias=True, name="conv1")
    layer = mx.sym.Flatten(mx.sym.Activation(layer, act_type="relu", name="relu1"), name="flat")
    layer = mx.sym.FullyConnected(layer, num_hidden=4, name="fc")
    return mx.sym.softmax(layer, name="softmax")


random = np.random.RandomState(0)
symbol = network()
shapes = dict(zip(symbol.list_arguments(), symbol.infer_shape(data=(4, 3, 8, 8))[0], strict=True))
images = random.uniform(0, 1, (8, 3, 8, 8)).astype("float32")
weights = {
    name: mx.nd.array(random.normal(0, (2.0 / np.prod(shape[1:])) ** 0.5 if len(shape) > 1 else 0.1, shape))
    for name, shape in shapes.items()
    if name != "data"
}
stored = {"data": images}
# oneDNN has no chain of quantised layers with this network's types, so that one layer a model is.
for mode, dtype, excluded in (
    ("none", "uint8", ["fc", "conv1", "pool0"]),
    ("naive", "uint8", ["fc", "conv0"]),
    ("naive", "auto", ["fc", "conv1", "pool0"]),
    ("naive", "int8", ["conv0", "conv1"]),
):
    made, arguments, auxiliary = quantize_model(
        symbol, weights, {}, label_names=None, excluded_sym_names=excluded, calib_mode=mode, quantized_dtype=dtype,
        ctx=mx.cpu(), calib_data=mx.io.NDArrayIter(images, batch_size=4), num_calib_examples=8, logger=logging,
    )  # fmt: skip
    name = f"{mode}-{dtype}"
    mx.model.save_checkpoint(str(FOLDER / name), 0, made, arguments, auxiliary)
    module = mx.mod.Module(made, label_names=None)
    module.bind([("data", images.shape)], for_training=False)
    module.set_params(arguments, auxiliary)
    module.forward(mx.io.DataBatch([mx.nd.array(images)]))
    stored[name] = module.get_outputs()[0].asnumpy()
np.savez_compressed(FOLDER / "golden.npz", **stored)
