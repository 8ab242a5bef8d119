"""``take`` with ``mode='raise'`` refuses what is beyond the ends, as MXNet does."""

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard_accelerator import embedded

DATA = np.array([[1, -2], [3, 4]], np.float32)


@pytest.mark.parametrize("index", [5, 2, -1, -3])
def test_take_raises_beyond_the_ends(index: int) -> None:
    with pytest.raises(mx.MXNetError):
        mx.nd.take(mx.nd.array(DATA), mx.nd.array([index]), mode="raise").asnumpy()


@pytest.mark.parametrize("device", ["cpu", "eia"])
def test_executors_say_so_and_go_on(device: str, accelerator: embedded.EmbeddedDaemon) -> None:
    symbol = mx.sym.take(mx.sym.var("x"), mx.sym.var("i"), mode="raise")
    arguments = {"x": mx.nd.array(DATA), "i": mx.nd.array([1, 0])}
    executor = symbol.bind(getattr(mx, device)(), arguments, grad_req="null")
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), DATA[::-1])
    arguments["i"][:] = 7
    with pytest.raises(mx.MXNetError):
        executor.forward()
    arguments["i"][:] = 0
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), DATA[[0, 0]])
