"""Writing into arrays: slices, coordinates, rows."""

from typing import Any

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.graph.symbol_json import loads
from offboard.operators.infer import infer_shapes
from offboard.runtime.imperative import invoke


def run(operator: str, *inputs: Any, **attrs: Any) -> list[Any]:
    made: list[Any] = invoke(operator, [np.asarray(each) for each in inputs], {k: str(v) for k, v in attrs.items()})
    return made


def test_slices_are_assigned() -> None:
    x = np.zeros((2, 6), np.float32)
    part = np.array([[1, 2, 3]], np.float32)
    (made,) = run("_slice_assign", x, part, begin=(1, None), end=(2, None), step=(1, -2))
    assert made.tolist() == [[0] * 6, [0, 3, 0, 2, 0, 1]]
    (made,) = run("_slice_assign_scalar", np.zeros((2, 3), np.int32), scalar=5.7, begin=(0, 1), end=(2, -1))
    assert made.tolist() == [[0, 5, 0], [0, 5, 0]]
    (made,) = run("_slice_assign_scalar", np.zeros(3), scalar=1, begin=(2,), end=(2,))
    assert made.tolist() == [0, 0, 0]
    with pytest.raises(MXNetError, match=r"Provided = \[1,2\], inferred shape=\(1,3\)"):
        run("_slice_assign", x, part[:, :2], begin=(1, None), end=(2, None), step=(1, -2))


def test_the_shape_of_what_is_assigned_is_inferred() -> None:
    graph = loads(
        '{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "null", "name": "part", "inputs": []},'
        '{"op": "_slice_assign", "name": "made", "attrs": {"begin": "(1,)", "end": "(3,)"},'
        '"inputs": [[0, 0, 0], [1, 0, 0]]}], "arg_nodes": [0, 1], "heads": [[2, 0, 0]]}'
    )
    assert infer_shapes(graph, {"x": (5, 4)}).arguments["part"] == (2, 4)


def test_scatter_at_coordinates() -> None:
    (made,) = run("scatter_nd", np.array([2, 3, 5]), np.array([[1, 0, 1], [0, 1, 0]]), shape=(2, 2))
    assert made.tolist() == [[0, 3], [5, 0]]  # of equal coordinates the last
    (made,) = run("scatter_nd", np.array([[1, 2], [3, 4]]), np.array([[1, 0]]), shape=(3, 2))
    assert made.tolist() == [[3, 4], [1, 2], [0, 0]]
    (made,) = run("scatter_nd", np.array([[1, 2], [3, 4], [5, 6]]), np.array([[1, 0, 1]]), shape=(2, 2))
    assert made.tolist() == [[3, 4], [5, 6]]
    (made,) = run("_scatter_set_nd", np.ones((2, 2)), np.array([7.0]), np.array([[1], [0]]), shape=(2, 2))
    assert made.tolist() == [[1, 1], [7, 1]]
    with pytest.raises(MXNetError, match="an index is out of range"):
        run("scatter_nd", np.array([2.0]), np.array([[2], [0]]), shape=(2, 2))
    with pytest.raises(MXNetError, match="Invalid data, indices, and output shape combination"):
        run("scatter_nd", np.array([2.0, 3.0]), np.array([[1], [0]]), shape=(2, 2))


def test_rows_are_copied_and_kept() -> None:
    old, new = np.zeros((4, 2), np.float32), np.array([[1, 2], [3, 4]], np.float32)
    (made,) = run("_contrib_index_copy", old, np.array([3, 1], np.int32), new)
    assert made.tolist() == [[0, 0], [3, 4], [0, 0], [1, 2]]
    with pytest.raises(MXNetError, match="an index is out of range"):
        run("_contrib_index_copy", old, np.array([3, -1], np.int32), new)
    (made,) = run("_sparse_retain", np.arange(6.0).reshape(3, 2), np.array([2.0]))
    assert made.tolist() == [[0, 0], [0, 0], [4, 5]]
