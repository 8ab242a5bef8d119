"""Arrays and symbols."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.mxnet.behaviours.networks import linear_net, warned
from tests.mxnet.behaviours.registry import behaviour


@behaviour
def arrays_of_anything_are_float32(mx: Any) -> Any:
    sources: list[Any] = [[1, 2], np.array([1, 2]), np.array([True]), np.array([1.0]), mx.nd.ones((1,), dtype="int8")]
    return [np.dtype(mx.nd.array(source).dtype).name for source in sources]


@behaviour
def array_of_a_number(mx: Any) -> Any:
    return list(mx.nd.array(3.0).shape)


@behaviour
def ones_without_dimensions(mx: Any) -> Any:
    return mx.nd.ones(()).asnumpy()


@behaviour
def zeros_without_elements(mx: Any) -> Any:
    return mx.nd.zeros((0, 3)).asnumpy()


@behaviour
def representation_of_an_array(mx: Any) -> Any:
    return repr(mx.nd.array([[1, 2], [3, 4]]))


@behaviour
def truth_of_several_elements(mx: Any) -> Any:
    return bool(mx.nd.ones((2,)))


@behaviour
def scalar_of_several_elements(mx: Any) -> Any:
    return mx.nd.ones((2,)).asscalar()


@behaviour
def index_out_of_range(mx: Any) -> Any:
    return mx.nd.ones((2,))[5]


@behaviour
def reshape_of_an_array_to_more(mx: Any) -> Any:
    return mx.nd.ones((2,)).reshape((5,))


@behaviour
def sum_of_two_dtypes(mx: Any) -> Any:
    return (mx.nd.ones((2,)) + mx.nd.ones((2,), dtype="int32")).asnumpy()


@behaviour
def sum_of_two_shapes(mx: Any) -> Any:
    return (mx.nd.ones((2,)) + mx.nd.ones((3,))).asnumpy()


@behaviour
def invalid_choice(mx: Any) -> Any:
    return mx.sym.Activation(mx.sym.var("x"), act_type="foo")


@behaviour
def missing_parameter(mx: Any) -> Any:
    return mx.sym.Activation(mx.sym.var("x"))


@behaviour
def unknown_parameter(mx: Any) -> Any:
    return mx.sym.Activation(mx.sym.var("x"), act_type="relu", foo=1)


@behaviour
def unknown_parameter_of_an_operator_without_any(mx: Any) -> Any:
    return mx.sym.relu(mx.sym.var("x"), foo=1, name="r").list_outputs()


@behaviour
def truth_of_a_symbol(mx: Any) -> Any:
    return bool(mx.sym.var("x"))


@behaviour
def symbol_of_an_unknown_name(mx: Any) -> Any:
    return linear_net(mx)["nope"]


@behaviour
def symbol_of_an_unknown_number(mx: Any) -> Any:
    return linear_net(mx)[3]


@behaviour
def a_group_has_no_name(mx: Any) -> Any:
    return mx.sym.Group([mx.sym.var("x"), mx.sym.var("y")]).name


@behaviour
def variable_without_a_name(mx: Any) -> Any:
    return mx.sym.var()


@behaviour
def variable_of_a_number(mx: Any) -> Any:
    return mx.sym.var(3)


@behaviour
def array_given_to_a_symbol(mx: Any) -> Any:
    return mx.sym.exp(mx.nd.ones((2,)))


@behaviour
def missing_inputs_become_variables(mx: Any) -> Any:
    return mx.sym.elemwise_add(mx.sym.var("x"), name="sum").list_arguments()


@behaviour
def infer_shape_that_fails(mx: Any) -> Any:
    return linear_net(mx).infer_shape(data=(2, 3), fc1_weight=(9, 9))


@behaviour
def infer_shape_that_is_incomplete(mx: Any) -> Any:
    made: list[Any] = []
    said = warned(lambda: made.extend((mx.sym.var("x") + mx.sym.var("y")).infer_shape()))
    return [made, [each.split(":")[0] for each in said]]


@behaviour
def infer_shape_by_position_and_name(mx: Any) -> Any:
    return linear_net(mx).infer_shape((2, 3), data=(2, 3))


@behaviour
def infer_shape_of_a_number(mx: Any) -> Any:
    return linear_net(mx).infer_shape(data=3)


@behaviour
def infer_shape_of_an_unknown_name(mx: Any) -> Any:
    return linear_net(mx).infer_shape(nope=(2, 3))


@behaviour
def two_variables_of_one_name(mx: Any) -> Any:
    both = mx.sym.var("a") + mx.sym.exp(mx.sym.var("a"))
    shapes = both.infer_shape(a=(2, 3))
    return [both.list_arguments(), [list(shape) for shape in shapes[1]]]


@behaviour
def bind_of_two_variables_of_one_name(mx: Any) -> Any:
    both = mx.sym.var("a") + mx.sym.exp(mx.sym.var("a"))
    return both.bind(mx.cpu(), {"a": mx.nd.ones((2, 3))}).forward()


@behaviour
def simple_bind_of_two_variables_of_one_name(mx: Any) -> Any:
    both = mx.sym.var("a") + mx.sym.exp(mx.sym.var("a"))
    return both.simple_bind(mx.cpu(), a=(2, 3)).forward()
