"""Arithmetic of integer arrays as C does it: wrapping, truncating, and float32 in between for powers."""

from typing import Any

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.operators.casts import number_in
from offboard.runtime.imperative import invoke


def run(operator: str, *inputs: Any, **attrs: Any) -> list[Any]:
    made = invoke(operator, [np.asarray(each) for each in inputs], {k: str(v) for k, v in attrs.items()})[0]
    values: list[Any] = made.tolist()
    return values


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (2.75, "int32", 2),
        (-1.5, "uint8", 255),
        (300, "int8", 44),
        (3e9, "int32", -(2**31)),
        (3e9, "int64", 3_000_000_000),
        (float("nan"), "int64", -(2**63)),
        (float("inf"), "uint8", 0),
        (2.5, "float16", 2.5),
    ],
)
def test_numbers_are_converted_as_in_c(value: float, dtype: str, expected: float) -> None:
    made = number_in(value, np.dtype(dtype))
    assert made.dtype == dtype
    assert made.item() == expected


def test_powers_have_24_bits() -> None:
    # 9^9 = 387420489 lies between two float32 numbers; 7^11 does not fit an int32.
    bases, exponents = np.array([9, 7, -3, 2], np.int32), np.array([9, 12, 3, -1], np.int32)
    assert run("_power", bases, exponents) == [387420480, -(2**31), -27, 0]


def test_means_wrap_sum_and_count() -> None:
    # The sum 300 wraps to 44, and so does the count 300.
    assert run("mean", np.ones(300, np.int8)) == [1]
    assert run("mean", np.full(3, 100, np.int8)) == [14]
    assert run("mean", np.array([-7, 2], np.int32)) == [-2]


def test_the_two_norm_counts_the_largest() -> None:
    assert run("norm", np.array([[3, -4, 2], [2, 2, 2]], np.int32), axis=1) == [4, 3]
    with pytest.raises(MXNetError, match="float16"):
        run("norm", np.ones(3, np.float32), out_dtype="float16")


def test_fill_values_are_converted() -> None:
    assert run("one_hot", np.array([1.0]), depth=2, dtype="uint8", on_value=300, off_value=-1) == [[255, 44]]
    masked = run("SequenceMask", np.array([[1]], np.uint8), np.array([0.0]), use_sequence_length=True, value=-1.5)
    assert masked == [[255]]


def test_limits_are_compared_as_they_are() -> None:
    assert run("clip", np.array([0, 1, 9], np.uint8), a_min=-1, a_max=2.5) == [0, 1, 2]
    assert run("clip", np.array([0, 127], np.int8), a_min=0.5, a_max=1e9) == [0, 127]


def test_scalars_that_are_no_integers() -> None:
    assert run("_plus_scalar", np.array([0], np.int32), scalar="nan") == [-(2**31)]
    assert run("_maximum_scalar", np.array([5], np.int8), scalar="inf") == [5]
    assert run("_rdiv_scalar", np.array([0, 2], np.int32), scalar=7) == [-(2**31), 3]


def test_functions_of_integers_are_truncated() -> None:
    assert run("smooth_l1", np.array([-4, 1], np.int32), scalar=1.0) == [3, 0]
    assert run("smooth_l1", np.array([11], np.int32), scalar=0.5) == [0]
    assert run("Cast", np.array([300.0, 2.0**40]), dtype="int8") == [44, 0]


def test_bool_and_integers_where_only_floats_go() -> None:
    for operator in ("exp", "floor", "abs", "sign", "logical_not", "gamma"):
        with pytest.raises(MXNetError, match="does not take bool"):
            run(operator, np.array([True]))
    for operator in ("MakeLoss", "hard_sigmoid"):
        with pytest.raises(MXNetError, match="only support floating point types"):
            run(operator, np.array([1, 2]))


def test_what_mxnet_refuses() -> None:
    with pytest.raises(MXNetError, match="does not support boolean type"):
        run("broadcast_add", np.array([True]), np.array([True]))
    with pytest.raises(MXNetError, match="does not support float16"):
        run("sort", np.ones(3, np.float16))
    with pytest.raises(MXNetError, match="cannot broadcast axis 0"):
        run("broadcast_like", np.ones((2, 1)), np.ones((4, 5)), lhs_axes=(0,), rhs_axes=(1,))
