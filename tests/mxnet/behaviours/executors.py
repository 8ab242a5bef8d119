"""Executors."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.mxnet.behaviours.networks import linear_net, linear_weights
from tests.mxnet.behaviours.registry import behaviour


@behaviour
def simple_bind_without_shapes(mx: Any) -> Any:
    return linear_net(mx).simple_bind(mx.cpu())


@behaviour
def simple_bind_with_wrong_shapes(mx: Any) -> Any:
    return linear_net(mx).simple_bind(mx.cpu(), data=(2, 3), fc1_weight=(9, 9))


@behaviour
def simple_bind_with_an_unknown_name(mx: Any) -> Any:
    return list(linear_net(mx).simple_bind(mx.cpu(), data=(2, 3), nope=(1,)).outputs[0].shape)


def _arguments(mx: Any) -> dict[str, Any]:
    return {"data": mx.nd.ones((2, 3)), **linear_weights(mx)}


def _executor(mx: Any, **options: Any) -> Any:
    return linear_net(mx).bind(mx.cpu(), _arguments(mx), **options)


@behaviour
def bind_without_an_argument(mx: Any) -> Any:
    arguments = _arguments(mx)
    del arguments["fc1_weight"]
    return linear_net(mx).bind(mx.cpu(), arguments)


@behaviour
def bind_with_a_list_of_another_length(mx: Any) -> Any:
    return linear_net(mx).bind(mx.cpu(), [mx.nd.ones((2, 3))])


@behaviour
def bind_without_auxiliary_states(mx: Any) -> Any:
    norm = mx.sym.BatchNorm(mx.sym.var("data"), name="bn")
    arguments = {"data": mx.nd.ones((2, 3)), "bn_gamma": mx.nd.ones((3,)), "bn_beta": mx.nd.ones((3,))}
    return norm.bind(mx.cpu(), arguments)


@behaviour
def bind_with_contradicting_shapes(mx: Any) -> Any:
    return linear_net(mx).bind(mx.cpu(), {**_arguments(mx), "fc1_weight": mx.nd.ones((4, 5))})


@behaviour
def bind_with_an_array_too_many(mx: Any) -> Any:
    executor = linear_net(mx).bind(mx.cpu(), {**_arguments(mx), "extra": mx.nd.ones((1,))})
    return executor.forward()[0].asnumpy().tolist()


@behaviour
def forward_of_an_unknown_name(mx: Any) -> Any:
    return _executor(mx).forward(foo=mx.nd.ones((1,)))


@behaviour
def forward_of_another_shape(mx: Any) -> Any:
    return _executor(mx).forward(data=mx.nd.ones((3, 3)))


@behaviour
def forward_of_a_numpy_array(mx: Any) -> Any:
    return _executor(mx).forward(data=np.full((2, 3), 2, "float32"))[0].asnumpy().tolist()


@behaviour
def outputs_exist_before_the_forward(mx: Any) -> Any:
    return [list(output.shape) for output in _executor(mx).outputs]


@behaviour
def backward_without_gradient_arrays(mx: Any) -> Any:
    return _executor(mx, grad_req="null").backward()


@behaviour
def gradients_of_grad_req_null(mx: Any) -> Any:
    return _executor(mx, grad_req="null").grad_dict


@behaviour
def copy_params_of_an_unknown_name(mx: Any) -> Any:
    return _executor(mx).copy_params_from({"zz": mx.nd.ones((1,))})


@behaviour
def copy_params_of_an_unknown_name_allowed(mx: Any) -> Any:
    return _executor(mx).copy_params_from({"zz": mx.nd.ones((1,))}, allow_extra_params=True)


@behaviour
def copy_params_of_another_shape(mx: Any) -> Any:
    executor = _executor(mx)
    executor.copy_params_from({"fc1_weight": mx.nd.ones((4, 9))})
    return executor.forward()[0].asnumpy()


@behaviour
def reshape_to_more(mx: Any) -> Any:
    return _executor(mx).reshape(data=(9, 3))


@behaviour
def reshape_to_more_allowed(mx: Any) -> Any:
    return list(_executor(mx).reshape(data=(9, 3), allow_up_sizing=True).outputs[0].shape)


@behaviour
def reshape_that_changes_a_parameter(mx: Any) -> Any:
    return _executor(mx).reshape(data=(2, 2))


@behaviour
def reshape_that_changes_a_parameter_allowed(mx: Any) -> Any:
    return list(_executor(mx).reshape(partial_shaping=True, data=(2, 2)).arg_dict["fc1_weight"].shape)


@behaviour
def eval_without_an_argument(mx: Any) -> Any:
    return (mx.sym.var("a") + mx.sym.var("b")).eval(a=mx.nd.ones((2,)))


@behaviour
def eval_returns_a_list(mx: Any) -> Any:
    made = (mx.sym.var("a") + 1).eval(a=mx.nd.ones((2,)))
    return [type(made).__name__, made[0].asnumpy().tolist()]
