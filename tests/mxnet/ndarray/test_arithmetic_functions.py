"""Arithmetic of arrays and numbers, and the argument rules of operators; expectations are MXNet 1.9.1's."""

import copy
import pickle

import numpy as np
import pytest

from offboard import mxnet as mx
from offboard.errors import MXNetError

nd = mx.nd


def pair(dtype: str = "float32") -> tuple[nd.NDArray, nd.NDArray]:
    return nd.array([[1, 2], [3, 0]], dtype=dtype), nd.array([[1, 2], [3, 1]], dtype=dtype)


@pytest.mark.parametrize(
    ("name", "numpy"),
    [
        ("add", np.add), ("subtract", np.subtract), ("multiply", np.multiply), ("power", np.power),
        ("maximum", np.maximum), ("minimum", np.minimum), ("equal", np.equal), ("not_equal", np.not_equal),
        ("greater", np.greater), ("greater_equal", np.greater_equal), ("lesser", np.less),
        ("lesser_equal", np.less_equal), ("logical_and", np.logical_and), ("logical_or", np.logical_or),
        ("logical_xor", np.logical_xor),
    ],
)  # fmt: skip
def test_arrays_and_numbers_on_both_sides(name: str, numpy: np.ufunc) -> None:
    a, b = pair()
    x, y = a.asnumpy(), b.asnumpy()
    function = getattr(nd, name)
    for made, expected in (
        (function(a, b), numpy(x, y)),
        (function(a, 2), numpy(x, 2)),
        (function(2, a), numpy(2, x)),
        (function(a, nd.array([1, 2])), numpy(x, [1, 2])),
    ):
        assert made.dtype == np.float32
        np.testing.assert_array_equal(made.asnumpy(), expected.astype(np.float32))
    assert function(2, 3) == numpy(2, 3)
    with pytest.raises(TypeError, match="not supported"):
        function(a, "x")


def test_a_number_takes_the_dtype_of_the_array() -> None:
    a, _ = pair("int32")
    assert (a + 1.5).asnumpy().tolist() == [[2, 3], [4, 1]]
    assert (a * np.float32(2.5)).dtype == np.int32
    a -= 2.5
    assert a.asnumpy().tolist() == [[-1, 0], [1, -2]]
    assert (-nd.array([1], dtype="uint8")).asnumpy().tolist() == [255]


def test_dtypes_and_shapes_must_fit() -> None:
    a, _ = pair()
    with pytest.raises(MXNetError):
        a + nd.ones((2, 2), dtype="int32")
    with pytest.raises(MXNetError):
        a + nd.ones((3,))
    for other in (None, "x", [1, 2]):
        with pytest.raises(TypeError):
            a + other
        with pytest.raises(TypeError):
            a == other  # noqa: B015


def test_in_place_keeps_the_array() -> None:
    a, b = pair()
    same = a
    a %= 2
    a += b
    a /= 2
    assert a is same
    np.testing.assert_array_equal(same.asnumpy(), [[1, 1], [2, 0.5]])


def test_numpy_takes_arrays() -> None:
    a, _ = pair()
    np.testing.assert_array_equal(np.add(a, 1), a.asnumpy() + 1)
    np.testing.assert_array_equal(np.asarray(a), a.asnumpy())
    assert isinstance(np.ones((2, 2)) + a, nd.NDArray)


def test_argument_rules() -> None:
    a, b = pair()
    np.testing.assert_array_equal(nd.FullyConnected(a, b, None, 2, True).asnumpy(), a.asnumpy() @ b.asnumpy().T)
    np.testing.assert_array_equal(nd.sum(a, 1).asnumpy(), [3, 3])
    np.testing.assert_array_equal(nd.elemwise_sub(rhs=a, lhs=b).asnumpy(), b.asnumpy() - a.asnumpy())
    assert nd.cast(a, int).dtype == np.int64
    with pytest.raises(AssertionError, match="Argument data must have NDArray type"):
        nd.relu(3)
    with pytest.raises(AssertionError, match="Positional arguments must have NDArray type"):
        nd.concat([a, b])
    with pytest.raises(MXNetError, match="expects 1 inputs, but got 2"):
        nd.softmax(a, nd.array([1, 2], dtype="int32"))
    with pytest.raises(MXNetError, match="Cannot find argument 'foo'"):
        nd.sum(a, foo=1)


