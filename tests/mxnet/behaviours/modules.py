"""Modules."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.mxnet.behaviours.networks import Batch, classifier_net, linear_net, linear_weights, made_module, warned
from tests.mxnet.behaviours.registry import BEHAVIOURS, Behaviour, behaviour


@behaviour
def module_bind_returns_nothing(mx: Any) -> Any:
    module = made_module(mx, bound=False, params=False)
    return module.bind([("data", (2, 3))], for_training=False)


@behaviour
def module_unbound_names(mx: Any) -> Any:
    module = made_module(mx, bound=False, params=False, label=True)
    return [list(module.data_names), list(module.label_names), list(module.output_names)]


def _unbound(action: Behaviour, name: str) -> None:
    BEHAVIOURS[f"module unbound {name}"] = lambda mx: action(made_module(mx, bound=False, params=False))


_unbound(lambda module: module.forward(Batch([])), "forward")
_unbound(lambda module: module.init_optimizer(), "init_optimizer")
_unbound(lambda module: module.get_outputs(), "get_outputs")
_unbound(lambda module: module.get_params(), "get_params")
_unbound(lambda module: module.data_shapes, "data_shapes")
_unbound(lambda module: module.label_shapes, "label_shapes")
_unbound(lambda module: module.output_shapes, "output_shapes")
_unbound(lambda module: module.predict(np.zeros((2, 3), "float32")), "predict")
_unbound(lambda module: module.init_params(), "init_params")
_unbound(lambda module: module.set_params({}, {}), "set_params")


@behaviour
def module_forward_without_parameters(mx: Any) -> Any:
    return made_module(mx, params=False).forward(Batch([mx.nd.ones((2, 3))]))


def _logged(module: Any, action: Callable[[], Any]) -> list[str]:
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]
    module.logger = logging.getLogger("behaviours")
    module.logger.addHandler(handler)
    try:
        action()
    finally:
        module.logger.removeHandler(handler)
    return seen


@behaviour
def module_second_bind_is_ignored(mx: Any) -> Any:
    module = made_module(mx)
    seen = _logged(module, lambda: module.bind([("data", (5, 3))], for_training=False))
    return [seen, list(module.data_shapes[0][1])]


@behaviour
def module_second_optimizer_is_ignored(mx: Any) -> Any:
    module = made_module(mx)
    module.init_optimizer(kvstore=None, optimizer="sgd", optimizer_params={"learning_rate": 0.1, "rescale_grad": 1.0})
    seen = _logged(module, lambda: module.init_optimizer(kvstore=None, optimizer="adam"))
    return [seen, module.optimizer_initialized, type(module._optimizer).__name__, module._optimizer.lr]


@behaviour
def module_unknown_optimizer(mx: Any) -> Any:
    return made_module(mx).init_optimizer(kvstore=None, optimizer="nope")


@behaviour
def module_optimizer_that_is_none(mx: Any) -> Any:
    return made_module(mx).init_optimizer(kvstore=None, optimizer=3)


@behaviour
def module_update_without_optimizer(mx: Any) -> Any:
    return made_module(mx).update()


@behaviour
def module_input_gradients_not_asked_for(mx: Any) -> Any:
    return made_module(mx).get_input_grads()


@behaviour
def module_backward_when_bound_for_inference(mx: Any) -> Any:
    return made_module(mx).backward()


@behaviour
def module_inputs_need_grad_for_inference(mx: Any) -> Any:
    return made_module(mx, params=False, inputs_need_grad=True)


@behaviour
def module_unknown_data_name(mx: Any) -> Any:
    return mx.mod.Module(linear_net(mx), data_names=["nope"], label_names=None)


@behaviour
def module_unknown_fixed_parameter(mx: Any) -> Any:
    return mx.mod.Module(linear_net(mx), label_names=None, fixed_param_names=["nope"])


@behaviour
def module_unknown_label_name_warns(mx: Any) -> Any:
    return warned(lambda: mx.mod.Module(linear_net(mx), label_names=["nope"]))


@behaviour
def module_data_shapes_of_another_name(mx: Any) -> Any:
    return made_module(mx, bound=False, params=False).bind([("other", (2, 3))], for_training=False)


@behaviour
def module_label_shapes_may_be_missing(mx: Any) -> Any:
    module = mx.mod.Module(classifier_net(mx))
    said = warned(lambda: module.bind([("data", (2, 3))], for_training=False))
    module.init_params(mx.init.One())
    module.forward(Batch([mx.nd.ones((2, 3))]))
    return [said, list(module.get_outputs()[0].shape)]


@behaviour
def module_wrong_shapes_at_bind(mx: Any) -> Any:
    symbol = mx.sym.FullyConnected(mx.sym.var("data"), mx.sym.var("w", shape=(4, 7)), num_hidden=4, name="fc1")
    return mx.mod.Module(symbol, label_names=None).bind([("data", (2, 3))], for_training=False)


@behaviour
def set_params_with_a_name_missing(mx: Any) -> Any:
    weights = linear_weights(mx)
    del weights["fc1_bias"]
    return made_module(mx, params=False).set_params(weights, {})


@behaviour
def set_params_with_a_name_allowed_missing(mx: Any) -> Any:
    module = made_module(mx)
    module.set_params({"fc1_bias": mx.nd.full((4,), 5)}, {}, allow_missing=True)
    return [module.params_initialized, module.get_params()[0]["fc1_weight"].asnumpy().tolist()]


@behaviour
def set_params_with_a_name_too_many(mx: Any) -> Any:
    return made_module(mx).set_params({**linear_weights(mx), "extra": mx.nd.ones((1,))}, {})


@behaviour
def set_params_of_another_shape(mx: Any) -> Any:
    module = made_module(mx)
    module.set_params({"fc1_weight": mx.nd.ones((4, 9)), "fc1_bias": mx.nd.ones((4,))}, {})
    return module.get_params()


@behaviour
def set_params_of_another_dtype_are_cast(mx: Any) -> Any:
    module = made_module(mx)
    module.set_params({name: array.astype("float64") for name, array in linear_weights(mx).items()}, {})
    return [np.dtype(array.dtype).name for array in module.get_params()[0].values()]


@behaviour
def set_params_of_nothing(mx: Any) -> Any:
    return made_module(mx).set_params(None, None)


@behaviour
def a_label_that_is_not_named_is_a_parameter(mx: Any) -> Any:
    module = mx.mod.Module(classifier_net(mx), label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    return module.set_params(linear_weights(mx), {})


@behaviour
def a_label_that_is_not_named_may_be_missing(mx: Any) -> Any:
    module = mx.mod.Module(classifier_net(mx), label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    module.set_params(linear_weights(mx), {}, allow_missing=True)
    return module.params_initialized


@behaviour
def module_forward_of_another_batch_size(mx: Any) -> Any:
    module = made_module(mx)
    module.forward(Batch([mx.nd.ones((7, 3))]))
    return list(module.get_outputs()[0].shape)


@behaviour
def module_forward_of_another_batch_size_with_an_inferred_label(mx: Any) -> Any:
    module = mx.mod.Module(classifier_net(mx), label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    module.set_params(linear_weights(mx), {}, allow_missing=True)
    return module.forward(Batch([mx.nd.ones((7, 3))]))


@behaviour
def module_forward_of_other_features(mx: Any) -> Any:
    return made_module(mx).forward(Batch([mx.nd.ones((2, 5))]))


@behaviour
def module_forward_of_more_arrays_than_names(mx: Any) -> Any:
    module = made_module(mx)
    module.forward(Batch([mx.nd.ones((2, 3)), mx.nd.ones((9,))]))
    return module.get_outputs()[0].asnumpy().tolist()


@behaviour
def module_forward_of_float64(mx: Any) -> Any:
    module = made_module(mx)
    module.forward(Batch([mx.nd.ones((2, 3), dtype="float64")]))
    return np.dtype(module.get_outputs()[0].dtype).name


@behaviour
def module_forward_of_numpy_arrays(mx: Any) -> Any:
    return made_module(mx).forward(Batch([np.ones((2, 3), "float32")]))


@behaviour
def module_predict_of_an_array(mx: Any) -> Any:
    return list(made_module(mx).predict(mx.nd.ones((2, 3))).shape)


@behaviour
def module_predict_removes_padding(mx: Any) -> Any:
    made = made_module(mx).predict(mx.io.NDArrayIter(np.ones((5, 3), "float32"), batch_size=2))
    return [type(made).__name__, list(made.shape)]


@behaviour
def module_predict_of_unmerged_batches(mx: Any) -> Any:
    made = made_module(mx).predict(mx.io.NDArrayIter(np.ones((5, 3), "float32"), batch_size=2), merge_batches=False)
    return [[list(array.shape) for array in batch] for batch in made]


@behaviour
def module_predict_always_a_list(mx: Any) -> Any:
    made = made_module(mx).predict(np.ones((2, 3), "float32"), always_output_list=True)
    return [type(made).__name__, len(made)]


@behaviour
def bucketing_module_takes_the_key_of_the_batch(mx: Any) -> Any:
    def net(key: int) -> Any:
        data = mx.sym.sum(mx.sym.var("data"), axis=1, keepdims=True)
        return mx.sym.FullyConnected(data, num_hidden=2, name="fc"), ("data",), None

    module = mx.mod.BucketingModule(net, default_bucket_key=8)
    module.bind([("data", (2, 8))], for_training=False)
    module.init_params(mx.init.One())
    batch = mx.io.DataBatch([mx.nd.ones((2, 5))], bucket_key=5, provide_data=[("data", (2, 5))])
    module.forward(batch)
    return module.get_outputs()[0].asnumpy().tolist()
