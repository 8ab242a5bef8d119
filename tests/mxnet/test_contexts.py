"""The CPU's contexts: arrays say which one they are on, and blocks and executors follow it."""

import pickle

import numpy as np
import pytest

import offboard.mxnet as mx

ONE, TWO = mx.cpu(1), mx.cpu(2)


def test_results_are_on_the_context_of_the_first_array() -> None:
    array = mx.nd.ones((2, 3), ctx=ONE)
    for each in (
        array, array + 1, 1 - array, array[0], array[:, 1], array[[0]], array.reshape((3, 2)), array.T, array.copy(),
        array.astype("float16"), array.detach(), mx.nd.relu(array), array + mx.nd.ones((2, 3)), next(iter(array)),
        mx.nd.split(array, 3, axis=1)[0], mx.nd.concat(array, mx.nd.ones((2, 3))),
    ):  # fmt: skip
        assert each.context == ONE
    assert repr(array).endswith("<NDArray 2x3 @cpu(1)>")
    assert (mx.nd.ones((2, 3)) + array).context == mx.cpu()
    assert pickle.loads(pickle.dumps(array)).context == mx.cpu()


def test_arrays_move_as_copies() -> None:
    array = mx.nd.ones((2,), ctx=ONE)
    assert array.as_in_context(ONE) is array
    moved = array.as_in_context(TWO)
    moved[:] = 5
    assert (moved.context, array.asnumpy().tolist()) == (TWO, [1, 1])
    assert array.copyto(TWO).context == TWO
    assert array.copyto(mx.nd.zeros((2,))).context == mx.cpu()


def test_new_arrays_are_where_they_are_wanted() -> None:
    for made in (
        mx.nd.zeros((2,), ctx=TWO), mx.nd.array([1], ctx=TWO), mx.nd.arange(3, ctx=TWO), mx.nd.eye(2, ctx=TWO),
        mx.nd.full((2,), 1, ctx=TWO), mx.nd.random.uniform(shape=(2,), ctx=TWO), mx.nd.empty((2,), TWO),
    ):  # fmt: skip
        assert made.context == TWO
    with TWO:
        assert mx.nd.ones((1,)).context == TWO
    assert mx.nd.ones((1,), ctx=mx.cpu_pinned()).context == mx.cpu_pinned()


def test_blocks_on_several_contexts() -> None:
    net = mx.gluon.nn.Dense(2, in_units=3)
    net.initialize(mx.init.One(), ctx=[mx.cpu(0), ONE])
    assert [each.context for each in net.weight.list_data()] == [mx.cpu(0), ONE]
    parts = mx.gluon.utils.split_and_load(mx.nd.ones((4, 3)), [mx.cpu(0), ONE])
    for hybridized in (False, True):
        net.hybridize(hybridized)
        made = [net(part) for part in parts]
        assert [each.context for each in made] == [mx.cpu(0), ONE]
        np.testing.assert_array_equal(made[1].asnumpy(), [[3, 3]] * 2)
    net.collect_params().reset_ctx(TWO)
    assert net.weight.data().context == TWO


def test_executors_take_arrays_of_their_context() -> None:
    symbol = mx.sym.var("x") + 1
    executor = symbol.simple_bind(ONE, x=(2,))
    assert executor.arg_dict["x"].context == ONE
    assert executor.forward()[0].context == ONE
    assert symbol.bind(ONE, {"x": mx.nd.ones((2,), ctx=ONE)}).forward()[0].context == ONE
    with pytest.raises(mx.MXNetError, match=r"Input array is in cpu\(0\) while binding with ctx=cpu\(1\)"):
        symbol.bind(ONE, {"x": mx.nd.ones((2,))})


def test_results_leave_memory_that_only_holds_arrays() -> None:
    array = mx.nd.ones((2, 3), ctx=mx.cpu_pinned())
    for each in (array[0], array.copy(), array.reshape((3, 2)), array.astype("int32")):
        assert each.context == mx.cpu_pinned()
    for each in (array + 1, array[:, 1], array.T, mx.nd.relu(array)):
        assert each.context == mx.cpu()


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_sparse_arrays_move_in_their_storage(stype: str) -> None:
    moved = mx.nd.array([[0, 1], [2, 0]]).tostype(stype).as_in_context(ONE)
    assert (moved.stype, moved.context) == (stype, ONE)
