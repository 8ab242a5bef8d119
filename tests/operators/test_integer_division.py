"""Division of integers that the processor would refuse."""

import numpy as np
import pytest

import offboard.mxnet as mx


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_nothing_ends_the_process(dtype: str) -> None:
    least = np.iinfo(dtype).min
    x, y = mx.nd.array([least, 7, -7, 7], dtype=dtype), mx.nd.array([-1, 0, 2, -2], dtype=dtype)
    assert (x / y).asnumpy().tolist() == [least, 0, -3, -3]
    assert mx.nd.modulo(x, y).asnumpy().tolist() == [0, 0, 1, -1]
    assert (x / -1).asnumpy().tolist() == [least, -7, 7, -7]
    assert (-1 / mx.nd.array([least, -1, 2], dtype=dtype)).asnumpy().tolist() == [0, 1, 0]
