"""Histograms against NumPy's where the two agree, and MXNet's own edges."""

from typing import Any

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke


def run(*inputs: Any, **attrs: Any) -> tuple[Any, Any]:
    counts, edges = invoke("_histogram", [np.asarray(each) for each in inputs], {k: str(v) for k, v in attrs.items()})
    return counts, edges


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_bins(dtype: str) -> None:
    data = np.random.default_rng(5).uniform(-1, 5, (40, 3)).astype(dtype)
    counts, edges = run(data, bin_cnt=7, range=(0, 4))
    expected, bounds = np.histogram(data, 7, (0, 4))
    assert counts.dtype == np.int64
    assert counts.tolist() == expected.tolist()
    np.testing.assert_allclose(edges, bounds, rtol=1e-6)


def test_the_last_edge_is_inside_and_nan_outside() -> None:
    counts, _ = run(np.array([0, 1, 2, 3, 4, 4.5, np.nan, -np.inf]), bin_cnt=4, range=(0, 4))
    assert counts.tolist() == [1, 1, 1, 2]


def test_integer_edges_are_truncated() -> None:
    counts, edges = run(np.array([0, 2, 1, 1], np.int8), bin_cnt=3, range=(0, 2))
    assert edges.tolist() == [0, 0, 1, 2]
    assert counts.tolist() == [0, 1, 3]


def test_an_empty_range_is_widened() -> None:
    counts, edges = run(np.array([4.0, 4.5]), bin_cnt=4, range=(4, 4))
    assert edges.tolist() == [3.5, 3.75, 4, 4.25, 4.5]
    assert counts.tolist() == [0, 0, 1, 1]


def test_given_edges() -> None:
    edges = np.array([0, 1.5, 2, 4])
    counts, same = run(np.array([0, 1, 2, 3, 4, -1, 7, np.nan]), edges)
    assert counts.tolist() == [2, 0, 3]
    assert same.tolist() == edges.tolist()


def test_refusals() -> None:
    with pytest.raises(MXNetError, match="both or neither"):
        run(np.ones(3), bin_cnt=4)
    with pytest.raises(MXNetError, match="ascending range"):
        run(np.ones(3), bin_cnt=4, range=(2, 0))
    with pytest.raises(MXNetError, match="two or more"):
        run(np.ones(3), np.ones(1))
