"""Conditions on what data must be: a forward fails with their text, however many a graph has."""

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError


def test_several_in_one_graph() -> None:
    data, index = mx.sym.var("data"), mx.sym.var("index")
    chosen = mx.sym.Group([mx.sym.gather_nd(data, index), mx.sym.gather_nd(data + 1, index)])
    executor = chosen.simple_bind(mx.cpu(), data=(3, 2), index=(1, 4), grad_req="null")
    values = np.arange(6, dtype="f4").reshape(3, 2)
    made = executor.forward(data=values, index=np.array([[2, 0, 1, -1]], "f4"))
    for number, array in enumerate(made):
        np.testing.assert_array_equal(array.asnumpy(), values[[2, 0, 1, 2]] + number)
    with pytest.raises(MXNetError, match="gather_nd: an index is out of bounds"):
        executor.forward(index=np.array([[5, 0, 1, 2]], "f4"))[0].wait_to_read()
