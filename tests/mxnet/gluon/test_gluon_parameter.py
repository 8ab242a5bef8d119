"""Parameters and their dictionaries, with the messages of real MXNet 1.9.1."""

from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import InferenceOnlyError
from offboard.mxnet.gluon import Constant, DeferredInitializationError, Parameter, ParameterDict


def test_values_come_with_initialize() -> None:
    weight = Parameter("w", shape=(2, 3))
    with pytest.raises(RuntimeError, match=r"Parameter 'w' has not been initialized. Note that you should initialize"):
        weight.data()
    weight.initialize(mx.init.One())
    assert weight.data().asnumpy().tolist() == [[1, 1, 1], [1, 1, 1]]
    assert weight.list_ctx() == [mx.cpu()]
    with pytest.warns(UserWarning, match="Parameter 'w' is already initialized, ignoring"):
        weight.initialize()
    with pytest.raises(RuntimeError, match=r"not initialized on context cpu\(1\). It was only initialized on \[cpu"):
        weight.data(mx.cpu(1))


def test_an_own_initializer_goes_before_the_default() -> None:
    weight = Parameter("w", shape=3, init="ones")
    weight.initialize(default_init=mx.init.Zero())
    assert weight.data().asnumpy().tolist() == [1, 1, 1]


def test_an_unknown_shape_defers() -> None:
    with pytest.raises(ValueError, match=r"invalid shape: \(0, 3\)"):
        Parameter("w", shape=(0, 3)).initialize()
    weight = Parameter("w", shape=(0, 3), allow_deferred_init=True)
    weight.initialize(mx.init.One())
    with pytest.raises(DeferredInitializationError, match="has not been initialized yet because initialization was"):
        weight.data()
    weight.shape = (2, 3)
    weight._finish_deferred_init()
    assert weight.data().shape == (2, 3)
    with pytest.raises(AssertionError, match=r"Expected shape \(3, 3\) is incompatible with given shape \(2, 3\)"):
        weight.shape = (3, 3)


def test_several_contexts_have_copies() -> None:
    weight = Parameter("w", shape=(2,))
    weight.initialize(mx.init.One(), ctx=[mx.cpu(0), mx.cpu(1)])
    weight.data(mx.cpu(1))[:] = 3
    assert weight.data(mx.cpu(0)).asnumpy().tolist() == [1, 1]
    assert weight._reduce().asnumpy().tolist() == [2, 2]


def test_a_gpu_is_refused() -> None:
    with pytest.raises(mx.MXNetError, match="GPU"):
        Parameter("w", shape=(2,)).initialize(ctx=mx.gpu())


def test_cast() -> None:
    weight = Parameter("w", shape=(2,))
    weight.initialize(mx.init.One())
    weight.dtype = "float16"
    assert weight.data().dtype == np.float16
    assert repr(weight) == "Parameter w (shape=(2,), dtype=float16)"


def test_there_are_no_gradients() -> None:
    weight = Parameter("w", shape=(2,))
    weight.initialize()
    weight.zero_grad()
    with pytest.raises(InferenceOnlyError, match=r"Parameter.grad"):
        weight.grad()
    weight.grad_req = "null"
    with pytest.raises(RuntimeError, match="because grad_req='null'"):
        weight.list_grad()


def test_constants_keep_their_value() -> None:
    fixed = Constant("c", [[1, 2]])
    fixed.initialize(mx.init.Zero())
    assert fixed.data().asnumpy().tolist() == [[1, 2]]
    with pytest.warns(UserWarning, match='new value "write" is ignored'):
        fixed.grad_req = "write"
    assert fixed.grad_req == "null"


def test_get_makes_once_and_merges_shapes() -> None:
    params = ParameterDict("pre_")
    weight = params.get("w", shape=(2, 0))
    assert params.get("w", shape=(0, 3)) is weight
    assert weight.shape == (2, 3)
    assert list(params.keys()) == ["pre_w"]
    with pytest.raises(AssertionError, match=r"attribute 'shape': desired '\(4, 3\)' vs stored '\(2, 3\)'"):
        params.get("w", shape=(4, 3))
    shared = ParameterDict("pre_", shared=params)
    assert shared.get("w") is weight


