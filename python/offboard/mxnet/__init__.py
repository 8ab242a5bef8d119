"""The MXNet 1.x inference API. ``import mxnet as mx`` resolves here where it is asked to (see ``offboard.alias``)."""

from offboard.mxnet import (
    attribute,
    autograd,
    base,
    callback,
    context,
    contrib,
    engine,
    error,
    executor,
    executor_manager,
    gluon,
    image,
    initializer,
    io,
    kvstore,
    libinfo,
    library,
    log,
    lr_scheduler,
    metric,
    model,
    module,
    monitor,
    name,
    ndarray,
    numpy,
    numpy_extension,
    operator,
    optimizer,
    profiler,
    random,
    recordio,
    registry,
    rnn,
    rtc,
    runtime,
    symbol,
    test_utils,
    util,
    visualization,
)
from offboard.mxnet.attribute import AttrScope
from offboard.mxnet.base import MXNetError
from offboard.mxnet.context import Context, cpu, cpu_pinned, current_context, eia, gpu, num_gpus
from offboard.mxnet.executor import Executor
from offboard.mxnet.util import (
    is_np_array,
    is_np_shape,
    np_array,
    np_shape,
    set_np_shape,
    use_np,
    use_np_array,
    use_np_shape,
)

nd = ndarray
sym = symbol
mod = module
img = image
init = initializer
mon = monitor
viz = visualization
rnd = random
onnx = contrib.onnx
kv = kvstore
np = numpy
npx = numpy_extension
# MXNet's functions of ``mx.nd.random`` are those of ``mx.random``.
ndarray.random = random
ndarray.random_normal = random.normal
ndarray.random_uniform = random.uniform

__version__ = "1.9.1"

__all__ = [
    "AttrScope", "Context", "Executor", "MXNetError", "attribute", "autograd", "base", "callback", "context",
    "contrib", "cpu", "cpu_pinned", "current_context", "eia", "engine", "error", "executor", "executor_manager",
    "gluon", "gpu", "image", "img", "init", "initializer", "io", "is_np_array", "is_np_shape", "kv", "kvstore",
    "libinfo", "library", "log", "lr_scheduler", "metric", "mod", "model", "module", "mon", "monitor", "name", "nd",
    "ndarray", "np", "np_array", "np_shape", "npx", "num_gpus", "numpy", "numpy_extension", "onnx", "operator",
    "optimizer", "profiler", "random", "recordio", "registry", "rnd", "rnn", "rtc", "runtime", "set_np_shape", "sym",
    "symbol", "test_utils", "use_np", "use_np_array", "use_np_shape", "util", "visualization", "viz",
]  # fmt: skip
