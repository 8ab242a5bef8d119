"""Contexts."""

from __future__ import annotations

from typing import Any

from tests.mxnet.behaviours.networks import linear_net, linear_weights
from tests.mxnet.behaviours.registry import behaviour


@behaviour
def gpus_are_named_and_none_is_there(mx: Any) -> Any:
    return [str(mx.gpu(1)), mx.context.num_gpus(), mx.gpu(1).device_typeid]


@behaviour
def kinds_of_devices(mx: Any) -> Any:
    return {str(key): name for key, name in mx.Context.devtype2str.items() if key != 6}


@behaviour
def unknown_kind_of_device(mx: Any) -> Any:
    return mx.Context("tpu")


@behaviour
def array_on_a_gpu(mx: Any) -> Any:
    return mx.nd.array([1, 2], ctx=mx.gpu()).asnumpy()


@behaviour
def zeros_on_a_gpu(mx: Any) -> Any:
    return mx.nd.zeros((2,), ctx=mx.gpu()).asnumpy()


@behaviour
def as_in_context_of_a_gpu(mx: Any) -> Any:
    return mx.nd.ones((2,)).as_in_context(mx.gpu()).asnumpy()


@behaviour
def simple_bind_on_a_gpu(mx: Any) -> Any:
    return linear_net(mx).simple_bind(mx.gpu(), data=(2, 3))


@behaviour
def module_bind_on_a_gpu(mx: Any) -> Any:
    module = mx.mod.Module(linear_net(mx), label_names=None, context=mx.gpu())
    return module.bind([("data", (2, 3))], for_training=False)


@behaviour
def bind_on_a_gpu(mx: Any) -> Any:
    return linear_net(mx).bind(mx.gpu(), {"data": mx.nd.ones((2, 3)), **linear_weights(mx)})


@behaviour
def memory_of_a_gpu(mx: Any) -> Any:
    return mx.context.gpu_memory_info(0)
