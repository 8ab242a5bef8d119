"""A model as a hosting service loads and asks it: ``model_fn`` once, ``transform_fn`` for each request."""

import json
import os

import mxnet as mx
import numpy as np


def _context():
    return mx.eia() if os.environ.get("HOSTED_ACCELERATOR") == "true" else mx.cpu()


def model_fn(model_dir):
    """The bound module of a folder."""
    symbol, arguments, auxiliary = mx.model.load_checkpoint(os.path.join(model_dir, "model"), 0)
    with open(os.path.join(model_dir, "model-shapes.json")) as file:
        signature = json.load(file)
    names = [each["name"] for each in signature]
    shapes = [(each["name"], [1, *each["shape"][1:]]) for each in signature]
    module = mx.mod.Module(symbol=symbol, context=_context(), data_names=names, label_names=None)
    module.bind(for_training=False, data_shapes=shapes)
    module.set_params(arguments, auxiliary, allow_missing=True)
    return module


def transform_fn(model, data, content_type, accept):
    """(reply, its type) for a request of JSON."""
    assert content_type == accept == "application/json"
    array = mx.nd.array(json.loads(data))
    shape = model.data_shapes[0][1]
    if len(array.shape) == len(shape) - 1:
        array = array.expand_dims(axis=0)
    outputs = model.predict(mx.io.NDArrayIter(array, batch_size=shape[0]))
    return json.dumps(np.asarray(outputs.asnumpy()).tolist()), accept
