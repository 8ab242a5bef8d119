"""``mx.test_utils``: comparison, random arrays, forward checks."""

import os

import numpy as np
import pytest

import offboard.mxnet as mx

utils = mx.test_utils


def test_tolerances_follow_the_dtypes() -> None:
    one = np.ones(3, np.float32)
    utils.assert_almost_equal(mx.nd.array(one), one + 5e-4)
    utils.assert_almost_equal(one.astype(np.float16), one + 5e-2)
    with pytest.raises(AssertionError, match=r"Location of maximum error: \(1,\), a=1.0+, b=1.5"):
        utils.assert_almost_equal(one, mx.nd.array([1, 1.5, 1]))
    with pytest.raises(AssertionError):
        utils.assert_almost_equal(np.array([1, 2]), np.array([1, 3]))
    utils.assert_almost_equal(one, one + 0.5, rtol={np.dtype(np.float32): 1})
    with pytest.raises(AssertionError, match="are not equal"):
        utils.assert_almost_equal(one, np.ones((1, 3), np.float32), use_broadcast=False)
    utils.assert_almost_equal_with_err(np.arange(10.0), np.r_[np.arange(9.0), 0], etol=0.1)
    utils.assert_almost_equal_ignore_nan(np.array([1, np.nan]), np.array([1, 2.0]))
    assert utils.almost_equal([1.0], [1.0 + 1e-6])
    assert utils.same([1, 2], mx.nd.array([1, 2]))


def test_shared_memory_is_found() -> None:
    array = mx.nd.ones((2, 3))
    assert utils.same_array(array, array.reshape((2, 3)))
    assert not utils.same_array(array, array.copy())


def test_random_arrays() -> None:
    assert utils.rand_ndarray((2, 3), dtype="float64").dtype == np.float64
    sparse = utils.rand_ndarray((4, 3), "csr", 0.5)
    assert (sparse.stype, sparse.shape) == ("csr", (4, 3))
    rows, (data, indices) = utils.rand_sparse_ndarray((6, 2), "row_sparse", rsp_indices=[1, 4])
    np.testing.assert_array_equal(indices, [1, 4])
    np.testing.assert_array_equal(rows.asnumpy()[indices], data)
    assert all(1 <= size <= 4 for size in utils.rand_shape_nd(3, 4))
    assert utils.random_sample([1, 2, 3], 3) == [1, 2, 3]


def test_forward_checks() -> None:
    symbol = mx.sym.var("a") * 2 + mx.sym.var("b")
    inputs = {"a": np.ones((2,)), "b": np.zeros((2,))}
    np.testing.assert_array_equal(utils.simple_forward(symbol, **inputs), [2, 2])
    utils.check_symbolic_forward(symbol, inputs, [np.full((2,), 2)])
    with pytest.raises(AssertionError, match=r"EXPECTED__plus\d+_output"):
        utils.check_symbolic_forward(symbol, [np.ones(2), np.zeros(2)], [np.full((2,), 3)])
    assert utils.check_speed(symbol, inputs, N=2) > 0
    assert utils.same_symbol_structure(symbol, mx.sym.var("x") * 3 + mx.sym.var("y"))
    utils.assert_exception(symbol.infer_shape, mx.MXNetError, a=(2,), b=(3, 4))


def test_environment_is_put_back() -> None:
    with utils.environment({"FRONT_A": "1", "HOME": None}):
        assert os.environ["FRONT_A"] == "1"
        assert "HOME" not in os.environ
    assert "FRONT_A" not in os.environ
    assert "HOME" in os.environ
