"""Sparse storage: conversion, slices, files, and what is refused; expectations are MXNet 1.9.1's."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from offboard import mxnet as mx
from offboard.errors import MXNetError

nd = mx.nd
MATRIX = np.array([[0, 1, 0, 2], [0, 0, 0, 0], [3, 0, 4, 0]], np.float32)


def csr() -> nd.sparse.CSRNDArray:
    return nd.array(MATRIX).tostype("csr")


def rows() -> nd.sparse.RowSparseNDArray:
    return nd.array(MATRIX).tostype("row_sparse")


def test_csr_parts() -> None:
    array = csr()
    assert (array.stype, array.shape, array.dtype) == ("csr", (3, 4), np.float32)
    assert array.data.asnumpy().tolist() == [1, 2, 3, 4]
    assert array.indices.asnumpy().tolist() == [1, 3, 0, 2]
    assert array.indptr.asnumpy().tolist() == [0, 2, 2, 4]
    assert array.indptr.dtype == np.int64
    assert repr(array) == "\n<CSRNDArray 3x4 @cpu(0)>"


def test_row_sparse_parts() -> None:
    array = rows()
    assert array.stype == "row_sparse"
    assert array.indices.asnumpy().tolist() == [0, 2]
    np.testing.assert_array_equal(array.data.asnumpy(), MATRIX[[0, 2]])
    np.testing.assert_array_equal(array.retain(nd.array([1, 2])).asnumpy(), MATRIX * [[0], [1], [1]])


@pytest.mark.parametrize("made", [csr, rows])
def test_same_elements(made: type) -> None:
    array = made()
    for each in (
        array,
        array.copy(),
        array.tostype("default"),
        nd.cast_storage(array, "default"),
        array.copyto(nd.zeros((3, 4))),
        array.copyto(nd.zeros((3, 4), stype=array.stype)),
        nd.array(array),
        pickle.loads(pickle.dumps(array)),
        array.astype("float64"),
    ):
        np.testing.assert_array_equal(each.asnumpy(), MATRIX)
    assert nd.array(array).stype == array.stype
    assert nd.zeros_like(array).stype == array.stype


def test_csr_rows_are_sliced() -> None:
    array = csr()
    np.testing.assert_array_equal(array[1:3].asnumpy(), MATRIX[1:3])
    np.testing.assert_array_equal(array[-1].asnumpy(), MATRIX[2:])
    assert array[0:2].stype == "csr"
    with pytest.raises(ValueError, match="Multi-dimension"):
        array[0, 1]
    with pytest.raises(MXNetError, match="empty"):
        array[1:1]
    with pytest.raises(IndexError):
        array[5]


def test_csr_matrix_of_many_things() -> None:
    parts = ([1, 2, 3], [1, 0, 2], [0, 1, 2, 3])
    expected = [[0, 1, 0], [2, 0, 0], [0, 0, 3]]
    for given in (parts, ([1, 2, 3], ([0, 1, 2], [1, 0, 2])), expected, np.array(expected), nd.array(expected)):
        np.testing.assert_array_equal(nd.sparse.csr_matrix(given).asnumpy(), expected)
    assert nd.sparse.csr_matrix(parts).dtype == np.float32
    assert nd.sparse.csr_matrix((np.array(parts[0]), *parts[1:])).dtype == np.int64
    assert nd.sparse.csr_matrix((2, 3)).asnumpy().tolist() == [[0] * 3] * 2
    with pytest.raises(ValueError, match="Shape mismatch"):
        nd.sparse.csr_matrix(np.eye(3), shape=(2, 2))
    with pytest.raises(MXNetError, match="indices"):
        nd.sparse.csr_matrix(([1], [9], [0, 1]), shape=(1, 4))
    with pytest.raises(MXNetError, match="indptr"):
        nd.sparse.csr_matrix(([1, 2, 3], [1, 0, 2], [0, 1, 2]), shape=(3, 4))


def test_row_sparse_array_of_many_things() -> None:
    made = nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [1, 3]), shape=(5, 2))
    assert made.asnumpy().tolist() == [[0, 0], [1, 2], [0, 0], [3, 4], [0, 0]]
    assert nd.sparse.row_sparse_array((6, 2, 3)).shape == (6, 2, 3)
    assert nd.sparse.row_sparse_array(nd.ones((2, 2))).indices.asnumpy().tolist() == [0, 1]
    with pytest.raises(MXNetError, match="indices"):
        nd.sparse.row_sparse_array(([[1]], [5]), shape=(2, 1))


def test_operators_see_all_elements() -> None:
    array = csr()
    for made, expected in (
        (nd.sparse.dot(array, nd.ones((4, 2))), MATRIX @ np.ones((4, 2))),
        (array + array, MATRIX * 2),
        (nd.sparse.add(array, 1), MATRIX + 1),
        (nd.sparse.sum(rows(), axis=0), MATRIX.sum(0)),
        (rows().square(), MATRIX**2),
    ):
        np.testing.assert_array_equal(made.asnumpy(), expected)


def test_in_place() -> None:
    array = csr()
    array *= 2
    assert array.stype == "csr"
    np.testing.assert_array_equal(array.asnumpy(), MATRIX * 2)
    array[:] = nd.ones((3, 4))
    assert array.data.shape == (12,)
    with pytest.raises(ValueError, match=r"only supports \[:\]"):
        array[0] = 1


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "x.params"
    nd.save(path, {"c": csr(), "r": rows(), "d": nd.array(MATRIX), "z": nd.sparse.zeros("csr", (2, 3))})
    loaded = nd.load(path)
    assert [loaded[name].stype for name in "crdz"] == ["csr", "row_sparse", "default", "csr"]
    for name in "crd":
        np.testing.assert_array_equal(loaded[name].asnumpy(), MATRIX)
    assert loaded["z"].asnumpy().tolist() == [[0] * 3] * 2


def test_refusals() -> None:
    with pytest.raises(ValueError, match="from csr to row_sparse"):
        csr().tostype("row_sparse")
    with pytest.raises(MXNetError, match="Invalid Input: 'foo'"):
        nd.ones((2, 2)).tostype("foo")
    with pytest.raises(MXNetError, match="takes a matrix"):
        nd.ones((2,)).tostype("csr")
    with pytest.raises(MXNetError, match="not supported for SparseNDArray"):
        csr().reshape((4, 3))


def test_a_checkpoint_with_sparse_arrays_binds(tmp_path: Path) -> None:
    data = mx.sym.var("data")
    symbol = mx.sym.dot(data, mx.sym.var("w"))
    mx.model.save_checkpoint(str(tmp_path / "m"), 0, symbol, {"w": rows()}, {})
    loaded, args, _ = mx.model.load_checkpoint(str(tmp_path / "m"), 0)
    assert args["w"].stype == "row_sparse"
    executor = loaded.bind(mx.cpu(), {"data": nd.ones((2, 3)), **args})
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), np.ones((2, 3)) @ MATRIX)
