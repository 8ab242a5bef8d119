"""Blocks on mx.eia(): parameters on the CPU, calls on the accelerator, and proof of it."""

from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import InferenceOnlyError
from offboard.mxnet.gluon import SymbolBlock, nn

pytestmark = pytest.mark.usefixtures("accelerator")
RESNET = Path(__file__).resolve().parents[2] / "data" / "digits-gluon-resnet"


def dense(ctx: mx.Context) -> nn.HybridSequential:
    net = nn.HybridSequential()
    net.add(nn.Dense(3, activation="relu"), nn.Dense(2))
    net.initialize(mx.init.One(), ctx=ctx)
    return net


def test_an_exported_model_runs_on_the_accelerator() -> None:
    stored = np.load(RESNET / "golden.npz")
    net = SymbolBlock.imports(
        str(RESNET / "digits-resnet-symbol.json"), ["data"], str(RESNET / "digits-resnet-0015.params"), ctx=mx.eia()
    )
    for rows in (4, 2, 4):
        made = net(mx.nd.array(stored["data"][:rows]))
        assert made.context == mx.cpu()
        np.testing.assert_allclose(
            made.asnumpy(), stored["hybridsequential0_dense0_fwd_output"][:rows], rtol=1e-3, atol=1e-4
        )
    report = net.report()
    assert report.accelerated_nodes > 20
    assert report.instance_nodes == 0
    assert report.forwards == 3
    assert report.sent == ["data"]


@pytest.mark.parametrize("hybridized", [False, True])
def test_a_block_goes_to_the_accelerator_and_back(hybridized: bool) -> None:
    net, x = dense(mx.cpu()), mx.nd.ones((1, 4))
    if hybridized:
        net.hybridize()
    assert net(x).asnumpy().tolist() == [[12, 12]]
    net.collect_params().reset_ctx(mx.eia())
    assert net.collect_params().list_ctx() == [mx.eia()]
    assert net(x).asnumpy().tolist() == [[12, 12]]
    assert net.report().accelerated_nodes == 3
    assert net[0].weight.data().context == mx.cpu()
    net.reset_ctx(mx.cpu())
    net.hybridize()
    assert net(x).asnumpy().tolist() == [[12, 12]]
    assert net.report().accelerated_nodes == 0


def test_weights_written_later_are_seen() -> None:
    net, x = dense(mx.eia()), mx.nd.ones((1, 4))
    assert net(x).asnumpy().tolist() == [[12, 12]]
    net[1].bias.data()[0] = 5
    assert net(x).asnumpy().tolist() == [[17, 12]]
    net[0].weight.set_data(mx.nd.zeros((3, 4)))
    assert net(x).asnumpy().tolist() == [[5, 0]]
    for value in range(1, 4):
        net[1].bias.data()[:] = value
        assert net(x).asnumpy().tolist() == [[value, value]]
    assert net.report().sent == [net[1].bias.name]


def test_training_is_refused() -> None:
    net, x = dense(mx.eia()), mx.nd.ones((1, 4))
    with mx.autograd.record(), pytest.raises(InferenceOnlyError, match=r"autograd.record"):
        net(x)
    with mx.autograd.record(train_mode=False):
        assert net(x).asnumpy().tolist() == [[12, 12]]


def test_without_parameters_the_block_itself_is_marked() -> None:
    net = nn.HybridLambda(lambda F, x: F.exp(x) + 1)
    net.initialize(ctx=mx.eia())
    assert net(mx.nd.zeros((2,))).asnumpy().tolist() == [2, 2]
    assert net.report().accelerated_nodes == 2


def test_parts_of_a_program_run_there_and_the_rest_here() -> None:
    class Model(mx.gluon.Block):
        def __init__(self) -> None:
            super().__init__()
            self.there, self.here = dense(mx.eia()), nn.Dense(1)
            self.here.initialize(mx.init.One())

        def forward(self, x: mx.nd.NDArray) -> mx.nd.NDArray:
            return self.here(self.there(x))

    net = Model()
    assert net(mx.nd.ones((1, 4))).asnumpy().tolist() == [[24]]
    assert net.there.report().forwards == 1
