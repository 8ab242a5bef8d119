"""What programs notice of MXNet beside its numbers: one function a behaviour, the same for ours and for real MXNet.

Each takes the library and returns what it saw, or raises what the library raises.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Behaviour = Callable[[Any], Any]
Batch = namedtuple("Batch", ["data"])

BEHAVIOURS: dict[str, Behaviour] = {}


def _behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__.replace("_", " ").strip()] = function
    return function


def _net(mx: Any) -> Any:
    return mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc1")


def _classifier(mx: Any) -> Any:
    return mx.sym.SoftmaxOutput(_net(mx), name="softmax")


def _module(mx: Any, *, bound: bool = True, params: bool = True, label: bool = False, **options: Any) -> Any:
    symbol = _classifier(mx) if label else _net(mx)
    names = ("softmax_label",) if label else None
    module = mx.mod.Module(symbol, label_names=names)
    if bound:
        shapes = [("softmax_label", (2,))] if label else None
        module.bind([("data", (2, 3))], shapes, for_training=False, **options)
    if params:
        module.init_params(mx.init.One())
    return module


def _weights(mx: Any, outputs: int = 4) -> dict[str, Any]:
    return {"fc1_weight": mx.nd.ones((outputs, 3)), "fc1_bias": mx.nd.zeros((4,))}


def _warned(function: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [type(each.message).__name__ + ": " + str(each.message).strip().splitlines()[0] for each in caught]


# Module


@_behaviour
def module_bind_returns_nothing(mx: Any) -> Any:
    module = _module(mx, bound=False, params=False)
    return module.bind([("data", (2, 3))], for_training=False)


@_behaviour
def module_unbound_names(mx: Any) -> Any:
    module = _module(mx, bound=False, params=False, label=True)
    return [list(module.data_names), list(module.label_names), list(module.output_names)]


def _unbound(action: Behaviour, name: str) -> None:
    BEHAVIOURS[f"module unbound {name}"] = lambda mx: action(_module(mx, bound=False, params=False))


_unbound(lambda module: module.forward(Batch([])), "forward")
_unbound(lambda module: module.get_outputs(), "get_outputs")
_unbound(lambda module: module.get_params(), "get_params")
_unbound(lambda module: module.data_shapes, "data_shapes")
_unbound(lambda module: module.label_shapes, "label_shapes")
_unbound(lambda module: module.output_shapes, "output_shapes")
_unbound(lambda module: module.predict(np.zeros((2, 3), "float32")), "predict")
_unbound(lambda module: module.init_params(), "init_params")
_unbound(lambda module: module.set_params({}, {}), "set_params")


@_behaviour
def module_forward_without_parameters(mx: Any) -> Any:
    return _module(mx, params=False).forward(Batch([mx.nd.ones((2, 3))]))


@_behaviour
def module_second_bind_is_ignored(mx: Any) -> Any:
    module = _module(mx)
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]
    module.logger = logging.getLogger("behaviours")
    module.logger.addHandler(handler)
    try:
        module.bind([("data", (5, 3))], for_training=False)
    finally:
        module.logger.removeHandler(handler)
    return [seen, list(module.data_shapes[0][1])]


@_behaviour
def module_update_without_optimizer(mx: Any) -> Any:
    return _module(mx).update()


@_behaviour
def module_input_gradients_not_asked_for(mx: Any) -> Any:
    return _module(mx).get_input_grads()


@_behaviour
def module_backward_when_bound_for_inference(mx: Any) -> Any:
    return _module(mx).backward()


@_behaviour
def module_inputs_need_grad_for_inference(mx: Any) -> Any:
    return _module(mx, params=False, inputs_need_grad=True)


@_behaviour
def module_unknown_data_name(mx: Any) -> Any:
    return mx.mod.Module(_net(mx), data_names=["nope"], label_names=None)


@_behaviour
def module_unknown_fixed_parameter(mx: Any) -> Any:
    return mx.mod.Module(_net(mx), label_names=None, fixed_param_names=["nope"])


@_behaviour
def module_unknown_label_name_warns(mx: Any) -> Any:
    return _warned(lambda: mx.mod.Module(_net(mx), label_names=["nope"]))


@_behaviour
def module_data_shapes_of_another_name(mx: Any) -> Any:
    return _module(mx, bound=False, params=False).bind([("other", (2, 3))], for_training=False)


@_behaviour
def module_label_shapes_may_be_missing(mx: Any) -> Any:
    module = mx.mod.Module(_classifier(mx))
    said = _warned(lambda: module.bind([("data", (2, 3))], for_training=False))
    module.init_params(mx.init.One())
    module.forward(Batch([mx.nd.ones((2, 3))]))
    return [said, list(module.get_outputs()[0].shape)]


@_behaviour
def module_wrong_shapes_at_bind(mx: Any) -> Any:
    symbol = mx.sym.FullyConnected(mx.sym.var("data"), mx.sym.var("w", shape=(4, 7)), num_hidden=4, name="fc1")
    return mx.mod.Module(symbol, label_names=None).bind([("data", (2, 3))], for_training=False)


@_behaviour
def set_params_with_a_name_missing(mx: Any) -> Any:
    weights = _weights(mx)
    del weights["fc1_bias"]
    return _module(mx, params=False).set_params(weights, {})


@_behaviour
def set_params_with_a_name_allowed_missing(mx: Any) -> Any:
    module = _module(mx)
    module.set_params({"fc1_bias": mx.nd.full((4,), 5)}, {}, allow_missing=True)
    return [module.params_initialized, module.get_params()[0]["fc1_weight"].asnumpy().tolist()]


@_behaviour
def set_params_with_a_name_too_many(mx: Any) -> Any:
    return _module(mx).set_params({**_weights(mx), "extra": mx.nd.ones((1,))}, {})


@_behaviour
def set_params_of_another_shape(mx: Any) -> Any:
    module = _module(mx)
    module.set_params({"fc1_weight": mx.nd.ones((4, 9)), "fc1_bias": mx.nd.ones((4,))}, {})
    return module.get_params()


@_behaviour
def set_params_of_another_dtype_are_cast(mx: Any) -> Any:
    module = _module(mx)
    module.set_params({name: array.astype("float64") for name, array in _weights(mx).items()}, {})
    return [np.dtype(array.dtype).name for array in module.get_params()[0].values()]


@_behaviour
def set_params_of_nothing(mx: Any) -> Any:
    return _module(mx).set_params(None, None)


@_behaviour
def a_label_that_is_not_named_is_a_parameter(mx: Any) -> Any:
    module = mx.mod.Module(_classifier(mx), label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    return module.set_params(_weights(mx), {})


@_behaviour
def a_label_that_is_not_named_may_be_missing(mx: Any) -> Any:
    module = mx.mod.Module(_classifier(mx), label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    module.set_params(_weights(mx), {}, allow_missing=True)
    return module.params_initialized


@_behaviour
def module_forward_of_another_batch_size(mx: Any) -> Any:
    module = _module(mx)
    module.forward(Batch([mx.nd.ones((7, 3))]))
    return list(module.get_outputs()[0].shape)


@_behaviour
def module_forward_of_another_batch_size_with_an_inferred_label(mx: Any) -> Any:
    module = mx.mod.Module(_classifier(mx), label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    module.set_params(_weights(mx), {}, allow_missing=True)
    return module.forward(Batch([mx.nd.ones((7, 3))]))


@_behaviour
def module_forward_of_other_features(mx: Any) -> Any:
    return _module(mx).forward(Batch([mx.nd.ones((2, 5))]))


@_behaviour
def module_forward_of_more_arrays_than_names(mx: Any) -> Any:
    module = _module(mx)
    module.forward(Batch([mx.nd.ones((2, 3)), mx.nd.ones((9,))]))
    return module.get_outputs()[0].asnumpy().tolist()


@_behaviour
def module_forward_of_float64(mx: Any) -> Any:
    module = _module(mx)
    module.forward(Batch([mx.nd.ones((2, 3), dtype="float64")]))
    return np.dtype(module.get_outputs()[0].dtype).name


@_behaviour
def module_forward_of_numpy_arrays(mx: Any) -> Any:
    return _module(mx).forward(Batch([np.ones((2, 3), "float32")]))


@_behaviour
def module_predict_of_an_array(mx: Any) -> Any:
    return list(_module(mx).predict(mx.nd.ones((2, 3))).shape)


@_behaviour
def module_predict_removes_padding(mx: Any) -> Any:
    made = _module(mx).predict(mx.io.NDArrayIter(np.ones((5, 3), "float32"), batch_size=2))
    return [type(made).__name__, list(made.shape)]


@_behaviour
def module_predict_of_unmerged_batches(mx: Any) -> Any:
    made = _module(mx).predict(mx.io.NDArrayIter(np.ones((5, 3), "float32"), batch_size=2), merge_batches=False)
    return [[list(array.shape) for array in batch] for batch in made]


@_behaviour
def module_predict_always_a_list(mx: Any) -> Any:
    made = _module(mx).predict(np.ones((2, 3), "float32"), always_output_list=True)
    return [type(made).__name__, len(made)]


@_behaviour
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


# Contexts


@_behaviour
def gpus_are_named_and_none_is_there(mx: Any) -> Any:
    return [str(mx.gpu(1)), mx.context.num_gpus(), mx.gpu(1).device_typeid]


@_behaviour
def kinds_of_devices(mx: Any) -> Any:
    return {str(key): name for key, name in mx.Context.devtype2str.items() if key != 6}


@_behaviour
def unknown_kind_of_device(mx: Any) -> Any:
    return mx.Context("tpu")


@_behaviour
def array_on_a_gpu(mx: Any) -> Any:
    return mx.nd.array([1, 2], ctx=mx.gpu()).asnumpy()


@_behaviour
def zeros_on_a_gpu(mx: Any) -> Any:
    return mx.nd.zeros((2,), ctx=mx.gpu()).asnumpy()


@_behaviour
def as_in_context_of_a_gpu(mx: Any) -> Any:
    return mx.nd.ones((2,)).as_in_context(mx.gpu()).asnumpy()


@_behaviour
def simple_bind_on_a_gpu(mx: Any) -> Any:
    return _net(mx).simple_bind(mx.gpu(), data=(2, 3))


@_behaviour
def module_bind_on_a_gpu(mx: Any) -> Any:
    module = mx.mod.Module(_net(mx), label_names=None, context=mx.gpu())
    return module.bind([("data", (2, 3))], for_training=False)


@_behaviour
def bind_on_a_gpu(mx: Any) -> Any:
    return _net(mx).bind(mx.gpu(), {"data": mx.nd.ones((2, 3)), **_weights(mx)})


@_behaviour
def memory_of_a_gpu(mx: Any) -> Any:
    return mx.context.gpu_memory_info(0)


# Executor


@_behaviour
def simple_bind_without_shapes(mx: Any) -> Any:
    return _net(mx).simple_bind(mx.cpu())


@_behaviour
def simple_bind_with_wrong_shapes(mx: Any) -> Any:
    return _net(mx).simple_bind(mx.cpu(), data=(2, 3), fc1_weight=(9, 9))


@_behaviour
def simple_bind_with_an_unknown_name(mx: Any) -> Any:
    return list(_net(mx).simple_bind(mx.cpu(), data=(2, 3), nope=(1,)).outputs[0].shape)


def _arguments(mx: Any) -> dict[str, Any]:
    return {"data": mx.nd.ones((2, 3)), **_weights(mx)}


def _executor(mx: Any, **options: Any) -> Any:
    return _net(mx).bind(mx.cpu(), _arguments(mx), **options)


@_behaviour
def bind_without_an_argument(mx: Any) -> Any:
    arguments = _arguments(mx)
    del arguments["fc1_weight"]
    return _net(mx).bind(mx.cpu(), arguments)


@_behaviour
def bind_with_a_list_of_another_length(mx: Any) -> Any:
    return _net(mx).bind(mx.cpu(), [mx.nd.ones((2, 3))])


@_behaviour
def bind_without_auxiliary_states(mx: Any) -> Any:
    norm = mx.sym.BatchNorm(mx.sym.var("data"), name="bn")
    arguments = {"data": mx.nd.ones((2, 3)), "bn_gamma": mx.nd.ones((3,)), "bn_beta": mx.nd.ones((3,))}
    return norm.bind(mx.cpu(), arguments)


@_behaviour
def bind_with_contradicting_shapes(mx: Any) -> Any:
    return _net(mx).bind(mx.cpu(), {**_arguments(mx), "fc1_weight": mx.nd.ones((4, 5))})


@_behaviour
def bind_with_an_array_too_many(mx: Any) -> Any:
    executor = _net(mx).bind(mx.cpu(), {**_arguments(mx), "extra": mx.nd.ones((1,))})
    return executor.forward()[0].asnumpy().tolist()


@_behaviour
def forward_of_an_unknown_name(mx: Any) -> Any:
    return _executor(mx).forward(foo=mx.nd.ones((1,)))


@_behaviour
def forward_of_another_shape(mx: Any) -> Any:
    return _executor(mx).forward(data=mx.nd.ones((3, 3)))


@_behaviour
def forward_of_a_numpy_array(mx: Any) -> Any:
    return _executor(mx).forward(data=np.full((2, 3), 2, "float32"))[0].asnumpy().tolist()


@_behaviour
def outputs_exist_before_the_forward(mx: Any) -> Any:
    return [list(output.shape) for output in _executor(mx).outputs]


@_behaviour
def backward_without_gradient_arrays(mx: Any) -> Any:
    return _executor(mx, grad_req="null").backward()


@_behaviour
def gradients_of_grad_req_null(mx: Any) -> Any:
    return _executor(mx, grad_req="null").grad_dict


@_behaviour
def copy_params_of_an_unknown_name(mx: Any) -> Any:
    return _executor(mx).copy_params_from({"zz": mx.nd.ones((1,))})


@_behaviour
def copy_params_of_an_unknown_name_allowed(mx: Any) -> Any:
    return _executor(mx).copy_params_from({"zz": mx.nd.ones((1,))}, allow_extra_params=True)


@_behaviour
def copy_params_of_another_shape(mx: Any) -> Any:
    executor = _executor(mx)
    executor.copy_params_from({"fc1_weight": mx.nd.ones((4, 9))})
    return executor.forward()[0].asnumpy()


@_behaviour
def reshape_to_more(mx: Any) -> Any:
    return _executor(mx).reshape(data=(9, 3))


@_behaviour
def reshape_to_more_allowed(mx: Any) -> Any:
    return list(_executor(mx).reshape(data=(9, 3), allow_up_sizing=True).outputs[0].shape)


@_behaviour
def reshape_that_changes_a_parameter(mx: Any) -> Any:
    return _executor(mx).reshape(data=(2, 2))


@_behaviour
def reshape_that_changes_a_parameter_allowed(mx: Any) -> Any:
    return list(_executor(mx).reshape(partial_shaping=True, data=(2, 2)).arg_dict["fc1_weight"].shape)


@_behaviour
def eval_without_an_argument(mx: Any) -> Any:
    return (mx.sym.var("a") + mx.sym.var("b")).eval(a=mx.nd.ones((2,)))


@_behaviour
def eval_returns_a_list(mx: Any) -> Any:
    made = (mx.sym.var("a") + 1).eval(a=mx.nd.ones((2,)))
    return [type(made).__name__, made[0].asnumpy().tolist()]


# Checkpoints and Gluon


@_behaviour
def load_checkpoint_that_is_not_there(mx: Any) -> Any:
    return mx.model.load_checkpoint("not-there", 1)


def _in_folder(action: Callable[[Any, str], Any], name: str) -> None:
    def behaviour(mx: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return action(mx, folder)

    BEHAVIOURS[name] = behaviour


def _checkpoint(mx: Any, folder: str, **arrays: Any) -> str:
    prefix = str(Path(folder) / "net")
    _net(mx).save(f"{prefix}-symbol.json")
    mx.nd.save(f"{prefix}-0003.params", arrays)
    return prefix


def _loaded_names(mx: Any, folder: str) -> Any:
    given = {"arg:fc1_bias": mx.nd.ones((4,)), "aux:m": mx.nd.ones((1,)), "other:x": mx.nd.ones((1,))}
    symbol, arguments, states = mx.model.load_checkpoint(_checkpoint(mx, folder, **given), 3)
    return [type(symbol).__name__, sorted(arguments), sorted(states)]


_in_folder(_loaded_names, "other prefixes of parameters are dropped")
_in_folder(
    lambda mx, folder: mx.model.load_checkpoint(_checkpoint(mx, folder, plain=mx.nd.ones((1,))), 3),
    "a parameter without a prefix",
)
_in_folder(
    lambda mx, folder: mx.nd.save(str(Path(folder) / "no" / "x.params"), [mx.nd.ones((1,))]),
    "saving arrays to a missing directory",
)
_in_folder(
    lambda mx, folder: _net(mx).save(str(Path(folder) / "no" / "x.json")), "saving a symbol to a missing directory"
)


def _saved_without_casts(mx: Any, folder: str) -> Any:
    prefix = str(Path(folder) / "net")
    cast = mx.sym.amp_cast(_net(mx), dtype="float32", name="cast")
    mx.model.save_checkpoint(prefix, 1, cast, _weights(mx), {})
    return [sorted(path.name for path in Path(folder).iterdir()), mx.sym.load(f"{prefix}-symbol.json").list_outputs()]


_in_folder(_saved_without_casts, "saved checkpoints have no amp_cast")


@_behaviour
def loading_a_symbol_from_a_number(mx: Any) -> Any:
    return mx.sym.load(3)


@_behaviour
def loading_a_symbol_from_a_number_as_json(mx: Any) -> Any:
    return mx.sym.load_json(3)


@_behaviour
def loading_arrays_from_a_number(mx: Any) -> Any:
    return mx.nd.load(3)


def _imported(names: Any, arrays: Callable[[Any], dict[str, Any]] | None, **options: Any) -> Callable[[Any, str], Any]:
    def action(mx: Any, folder: str) -> Any:
        prefix = _checkpoint(mx, folder, **(arrays(mx) if arrays else {}))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            block = mx.gluon.SymbolBlock.imports(
                f"{prefix}-symbol.json", names, f"{prefix}-0003.params" if arrays else None, **options
            )
            return block(mx.nd.ones((2, 3))).asnumpy().tolist()

    return action


def _complete(mx: Any) -> dict[str, Any]:
    return {f"arg:{name}": array for name, array in _weights(mx).items()}


def _incomplete(mx: Any) -> dict[str, Any]:
    return {"arg:fc1_weight": mx.nd.ones((4, 3))}


def _extra(mx: Any) -> dict[str, Any]:
    return {**_complete(mx), "arg:extra": mx.nd.ones((1,))}


_in_folder(_imported(["data"], _complete), "imports of a network")
_in_folder(_imported(["nope"], _complete), "imports with a wrong input name")
_in_folder(_imported(["data"], _incomplete), "imports of incomplete parameters")
_in_folder(_imported(["data"], _incomplete, allow_missing=True), "imports of incomplete parameters allowed")
_in_folder(_imported(["data"], _extra), "imports of extra parameters")
_in_folder(_imported(["data"], _extra, ignore_extra=True), "imports of extra parameters allowed")
_in_folder(_imported(["data"], None), "a call of an imported network without parameters")


@_behaviour
def imports_of_a_missing_file(mx: Any) -> Any:
    return mx.gluon.SymbolBlock.imports("not-there-symbol.json", ["data"])


# NDArray and Symbol


@_behaviour
def arrays_of_anything_are_float32(mx: Any) -> Any:
    sources: list[Any] = [[1, 2], np.array([1, 2]), np.array([True]), np.array([1.0]), mx.nd.ones((1,), dtype="int8")]
    return [np.dtype(mx.nd.array(source).dtype).name for source in sources]


@_behaviour
def array_of_a_number(mx: Any) -> Any:
    return list(mx.nd.array(3.0).shape)


@_behaviour
def ones_without_dimensions(mx: Any) -> Any:
    return mx.nd.ones(()).asnumpy()


@_behaviour
def zeros_without_elements(mx: Any) -> Any:
    return mx.nd.zeros((0, 3)).asnumpy()


@_behaviour
def representation_of_an_array(mx: Any) -> Any:
    return repr(mx.nd.array([[1, 2], [3, 4]]))


@_behaviour
def truth_of_several_elements(mx: Any) -> Any:
    return bool(mx.nd.ones((2,)))


@_behaviour
def scalar_of_several_elements(mx: Any) -> Any:
    return mx.nd.ones((2,)).asscalar()


@_behaviour
def index_out_of_range(mx: Any) -> Any:
    return mx.nd.ones((2,))[5]


@_behaviour
def reshape_of_an_array_to_more(mx: Any) -> Any:
    return mx.nd.ones((2,)).reshape((5,))


@_behaviour
def sum_of_two_dtypes(mx: Any) -> Any:
    return (mx.nd.ones((2,)) + mx.nd.ones((2,), dtype="int32")).asnumpy()


@_behaviour
def sum_of_two_shapes(mx: Any) -> Any:
    return (mx.nd.ones((2,)) + mx.nd.ones((3,))).asnumpy()


@_behaviour
def invalid_choice(mx: Any) -> Any:
    return mx.sym.Activation(mx.sym.var("x"), act_type="foo")


@_behaviour
def missing_parameter(mx: Any) -> Any:
    return mx.sym.Activation(mx.sym.var("x"))


@_behaviour
def unknown_parameter(mx: Any) -> Any:
    return mx.sym.Activation(mx.sym.var("x"), act_type="relu", foo=1)


@_behaviour
def unknown_parameter_of_an_operator_without_any(mx: Any) -> Any:
    return mx.sym.relu(mx.sym.var("x"), foo=1, name="r").list_outputs()


@_behaviour
def truth_of_a_symbol(mx: Any) -> Any:
    return bool(mx.sym.var("x"))


@_behaviour
def symbol_of_an_unknown_name(mx: Any) -> Any:
    return _net(mx)["nope"]


@_behaviour
def symbol_of_an_unknown_number(mx: Any) -> Any:
    return _net(mx)[3]


@_behaviour
def a_group_has_no_name(mx: Any) -> Any:
    return mx.sym.Group([mx.sym.var("x"), mx.sym.var("y")]).name


@_behaviour
def variable_without_a_name(mx: Any) -> Any:
    return mx.sym.var()


@_behaviour
def variable_of_a_number(mx: Any) -> Any:
    return mx.sym.var(3)


@_behaviour
def array_given_to_a_symbol(mx: Any) -> Any:
    return mx.sym.exp(mx.nd.ones((2,)))


@_behaviour
def missing_inputs_become_variables(mx: Any) -> Any:
    return mx.sym.elemwise_add(mx.sym.var("x"), name="sum").list_arguments()


@_behaviour
def infer_shape_that_fails(mx: Any) -> Any:
    return _net(mx).infer_shape(data=(2, 3), fc1_weight=(9, 9))


@_behaviour
def infer_shape_that_is_incomplete(mx: Any) -> Any:
    made: list[Any] = []
    said = _warned(lambda: made.extend((mx.sym.var("x") + mx.sym.var("y")).infer_shape()))
    return [made, [each.split(":")[0] for each in said]]


@_behaviour
def infer_shape_by_position_and_name(mx: Any) -> Any:
    return _net(mx).infer_shape((2, 3), data=(2, 3))


@_behaviour
def infer_shape_of_a_number(mx: Any) -> Any:
    return _net(mx).infer_shape(data=3)


@_behaviour
def infer_shape_of_an_unknown_name(mx: Any) -> Any:
    return _net(mx).infer_shape(nope=(2, 3))


@_behaviour
def two_variables_of_one_name(mx: Any) -> Any:
    both = mx.sym.var("a") + mx.sym.exp(mx.sym.var("a"))
    shapes = both.infer_shape(a=(2, 3))
    return [both.list_arguments(), [list(shape) for shape in shapes[1]]]


@_behaviour
def bind_of_two_variables_of_one_name(mx: Any) -> Any:
    both = mx.sym.var("a") + mx.sym.exp(mx.sym.var("a"))
    return both.bind(mx.cpu(), {"a": mx.nd.ones((2, 3))}).forward()


@_behaviour
def simple_bind_of_two_variables_of_one_name(mx: Any) -> Any:
    both = mx.sym.var("a") + mx.sym.exp(mx.sym.var("a"))
    return both.simple_bind(mx.cpu(), a=(2, 3)).forward()
