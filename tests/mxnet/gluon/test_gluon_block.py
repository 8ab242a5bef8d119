"""Blocks: names, children, files, graphs; names and messages are real MXNet 1.9.1's."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import InferenceOnlyError
from offboard.mxnet.gluon import Block, HybridBlock, nn


class Model(Block):
    """A model of blocks in and out of its name scope."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.a = nn.Dense(2, in_units=2)
            self.b = nn.Dense(2, in_units=2, prefix="own_")
            self.c = nn.Sequential(prefix="")
            with self.c.name_scope():
                self.c.add(nn.Dense(3, in_units=2), nn.Dense(3, in_units=2, activation="relu"))
        self.d = nn.Dense(1, in_units=1, prefix="out_")


def test_names() -> None:
    model = Model(prefix="p_")
    # A block of an empty prefix opens no scope: its children are counted with its parent's.
    assert [child.name for child in model.c] == ["p_dense1", "p_dense2"]
    assert list(model.collect_params()) == [
        "p_dense0_weight", "p_dense0_bias", "p_own_weight", "p_own_bias", "p_dense1_weight", "p_dense1_bias",
        "p_dense2_weight", "p_dense2_bias", "out_weight", "out_bias",
    ]  # fmt: skip
    assert list(model._collect_params_with_prefix())[:5] == ["a.weight", "a.bias", "b.weight", "b.bias", "c.0.weight"]
    assert list(model.collect_params(".*own|out_b")) == ["p_own_weight", "p_own_bias", "out_bias"]


def test_numbers_of_names_go_on_in_the_name_manager() -> None:
    with mx.name.NameManager():
        assert [nn.Dense(1).name, nn.Dense(1).name, nn.Activation("relu").name] == ["dense0", "dense1", "relu0"]


def test_attributes_are_guarded() -> None:
    model = Model()
    with pytest.raises(TypeError, match=r"Changing attribute type for a from .*Dense.* to .*int"):
        model.a = 3
    model.a = nn.Dense(3)
    assert model._children["a"] is model.a
    with pytest.raises(ValueError, match="Children of HybridBlock must also be HybridBlock"):
        nn.HybridSequential().add(model)
    with pytest.raises(NotImplementedError):
        model(mx.nd.ones((1,)))


def test_blocks_in_a_list_are_told_of() -> None:
    model = Model()
    model.hidden = [nn.Dense(1)]
    with pytest.warns(UserWarning, match='"Model.hidden" is an unregistered container with Blocks'):
        model.collect_params()


def network(prefix: str = "net_") -> nn.HybridSequential:
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        net.add(nn.Conv2D(2, 3, activation="relu"), nn.BatchNorm(), nn.Flatten(), nn.Dense(3))
    return net


IMAGE = mx.nd.array(np.arange(50).reshape(1, 2, 5, 5) / 50)


def test_shapes_follow_from_the_first_input() -> None:
    net = network()
    with pytest.raises(RuntimeError, match="has not been initialized"):
        net(IMAGE)
    net.initialize()
    assert repr(net[3]) == "Dense(None -> 3, linear)"
    assert net(IMAGE).shape == (1, 3)
    assert repr(net[3]) == "Dense(18 -> 3, linear)"
    assert net[0].weight.shape == (2, 2, 3, 3)
    with pytest.raises(mx.MXNetError):
        net(mx.nd.ones((1, 3, 5, 5)))


def test_a_graph_gives_what_the_operators_give() -> None:
    net = network()
    net.initialize(mx.init.Xavier())
    expected = net(IMAGE).asnumpy()
    net.hybridize()
    np.testing.assert_allclose(net(IMAGE).asnumpy(), expected, rtol=1e-5, atol=1e-6)
    both = mx.nd.concat(IMAGE, IMAGE, dim=0)
    np.testing.assert_allclose(net(both).asnumpy(), np.repeat(expected, 2, 0), rtol=1e-5, atol=1e-6)
    net[3].bias.data()[:] += 1
    np.testing.assert_allclose(net(IMAGE).asnumpy(), expected + 1, rtol=1e-5, atol=1e-6)
    copied = copy.deepcopy(net)
    copied[3].bias.data()[:] -= 1
    np.testing.assert_allclose(copied(IMAGE).asnumpy(), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(net(IMAGE).asnumpy(), expected + 1, rtol=1e-5, atol=1e-6)


def test_weights_that_keep_changing_are_seen_every_time() -> None:
    net = nn.Dense(1, in_units=1)
    net.initialize(mx.init.One())
    net.hybridize()
    for value in range(4):
        net.weight.set_data(mx.nd.full((1, 1), value))
        assert net(mx.nd.ones((1, 1))).asnumpy().tolist() == [[value]]


def test_both_kinds_of_file(tmp_path: Path) -> None:
    net, path = network(), str(tmp_path / "w")
    net.initialize(mx.init.Xavier())
    expected = net(IMAGE).asnumpy()
    net.save_parameters(path)
    assert list(mx.nd.load(path)) == [
        "0.weight", "0.bias", "1.gamma", "1.beta", "1.running_mean", "1.running_var", "3.weight", "3.bias",
    ]  # fmt: skip
    structural = network("other_")
    structural.load_parameters(path)
    np.testing.assert_array_equal(structural(IMAGE).asnumpy(), expected)
    net.collect_params().save(path, strip_prefix="net_")
    by_name = network("third_")
    by_name.load_parameters(path)
    np.testing.assert_array_equal(by_name(IMAGE).asnumpy(), expected)


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    path = str(tmp_path / "w")
    net = nn.HybridSequential()
    net.add(nn.Dense(1, in_units=1))
    net.initialize()
    net.save_parameters(path)
    more = nn.HybridSequential()
    more.add(nn.Dense(1, in_units=1), nn.Dense(1, in_units=1))
    with pytest.raises(AssertionError, match=r"Parameter '1.weight' is missing in file '.*w', which contains"):
        more.load_parameters(path)
    more.load_parameters(path, allow_missing=True)
    with pytest.raises(ValueError, match=r"Parameter '0.weight' loaded from file '.*w' is not present"):
        nn.HybridSequential().load_parameters(path)


def test_shared_parameters_are_one(tmp_path: Path) -> None:
    path = str(tmp_path / "w")
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=2, prefix="a_"))
    net.add(nn.Dense(2, in_units=2, prefix="b_", params=net[0].params))
    assert net[0].weight is net[1].weight
    net.initialize(mx.init.One())
    net.save_parameters(path, deduplicate=True)
    assert len(mx.nd.load(path)) == 2
    net.load_parameters(path)