def test_out() -> None:
    a, b = pair()
    assert nd.relu(-a, out=b) is b
    assert b.asnumpy().sum() == 0
    halves = [nd.zeros((2, 1)), nd.zeros((2, 1))]
    assert nd.split(a, num_outputs=2, out=halves) is halves
    np.testing.assert_array_equal(halves[1].asnumpy(), [[2], [0]])
    with pytest.raises(MXNetError, match="shape"):
        nd.relu(a, out=nd.zeros((3,)))
    with pytest.raises(MXNetError, match="dtype"):
        nd.relu(a, out=nd.zeros((2, 2), dtype="int32"))


def test_numpy_numbers_become_plain_ones() -> None:
    symbol = mx.sym.reshape(mx.sym.var("x"), shape=(np.int64(4),))
    assert symbol.attr("shape") == "(4,)"
    assert nd.reshape(pair()[0], shape=(np.int64(4),)).shape == (4,)
    assert type(nd.zeros((np.int64(3),)).shape[0]) is int


def test_memory_is_shared_with_numpy_and_dlpack() -> None:
    memory = np.ones((2, 2), np.float32)
    array = nd.from_numpy(memory)
    memory[0] = 5
    assert array.asnumpy()[0].tolist() == [5, 5]
    again = nd.from_dlpack(array.to_dlpack_for_write())
    again[1] = 3
    assert memory[1].tolist() == [3, 3]
    assert array.version_token() is None


def test_copies() -> None:
    a, _ = pair()
    for made in (pickle.loads(pickle.dumps(a)), copy.deepcopy(a), a.copy(), nd.array(a)):
        made[:] = 9
    np.testing.assert_array_equal(a.asnumpy(), pair()[0].asnumpy())
    assert a.copyto(a) is False
    with pytest.raises(MXNetError):
        a.copyto(nd.zeros((3, 3)))


def test_hand_written_functions() -> None:
    a, b = pair()
    np.testing.assert_array_equal(nd.concatenate([a, b], axis=1).asnumpy(), np.hstack([a.asnumpy(), b.asnumpy()]))
    assert nd.moveaxis(nd.ones((2, 3, 4)), 0, 2).shape == (3, 4, 2)
    assert nd.onehot_encode(nd.array([0, 1]), nd.zeros((2, 3))).asnumpy().tolist() == [[1, 0, 0], [0, 1, 0]]
    assert [each.shape for each in nd.split_v2(nd.arange(6), (2, 4))] == [(2,), (2,), (2,)]
    assert nd.contrib.isnan(nd.array([1, np.nan])).asnumpy().tolist() == [0, 1]
    counts, edges = nd.histogram(a, bins=3)
    assert counts.asnumpy().tolist() == [1, 1, 2]
    assert edges.asnumpy().tolist() == [0, 1, 2, 3]


def test_out_may_be_positional_behind_the_parameters() -> None:
    array, out = mx.nd.array([-1, 2]), mx.nd.zeros((2,))
    assert mx.nd.relu(array, out) is out
    np.testing.assert_array_equal(out.asnumpy(), [0, 2])
    assert mx.nd.clip(array, 0, 1, out, "named") is out
    np.testing.assert_array_equal(out.asnumpy(), [0, 1])
    assert mx.nd.concat(array, array, dim=0, out=mx.nd.zeros((4,))).shape == (4,)
    with pytest.raises(TypeError, match="at most 3 arguments"):
        mx.nd.relu(array, out, "named", 3)
