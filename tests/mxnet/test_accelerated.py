"""Programs on mx.eia(): the guide's shapes of code, what travels, reshaping, and proof of remoteness."""

import os
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.client import connection, operator
from offboard.errors import AcceleratorOutOfMemoryError

pytestmark = pytest.mark.usefixtures("accelerator")
DIGITS = str(Path(__file__).resolve().parents[1] / "data" / "digits-lenet" / "digits-lenet")
Batch = namedtuple("Batch", ["data"])


def test_simple_bind_on_a_variable_with_a_shape() -> None:
    net = mx.sym.exp(mx.sym.var("data", shape=(1,)))
    executor = net.simple_bind(ctx=mx.eia(), grad_req="null")
    for _ in range(3):
        executor.forward(data=mx.nd.ones((1,)))
        np.testing.assert_allclose(executor.outputs[0].asnumpy(), [np.e], rtol=1e-6)


def test_checkpoint_with_a_random_label() -> None:
    symbol, arguments, auxiliary = mx.model.load_checkpoint(DIGITS, 30)
    stored = np.load(Path(DIGITS).parent / "golden.npz")
    arguments["data"] = image = mx.nd.array(stored["data"][:1])
    arguments["softmax_label"] = mx.nd.random_normal(shape=(1,))
    executor = symbol.bind(ctx=mx.eia(), args=arguments, aux_states=auxiliary, grad_req="null")
    executor.forward(data=image)
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), stored["softmax_output"][:1], rtol=1e-3, atol=1e-5)


def test_module_without_label_names() -> None:
    symbol, arguments, auxiliary = mx.model.load_checkpoint(DIGITS, 30)
    stored = np.load(Path(DIGITS).parent / "golden.npz")
    module = mx.mod.Module(symbol=symbol, context=mx.eia(), label_names=None)
    module.bind(for_training=False, data_shapes=[("data", (1, 1, 8, 8))], label_shapes=module._label_shapes)
    module.set_params(arguments, auxiliary, allow_missing=True)
    module.forward(Batch([mx.nd.array(stored["data"][:1])]))
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), stored["softmax_output"][:1], rtol=1e-3, atol=1e-5)


def test_module_predicts_and_scores() -> None:
    symbol, arguments, auxiliary = mx.model.load_checkpoint(DIGITS, 30)
    stored = np.load(Path(DIGITS).parent / "golden.npz")
    batches = mx.io.NDArrayIter(stored["data"], stored["label"].astype("float32"), batch_size=90)
    module = mx.mod.Module(symbol, context=mx.eia())
    module.bind(batches.provide_data, batches.provide_label, for_training=False)
    module.set_params(arguments, auxiliary)
    np.testing.assert_allclose(module.predict(batches).asnumpy(), stored["softmax_output"], rtol=1e-3, atol=1e-5)
    assert module.score(batches, "acc") == [("accuracy", pytest.approx(float(stored["accuracy"]), abs=1e-6))]


def bound() -> tuple[Any, mx.nd.NDArray, mx.nd.NDArray, np.ndarray]:
    """An executor over a weight, an input, and memory of NumPy's."""
    memory = np.ones((4,), np.float32)
    arguments = {"a": mx.nd.ones((4,)), "weight": mx.nd.ones((4,)), "m": mx.nd.from_numpy(memory)}
    net = mx.sym.Variable("a") * mx.sym.Variable("weight") + mx.sym.Variable("m")
    return net.bind(mx.eia(), arguments), arguments["a"], arguments["weight"], memory


