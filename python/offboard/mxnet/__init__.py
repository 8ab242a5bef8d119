"""The MXNet 1.x inference API. ``import mxnet as mx`` resolves here where it is asked to (see ``offboard.alias``)."""

from offboard.mxnet import (
    attribute,
    autograd,
    base,
    callback,
    context,
    contrib,
    executor,
    gluon,
    image,
    initializer,
    io,
    metric,
    model,
    module,
    monitor,
    name,
    ndarray,
    operator,
    random,
    recordio,
    symbol,
    test_utils,
    visualization,
)
from offboard.mxnet.attribute import AttrScope
from offboard.mxnet.base import MXNetError
from offboard.mxnet.context import Context, cpu, cpu_pinned, current_context, eia, gpu, num_gpus
from offboard.mxnet.executor import Executor

nd = ndarray
sym = symbol
mod = module
img = image
init = initializer
mon = monitor
viz = visualization
rnd = random
onnx = contrib.onnx
# MXNet's functions of ``mx.nd.random`` are those of ``mx.random``.
ndarray.random = random
ndarray.random_normal = random.normal
ndarray.random_uniform = random.uniform

__version__ = "1.9.1"

__all__ = [
    "AttrScope", "Context", "Executor", "MXNetError", "attribute", "autograd", "base", "callback", "context",
    "contrib", "cpu", "cpu_pinned", "current_context", "eia", "executor", "gluon", "gpu", "image", "img", "init",
    "initializer", "io", "metric", "mod", "model", "module", "mon", "monitor", "name", "nd", "ndarray", "num_gpus",
    "onnx", "operator", "random", "recordio", "rnd", "sym", "symbol", "test_utils", "visualization", "viz",
]  # fmt: skip