def test_export_needs_a_graph(tmp_path: Path) -> None:
    net = network()
    net.initialize()
    with pytest.raises(RuntimeError, match=r"Please first call block.hybridize\(\) and then run forward"):
        net.export(str(tmp_path / "m"))
    net.hybridize()
    net(IMAGE)
    net.export(str(tmp_path / "m"), epoch=7)
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(tmp_path / "m"), 7)
    assert symbol.list_outputs() == ["net_dense0_fwd_output"]
    assert set(auxiliary) == {"net_batchnorm0_running_mean", "net_batchnorm0_running_var"}
    assert set(arguments) == set(symbol.list_arguments()) - {"data"}


class Nested(HybridBlock):
    """Nested inputs and outputs, one of them optional."""

    def hybrid_forward(self, F: Any, a: Any, pair: Any, c: Any = None) -> Any:
        return [a + pair[0], [pair[1] * 2, a]]


def test_nested_inputs_and_outputs() -> None:
    net, a, b, c = Nested(), mx.nd.ones((2,)), mx.nd.full((2,), 3), mx.nd.full((2,), 5)
    for _ in range(2):
        first, (second, third) = net(a, [b, c])
        assert [each.asnumpy().tolist() for each in (first, second, third)] == [[4, 4], [10, 10], [1, 1]]
        net.hybridize()
    net(a, [b, c], None)
    with pytest.raises(ValueError, match="The argument structure of HybridBlock does not match the cached version"):
        net(a, b, c)
    with pytest.raises(ValueError, match="we do not support mixed NDArrays and Symbols"):
        net(a, [mx.sym.var("x"), c])
    with pytest.raises(ValueError, match="there must be one NDArray or one Symbol"):
        net(3, [4, 5])


def test_hooks() -> None:
    net, said = nn.Dense(1, in_units=1), []
    net.initialize()
    before = net.register_forward_pre_hook(lambda block, inputs: said.append(("before", len(inputs))))
    with net.register_forward_hook(lambda block, inputs, outputs: said.append(("after", outputs.shape))):
        net(mx.nd.ones((1, 1)))
    before.detach()
    net(mx.nd.ones((1, 1)))
    assert said == [("before", 1), ("after", (1, 1))]


def test_operators_outputs_are_shown() -> None:
    net, said = nn.Dense(1, in_units=1, activation="relu", prefix="d_"), []
    net.initialize(mx.init.One())
    net.hybridize()
    net.register_op_hook(lambda name, operator, array: said.append((name, operator, array.asnumpy().item())))
    net(mx.nd.full((1, 1), -2))
    assert said == [(b"d_fwd_output", "FullyConnected", -2), (b"d_relu_fwd_output", "Activation", 0)]


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    net = network()
    net.initialize()
    net(IMAGE)
    net.summary(IMAGE)
    rows = capsys.readouterr().out.splitlines()
    assert rows[5].split() == ["Conv2D-2", "(1,", "2,", "3,", "3)", "38"]
    assert rows[-6:-1] == [
        "   Total params: 103", "   Trainable params: 99", "   Non-trainable params: 4",
        "Shared params in forward computation graph: 0", "Unique parameters in model: 103",
    ]  # fmt: skip
    net.hybridize()
    with pytest.raises(AssertionError, match="must not be hybridized to print summary"):
        net.summary(IMAGE)


def test_training_scopes_run_forward() -> None:
    net, x = nn.Dropout(0.5), mx.nd.ones((100, 100))
    for _ in range(2):
        assert net(x).asnumpy().min() == 1
        with mx.autograd.record():
            dropped = net(x)
            assert set(np.unique(dropped.asnumpy())) == {0, 2}
            with mx.autograd.predict_mode():
                assert net(x).asnumpy().min() == 1
        with mx.autograd.train_mode():
            assert net(x).asnumpy().max() == 2
        with pytest.raises(InferenceOnlyError, match="backward"):
            dropped.backward()
        net.hybridize()
