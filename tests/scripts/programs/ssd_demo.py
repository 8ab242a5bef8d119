"""Faces in a photograph, by an SSD detector run with a module."""

from collections import namedtuple

import mxnet as mx
import numpy as np

Batch = namedtuple("Batch", ["data"])


def detector(prefix, ctx, height, width):
    """The bound network."""
    symbol, arguments, auxiliary = mx.model.load_checkpoint(prefix, 0)
    module = mx.mod.Module(symbol, data_names=["data"], label_names=None, context=ctx)
    module.bind(for_training=False, data_shapes=[("data", (1, 3, height, width))])
    module.set_params(arguments, auxiliary)
    return module


def detect(module, picture, threshold=0.7):
    """(class, score, left, top, right, bottom) in pixels of every object of a picture (HWC, RGB)."""
    height, width = picture.shape[:2]
    pixels = mx.nd.array(picture).transpose((2, 0, 1)).expand_dims(axis=0)
    module.forward(Batch([(pixels - 127) / 128]))
    found = module.get_outputs()[0].asnumpy()[0]
    found = found[(found[:, 0] >= 0) & (found[:, 1] > threshold)]
    found[:, 2:] *= np.array([width, height, width, height])
    return found