def test_every_write_is_seen_and_only_it_travels() -> None:
    executor, a, weight, memory = bound()
    assert executor.forward()[0].asnumpy().tolist() == [2, 2, 2, 2]
    executor.forward()
    assert executor.report().sent == ["m"]
    a[:] = 3
    assert executor.forward()[0].asnumpy().tolist() == [4, 4, 4, 4]
    assert executor.report().sent == ["a", "m"]
    a[1:3][:] = 5
    assert executor.forward()[0].asnumpy().tolist() == [4, 6, 6, 4]
    a.reshape((2, 2))[0] = 1
    assert executor.forward()[0].asnumpy().tolist() == [2, 2, 6, 4]
    executor.arg_dict["weight"][:] = 2
    assert executor.forward()[0].asnumpy().tolist() == [3, 3, 11, 7]
    assert weight.asnumpy().tolist() == [2, 2, 2, 2]
    memory[:] = 0
    assert executor.forward()[0].asnumpy().tolist() == [2, 2, 10, 6]
    assert executor.report().sent == ["m"]


def test_a_weight_that_changes_becomes_an_input() -> None:
    symbol = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    executor = symbol.simple_bind(mx.eia(), "null", data=(1, 3))
    executor.arg_dict["fc_weight"][:] = 1
    assert executor.forward(data=mx.nd.ones((1, 3)))[0].asnumpy().tolist() == [[3, 3]]
    executor.arg_dict["fc_weight"][0] = 2
    assert executor.forward()[0].asnumpy().tolist() == [[6, 3]]


def test_another_batch_size_makes_a_new_plan() -> None:
    net = mx.sym.exp(mx.sym.Variable("data"))
    executor = net.simple_bind(mx.eia(), "null", data=(2, 300))
    for rows in range(1, 200):
        executor = executor.reshape(allow_up_sizing=True, data=(rows, 300))
        assert executor.forward(data=mx.nd.zeros((rows, 300)))[0].shape == (rows, 300)
    (status,) = operator.describe().accelerators
    assert max(each.plans for each in status.executors) <= 64


def test_forwards_are_counted_on_the_accelerator() -> None:
    executor = mx.sym.exp(mx.sym.Variable("data")).simple_bind(mx.eia(), "null", data=(7,))
    before = sum(each.forwards for each in operator.describe().accelerators[0].executors)
    executor.forward()
    executor.forward()
    assert sum(each.forwards for each in operator.describe().accelerators[0].executors) == before + 2


def test_tensors_through_shared_memory() -> None:
    data = np.random.default_rng(0).standard_normal((3, 224, 224)).astype(np.float32)
    executor = (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=data.shape)
    np.testing.assert_array_equal(executor.forward(data=mx.nd.array(data))[0].asnumpy(), data * 2)
    assert executor._backend._segment is not None


@pytest.mark.parametrize("elements", [1 << 29, 1 << 33])
def test_activations_beyond_the_memory(elements: int) -> None:
    net = mx.sym.sum(mx.sym.broadcast_to(mx.sym.Variable("x"), shape=(elements // 256, 256)))
    with pytest.raises(
        AcceleratorOutOfMemoryError, match=r"EI Request ID: MX-[0-9A-F-]{36} -- EI Accelerator ID: eia-"
    ):
        net.bind(mx.eia(), {"x": mx.nd.ones((1, 256))}, grad_req="null").forward()
    executor = mx.sym.exp(mx.sym.Variable("data")).simple_bind(mx.eia(), "null", data=(1,))
    assert executor.forward()[0].asnumpy().tolist() == [1.0]


def test_children_of_a_fork_infer_for_themselves() -> None:
    executor = (mx.sym.Variable("data") + 1).simple_bind(mx.eia(), "null", data=(1,))
    assert executor.forward(data=mx.nd.zeros((1,)))[0].asnumpy().tolist() == [1.0]
    children = []
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                answer = executor.forward(data=mx.nd.full((1,), number))[0].asnumpy().tolist()
                status = 0 if answer == [number + 1.0] else 2
            finally:
                os._exit(status)
        children.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0, 0]
    assert executor.forward(data=mx.nd.ones((1,)))[0].asnumpy().tolist() == [2.0]


def test_an_executor_outlives_its_connection() -> None:
    executor = (mx.sym.Variable("data") + 1).simple_bind(mx.eia(), "null", data=(1,))
    executor.forward()
    connection.close()
    assert executor.forward(data=mx.nd.ones((1,)))[0].asnumpy().tolist() == [2.0]
