"""Coordinates and flat indices, moments, running sums and closeness."""

from typing import Any

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke


def run(operator: str, *inputs: Any, **attrs: Any) -> Any:
    made = invoke(operator, [np.asarray(each) for each in inputs], {k: str(v) for k, v in attrs.items()})
    return made[0] if len(made) == 1 else made


def test_index_array() -> None:
    assert run("_contrib_index_array", np.zeros((1, 2))).tolist() == [[[0, 0], [0, 1]]]
    some = run("_contrib_index_array", np.zeros((2, 3, 2)), axes=(2, 0))
    assert some.dtype == np.int64
    assert some[1, 2].tolist() == [[0, 1], [1, 1]]
    with pytest.raises(MXNetError, match="out of range"):
        run("_contrib_index_array", np.zeros(2), axes=(3,))


def test_flat_indices_and_back() -> None:
    coordinates = np.array([[3, 6, 6], [4, 5, 1]], np.int32)
    assert run("_ravel_multi_index", coordinates, shape=(7, 6)).tolist() == [22, 41, 37]
    assert run("_unravel_index", np.array([22.0, 41.0, 37.0]), shape=(-1, 6)).tolist() == coordinates.tolist()
    # What exceeds the shape stays in the first coordinate, and division truncates.
    assert run("_unravel_index", np.array([50, -7]), shape=(7, 6)).tolist() == [[8, -1], [2, -1]]
    with pytest.raises(MXNetError, match="does not match shape parameter"):
        run("_ravel_multi_index", coordinates, shape=(7, 6, 2))


def test_moments() -> None:
    x = np.array([[1.0, 2.0, 4.0], [4.0, 5.0, 6.0]])
    mean, variance = run("moments", x, axes=(-1,), keepdims=True)
    np.testing.assert_allclose(mean, x.mean(1, keepdims=True))
    np.testing.assert_allclose(variance, x.var(1, keepdims=True))
    mean, variance = run("moments", np.array([4, 5, 7]), axes=(0,))
    assert (mean.tolist(), variance.tolist()) == ([5], [1])
    with pytest.raises(MXNetError, match="Empty axes is not supported"):
        run("moments", x)


def test_running_sums() -> None:
    x = np.array([[100, 100], [3, 4]], np.int8)
    assert run("_np_cumsum", x).tolist() == [100, -56, -53, -49]
    assert run("_np_cumsum", x, axis=0, dtype="float64").tolist() == [[100, 100], [103, 104]]
    assert run("_np_cumsum", np.array([True, True])).dtype == np.int64


def test_closeness() -> None:
    a = np.array([1, np.nan, np.inf])
    assert run("_contrib_allclose", a, a).shape == ()
    assert run("_contrib_allclose", a, a) == 1
    assert run("_contrib_allclose", a, a, equal_nan=False) == 0
    assert run("_contrib_allclose", np.array([1.0]), np.array([1.001]), rtol=1e-2) == 1
    assert run("_contrib_allclose", np.array([np.inf]), np.array([5.0])) == 0
    # The tolerance is the float32 nearest to 0.1, which is a little more.
    assert run("_contrib_allclose", np.array([1.1000000005]), np.array([1.0]), rtol=0.1, atol=0) == 1
    assert run("_contrib_allclose", np.array([7, 100], np.uint8), np.array([9, 91], np.uint8), rtol=0.1) == 0
    assert run("_contrib_allclose", np.array([9, 100], np.uint8), np.array([9, 91], np.uint8), rtol=0.1) == 1


@pytest.mark.parametrize("depth", [5, 64, 65])
def test_one_hot_of_classes_out_of_range_is_off(depth: int) -> None:
    made = run("one_hot", np.array([-1, 0, -0.5, depth - 1, depth], np.float32), depth=depth, off_value=2)
    expected = np.full((5, depth), 2, np.float32)
    expected[[1, 2, 3], [0, 0, depth - 1]] = 1
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_short_runs_of_many_elements(dtype: str) -> None:
    x = np.arange(2 * 90).reshape(2, 1, 90, 1).astype(dtype)
    made = run("broadcast_to", x, shape=(2, 3, 90, 4))
    assert made.dtype == dtype
    np.testing.assert_array_equal(made, np.broadcast_to(x, (2, 3, 90, 4)))


def test_hypot_does_not_overflow() -> None:
    assert run("_hypot_scalar", np.array([3e30, 0.0, -np.inf], np.float32), scalar=4).tolist() == [
        float(np.float32(3e30)),
        4,
        np.inf,
    ]
    big = np.array([3e200])
    np.testing.assert_allclose(run("_hypot", big, big * 4 / 3), big * 5 / 3, rtol=1e-14)


def test_argmax_of_integers_is_an_integer() -> None:
    assert run("argmax", np.array([[1, 3, 2]], np.int32), axis=1).dtype == np.int32


def test_the_sign_of_zero_shows_in_the_reciprocal_root() -> None:
    assert run("rcbrt", np.array([0.0, -0.0, 8.0])).tolist() == pytest.approx([np.inf, -np.inf, 0.5])
