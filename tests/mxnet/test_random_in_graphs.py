"""Random operators inside graphs: drawn by the instance, what is around them runs on the accelerator."""

import numpy as np
import pytest

import offboard.mxnet as mx


def _noisy() -> mx.sym.Symbol:
    layer = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, no_bias=True, name="fc")
    # What shape is drawn, only the sum says.
    noise = mx.sym.random.uniform(low=10, high=11, name="noise")
    return mx.sym.relu(layer + noise, name="last")


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
def test_noise_between_layers(context: mx.Context) -> None:
    arrays = {"data": mx.nd.ones((2, 4)), "fc_weight": mx.nd.zeros((3, 4))}
    executor = _noisy().bind(context, arrays)
    first, second = (executor.forward()[0].asnumpy() for _ in range(2))
    for each in (first, second):
        assert each.shape == (2, 3)
        assert (each >= 10).all()
        assert (each < 11).all()
    assert (first != second).all()
    if context.device_type == "eia":
        nodes = executor.report().nodes
        assert nodes["noise"] == "instance"
        assert {place for name, place in nodes.items() if name != "noise"} == {"accelerator"}


@pytest.mark.usefixtures("accelerator")
def test_a_choice_by_probabilities_on_the_accelerator() -> None:
    chosen = mx.sym.random.multinomial(mx.sym.softmax(mx.sym.var("data")), shape=5, get_prob=False)
    executor = chosen.bind(mx.eia(), {"data": mx.nd.array([[0, 100], [100, 0]])})
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [[1] * 5, [0] * 5])