def test_constants_of_a_dictionary() -> None:
    params = ParameterDict()
    fixed = params.get_constant("c", [1, 2])
    assert params.get_constant("c", np.array([1, 2])) is fixed
    with pytest.raises(AssertionError, match="Constant 'c' already exists but it's value doesn't match"):
        params.get_constant("c", np.array([1, 3]))
    with pytest.raises(KeyError, match="No constant named 'd'"):
        params.get_constant("d")


def test_update_refuses_another_of_the_same_name() -> None:
    first, second = ParameterDict(), ParameterDict()
    first.get("w")
    second.get("w")
    with pytest.raises(AssertionError, match="different Parameters with the same name 'w'"):
        first.update(second)


def test_save_and_load(tmp_path: Path) -> None:
    path = str(tmp_path / "p")
    params = ParameterDict("pre_")
    params.get("w", shape=(2,))
    params.initialize(mx.init.One())
    params.save(path, strip_prefix="pre_")
    assert list(mx.nd.load(path)) == ["w"]
    other = ParameterDict("pre_")
    other.get("w", shape=(2,))
    other.get("u", shape=(2,))
    with pytest.raises(
        AssertionError, match=r"Parameter 'u' is missing in file: .*p, which contains parameters: 'pre_w'"
    ):
        other.load(path, restore_prefix="pre_")
    other.load(path, allow_missing=True, restore_prefix="pre_")
    assert other["pre_w"].data().asnumpy().tolist() == [1, 1]
    with pytest.raises(AssertionError, match=r"Parameter 'w' loaded from file: .* is not present in ParameterDict"):
        other.load(path, allow_missing=True)
    with pytest.raises(ValueError, match="Prefix 'x_' is to be striped before saving"):
        params.save(path, strip_prefix="x_")


@pytest.mark.parametrize(
    ("shape", "dtype", "said"), [((3,), "float32", "shape incompatible"), ((2,), "float64", "dtype incompatible")]
)
def test_what_does_not_fit_is_not_loaded(shape: tuple[int, ...], dtype: str, said: str) -> None:
    params = ParameterDict()
    params.get("w", shape=(2,))
    with pytest.raises(AssertionError, match=f"Failed loading Parameter 'w' from saved params: {said}"):
        params.load_dict({"w": mx.nd.ones(shape, dtype=dtype)})


def test_the_program_keeps_arrays_that_it_loads_from() -> None:
    params, given = ParameterDict(), mx.nd.ones((2,))
    params.get("w", shape=(2,))
    params.load_dict({"arg:w": given})
    params["w"].data()[:] = 5
    assert given.asnumpy().tolist() == [1, 1]


def test_long_lists_are_abridged() -> None:
    params = ParameterDict()
    for number in range(12):
        params.get(f"n{number}", shape=(1,))
    with pytest.raises(AssertionError, match=r"choices are: 'n0', 'n1', 'n2', \.\.\., 'n8', 'n9', 'n10', 'n11'\."):
        params.load_dict({"z": mx.nd.ones((1,))}, allow_missing=True)


def test_a_subclass_takes_over_another_parameter() -> None:
    """As weight dropping does outside of MXNet, through attributes and a method that are not quite public."""

    class Halved(mx.gluon.Parameter):
        def __init__(self, other: mx.gluon.Parameter) -> None:
            super().__init__(other.name, shape=other._shape, dtype=other.dtype)
            self._deferred_init, self._var, self._data = other._deferred_init, other._var, other._data
            self._grad, self._trainer = other._grad, other._trainer
            self._ctx_list, self._ctx_map = other._ctx_list, other._ctx_map

        def data(self, ctx: mx.Context | None = None) -> mx.nd.NDArray:
            return self._check_and_get(self._data, ctx) / 2

    layer = mx.gluon.nn.Dense(2, in_units=3, use_bias=False, weight_initializer="ones")
    layer.initialize()
    layer._reg_params["weight"] = Halved(layer.weight)
    np.testing.assert_array_equal(layer(mx.nd.ones((1, 3))).asnumpy(), [[1.5, 1.5]])
