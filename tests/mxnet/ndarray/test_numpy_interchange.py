"""Arrays among NumPy's: numbers of NumPy in shapes and attributes, and NumPy's functions on arrays."""

import copy
import json
import pickle

import numpy as np
import pytest

import offboard.mxnet as mx

TWO, THREE = np.int64(2), np.int32(3)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda x: mx.sym.reshape(x, shape=(TWO, -1)), {"shape": "(2, -1)"}),
        (
            lambda x: mx.sym.Convolution(x, kernel=(THREE, THREE), num_filter=TWO),
            {"kernel": "(3, 3)", "num_filter": "2"},
        ),
        (
            lambda x: mx.sym.Pooling(x, kernel=np.array([2, 2]), pool_type="max"),
            {"kernel": "[2, 2]", "pool_type": "max"},
        ),
        (lambda x: mx.sym.clip(x, np.float32(0), np.float64(1)), {"a_min": "0.0", "a_max": "1.0"}),
        (lambda x: mx.sym.sum(x, axis=(np.int8(0),)), {"axis": "(0,)"}),
        (lambda x: mx.sym.BatchNorm(x, fix_gamma=np.bool_(False)), {"fix_gamma": "False"}),
        (lambda x: mx.sym.cast(x, dtype=np.dtype("float16")), {"dtype": "float16"}),
        (lambda x: x * np.float32(2), {"scalar": "2.0"}),
        (lambda x: mx.sym.zeros((TWO, THREE)) + x, {"shape": "(2, 3)", "dtype": "float32"}),
    ],
)
def test_attributes_are_plain_numbers(made: object, expected: dict[str, str]) -> None:
    symbol = made(mx.sym.var("x"))  # type: ignore[operator]
    nodes = json.loads(symbol.tojson())["nodes"]
    assert next(node["attrs"] for node in nodes if node["op"] != "null") == expected


def test_shapes_are_plain_numbers() -> None:
    array = mx.nd.zeros((TWO, THREE))
    for each in (
        array, mx.nd.ones(np.array([2, 3])), mx.nd.zeros((6,)).reshape(np.array([2, 3])), mx.nd.full((TWO, THREE), 1),
        mx.nd.random.uniform(shape=(TWO, THREE)), array[np.int64(0) : TWO],
    ):  # fmt: skip
        assert each.shape == (2, 3)
        assert all(type(size) is int for size in each.shape)
    executor = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=TWO).simple_bind(mx.cpu(), x=(TWO, THREE))
    assert type(executor.outputs[0].shape[0]) is int


def test_functions_of_numpy() -> None:
    array = mx.nd.arange(6).reshape((2, 3))
    plain = array.asnumpy()
    for function in (np.exp, np.sort, np.cumsum, np.std, np.median, np.unique, np.isnan, np.linalg.norm, np.argsort):
        np.testing.assert_allclose(np.asarray(function(array)), function(plain))
    for function in (np.add, np.maximum, np.greater, np.array_equal, np.isclose):
        np.testing.assert_array_equal(function(array, array), function(plain, plain))
    np.testing.assert_array_equal(np.concatenate([array, array]), np.concatenate([plain, plain]))
    np.testing.assert_array_equal(np.where(array > 2, array, 0), np.where(plain > 2, plain, 0))
    assert np.asarray(array, dtype="float16").dtype == np.float16
    into = np.zeros((2, 3))
    into[:] = array
    into += array
    np.testing.assert_array_equal(into, plain * 2)
    assert np.arange(3)[mx.nd.array([1], dtype="int32")] == [1]


def test_arithmetic_with_numpy_gives_arrays() -> None:
    array = mx.nd.ones((2, 3))
    for made in (np.ones((2, 3)) * array, array * np.ones((2, 3)), np.float64(2) * array, array + np.int64(1)):
        assert isinstance(made, mx.nd.NDArray)
        assert made.dtype == np.float32


def test_copies_share_nothing() -> None:
    array = mx.nd.ones((2,), dtype="int8")
    for made in (copy.copy(array), copy.deepcopy(array), pickle.loads(pickle.dumps(array))):
        made[:] = 5
        assert made.dtype == np.int8
        assert array.asnumpy().tolist() == [1, 1]
