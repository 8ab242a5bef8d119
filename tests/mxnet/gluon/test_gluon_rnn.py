"""Recurrent cells and layers against their equations in NumPy, and against each other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.mxnet.gluon import nn, rnn

X = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(np.float32)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def reference(kind: str, p: dict[str, np.ndarray], x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Outputs (batch, time, hidden) and the last states, from zero."""
    h = np.zeros((len(x), p["h2h_weight"].shape[1]), np.float32)
    c, made = np.zeros_like(h), []
    for t in range(x.shape[1]):
        i2h = np.split(x[:, t] @ p["i2h_weight"].T + p["i2h_bias"], len(p["i2h_bias"]) // h.shape[1], axis=1)
        h2h = np.split(h @ p["h2h_weight"].T + p["h2h_bias"], len(i2h), axis=1)
        if kind == "gru":
            reset, update = (sigmoid(i2h[gate] + h2h[gate]) for gate in (0, 1))
            h = (1 - update) * np.tanh(i2h[2] + reset * h2h[2]) + update * h
        elif kind == "lstm":
            i, f, g, o = (a + b for a, b in zip(i2h, h2h, strict=True))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            h = np.tanh(i2h[0] + h2h[0])
        made.append(h)
    return np.stack(made, 1), [h, c] if kind == "lstm" else [h]


def values(cell: Any) -> dict[str, np.ndarray]:
    return {name: parameter.data().asnumpy() for name, parameter in cell._reg_params.items()}


CELLS = {"rnn": rnn.RNNCell, "lstm": rnn.LSTMCell, "gru": rnn.GRUCell}


@pytest.mark.parametrize("kind", CELLS)
def test_cells_by_their_equations(kind: str) -> None:
    cell = CELLS[kind](4, prefix="c_", i2h_bias_initializer="uniform")
    cell.initialize(mx.init.Xavier())
    outputs, states = cell.unroll(3, mx.nd.array(X), merge_outputs=True)
    expected, last = reference(kind, values(cell), X)
    np.testing.assert_allclose(outputs.asnumpy(), expected, rtol=1e-4, atol=1e-5)
    for state, wanted in zip(states, last, strict=True):
        np.testing.assert_allclose(state.asnumpy(), wanted, rtol=1e-4, atol=1e-5)
    steps, _ = cell.unroll(3, [mx.nd.array(X[:, t]) for t in range(3)])
    np.testing.assert_allclose(steps[2].asnumpy(), expected[:, 2], rtol=1e-4, atol=1e-5)
    state = cell.begin_state(batch_size=2)
    cell.hybridize()
    for t in range(3):
        made, state = cell(mx.nd.array(X[:, t]), state)
    np.testing.assert_allclose(made.asnumpy(), expected[:, 2], rtol=1e-4, atol=1e-5)


LAYERS = {
    "rnn": lambda **kw: rnn.RNN(4, 2, "tanh", **kw),
    "lstm": lambda **kw: rnn.LSTM(4, 2, **kw),
    "gru": lambda **kw: rnn.GRU(4, 2, **kw),
}


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", LAYERS)
def test_layers_give_what_their_cells_give(kind: str, both: bool, tmp_path: Path) -> None:
    layer = LAYERS[kind](layout="NTC", bidirectional=both, prefix="r_", i2h_bias_initializer="uniform")
    layer.initialize(mx.init.Xavier())
    made = layer(mx.nd.array(X)).asnumpy()
    assert made.shape == (2, 3, 8 if both else 4)
    unrolled, _ = layer._unfuse().unroll(3, mx.nd.array(X), merge_outputs=True)
    np.testing.assert_allclose(unrolled.asnumpy(), made, rtol=1e-4, atol=1e-5)
    layer.hybridize()
    again, states = layer(mx.nd.array(X), layer.begin_state(2))
    np.testing.assert_allclose(again.asnumpy(), made, rtol=1e-4, atol=1e-5)
    assert [state.shape for state in states] == [info["shape"] for info in layer.state_info(2)]
    layer.save_parameters(str(tmp_path / "w"))
    first = "_unfused.0.l_cell.i2h_weight" if both else "_unfused.0.i2h_weight"
    assert next(iter(mx.nd.load(str(tmp_path / "w")))) == first
    other = LAYERS[kind](layout="NTC", bidirectional=both)
    other.load_parameters(str(tmp_path / "w"))
    np.testing.assert_allclose(other(mx.nd.array(X)).asnumpy(), made, rtol=1e-4, atol=1e-5)


def test_what_layers_refuse() -> None:
    with pytest.raises(AssertionError, match="Invalid layout CNT"):
        rnn.LSTM(4, layout="CNT")
    layer = rnn.LSTM(4, input_size=5)
    layer.initialize()
    with pytest.raises(ValueError, match=r"Invalid recurrent state shape. Expecting \(1, 3, 4\), got \(1, 2, 4\)"):
        layer(mx.nd.array(X), [mx.nd.ones((1, 2, 4))] * 2)
    assert repr(layer) == "LSTM(5 -> 4, TNC)"


def test_only_valid_steps_count() -> None:
    cell = rnn.GRUCell(4, prefix="c_")
    cell.initialize(mx.init.Xavier())
    outputs, states = cell.unroll(3, mx.nd.array(X), merge_outputs=True, valid_length=mx.nd.array([1, 3]))
    full, _ = reference("gru", values(cell), X)
    assert not outputs.asnumpy()[0, 1:].any()
    np.testing.assert_allclose(outputs.asnumpy()[1], full[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(states[0].asnumpy(), [full[0, 0], full[1, 2]], rtol=1e-4, atol=1e-5)


def test_both_directions() -> None:
    cell = rnn.BidirectionalCell(rnn.LSTMCell(4, prefix="l_"), rnn.LSTMCell(4, prefix="r_"))
    cell.initialize(mx.init.Xavier())
    outputs, states = cell.unroll(3, mx.nd.array(X), merge_outputs=True)
    ahead, behind = (values(each) for each in cell._children.values())
    expected = [reference("lstm", ahead, X)[0], reference("lstm", behind, X[:, ::-1])[0][:, ::-1]]
    np.testing.assert_allclose(outputs.asnumpy(), np.concatenate(expected, 2), rtol=1e-4, atol=1e-5)
    assert len(states) == 4
    steps, _ = cell.unroll(3, mx.nd.array(X), valid_length=mx.nd.array([2, 3]))
    short = reference("lstm", behind, X[:1, 1::-1])[0][:, ::-1]
    np.testing.assert_allclose(steps[0].asnumpy()[0, 4:], short[0, 0], rtol=1e-4, atol=1e-5)
    with pytest.raises(NotImplementedError, match="Bidirectional cannot be stepped"):
        cell(mx.nd.array(X[:, 0]), states)


def stacked() -> rnn.HybridSequentialRNNCell:
    cell = rnn.HybridSequentialRNNCell(prefix="s_")
    with cell.name_scope():
        cell.add(rnn.LSTMCell(5))
        cell.add(rnn.DropoutCell(0.5))
        cell.add(rnn.ResidualCell(rnn.GRUCell(5)))
    return cell


def test_stacks() -> None:
    cell = stacked()
    cell.initialize(mx.init.Xavier())
    outputs, states = cell.unroll(3, mx.nd.array(X), merge_outputs=True)
    first, _ = reference("lstm", values(cell[0]), X)
    second, _ = reference("gru", values(cell[2].base_cell), first)
    np.testing.assert_allclose(outputs.asnumpy(), first + second, rtol=1e-4, atol=1e-5)
    assert len(states) == len(cell.begin_state(batch_size=2, func=mx.nd.zeros)) == 3
    assert next(iter(cell.collect_params())) == "s_lstm0_i2h_weight"
    stepped, _ = cell(mx.nd.array(X[:, 0]), cell.begin_state(batch_size=2, func=mx.nd.zeros))
    np.testing.assert_allclose(stepped.asnumpy(), (first + second)[:, 0], rtol=1e-4, atol=1e-5)


def test_modified_cells() -> None:
    base = rnn.LSTMCell(5, prefix="c_")
    zoneout = rnn.ZoneoutCell(base, 0.5, 0.5)
    zoneout.initialize(mx.init.Xavier())
    with pytest.raises(AssertionError, match="Cell c is already modified"):
        rnn.ResidualCell(base)
    with pytest.raises(AssertionError, match="After applying modifier cells"):
        base.begin_state(batch_size=1)
    with pytest.raises(AssertionError, match="doesn't support zoneout since it doesn't support step"):
        rnn.ZoneoutCell(rnn.BidirectionalCell(rnn.LSTMCell(5), rnn.LSTMCell(5)))
    outputs, _ = zoneout.unroll(3, mx.nd.array(X), merge_outputs=True)
    np.testing.assert_allclose(outputs.asnumpy(), reference("lstm", values(base), X)[0], rtol=1e-4, atol=1e-5)


def test_a_cell_in_a_block_is_a_graph() -> None:
    class Tagger(nn.HybridBlock):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.out = rnn.GRUCell(4), nn.Dense(2, flatten=False)

        def hybrid_forward(self, F: Any, x: Any) -> Any:
            outputs, _ = self.cell.unroll(3, x, merge_outputs=True)
            return self.out(outputs)

    net = Tagger()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    made = net(mx.nd.array(X))
    outputs, _ = reference("gru", values(net.cell), X)
    weights = values(net.out)
    np.testing.assert_allclose(made.asnumpy(), outputs @ weights["weight"].T + weights["bias"], rtol=1e-4, atol=1e-5)
