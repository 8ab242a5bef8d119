"""Symbolic recurrent cells: the graphs are real MXNet 1.9.1's, fused and unfused networks agree."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx

sys.path.insert(0, str(Path(__file__).parent))
import cell_graphs

RECORDED = json.loads((Path(__file__).resolve().parents[2] / "data" / "rnn" / "cells.json").read_text())


def test_graphs_are_those_of_mxnet() -> None:
    made = cell_graphs.graphs(mx)
    digests = {
        name: hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).hexdigest() for name, graph in made.items()
    }
    assert digests == RECORDED


def _run(symbol: mx.sym.Symbol, weights: dict[str, Any], data: np.ndarray) -> np.ndarray:
    executor = symbol.simple_bind(mx.cpu(), data=data.shape, grad_req="null")
    executor.copy_params_from(weights, allow_extra_params=True)
    return executor.forward(data=mx.nd.array(data))[0].asnumpy()


@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
@pytest.mark.parametrize("both", [False, True])
def test_unfused_network_gives_what_the_fused_one_does(mode: str, both: bool) -> None:
    cell = mx.rnn.FusedRNNCell(4, 2, mode, bidirectional=both, prefix="net_")
    fused = cell.unroll(3, mx.sym.var("data"), layout="TNC", merge_outputs=True)[0]
    data = np.random.RandomState(0).standard_normal((3, 2, 5)).astype(np.float32)
    arguments = dict(zip(fused.list_arguments(), fused.infer_shape(data=data.shape)[0], strict=True))
    size = arguments["net_parameters"]
    weights = {"net_parameters": mx.nd.array(np.random.RandomState(1).uniform(-0.5, 0.5, size))}
    stack = cell.unfuse()
    unfused = stack.unroll(3, mx.sym.var("data"), layout="TNC", merge_outputs=True)[0]
    apart = cell.unpack_weights(weights)
    np.testing.assert_allclose(
        _run(unfused, stack.pack_weights(apart), data), _run(fused, weights, data), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_array_equal(
        cell.pack_weights(apart)["net_parameters"].asnumpy(), weights["net_parameters"].asnumpy()
    )


def test_checkpoints_hold_weights_gate_by_gate(tmp_path: Path) -> None:
    cell = mx.rnn.LSTMCell(3, prefix="l_")
    symbol = cell.unroll(2, mx.sym.var("data"), merge_outputs=True)[0]
    shapes = dict(zip(symbol.list_arguments(), symbol.infer_shape(data=(1, 2, 4))[0], strict=True))
    arguments = {name: mx.nd.random.uniform(shape=shape) for name, shape in shapes.items() if name != "data"}
    mx.rnn.save_rnn_checkpoint(cell, str(tmp_path / "net"), 3, symbol, arguments, {})
    assert "arg:l_i2h_f_bias" in mx.nd.load(str(tmp_path / "net-0003.params"))
    _, loaded, auxiliary = mx.rnn.load_rnn_checkpoint([cell], str(tmp_path / "net"), 3)
    assert auxiliary == {}
    for name, array in arguments.items():
        np.testing.assert_array_equal(loaded[name].asnumpy(), array.asnumpy())


def test_initializer_of_the_fused_vector_sets_the_forget_gate() -> None:
    cell = mx.rnn.FusedRNNCell(2, 1, "lstm", forget_bias=3.0)
    symbol = cell.unroll(2, mx.sym.var("data"), layout="TNC", merge_outputs=True)[0]
    module = mx.mod.Module(symbol, label_names=None)
    module.bind([("data", (2, 1, 4))], for_training=False)
    module.init_params(mx.init.Uniform(0.1))
    parts = cell.unpack_weights(module.get_params()[0])
    np.testing.assert_array_equal(parts["lstm_l0_i2h_f_bias"].asnumpy(), [3, 3])
    assert np.abs(parts["lstm_l0_i2h_i_weight"].asnumpy()).max() <= 0.1


def test_what_cells_refuse() -> None:
    cell = mx.rnn.LSTMCell(3)
    with pytest.raises(AssertionError, match=r"unroll.inputs=None. has been deprecated"):
        cell.unroll(2, None)
    with pytest.raises(NotImplementedError, match="Please use unroll"):
        mx.rnn.FusedRNNCell(3)(mx.sym.var("x"), [])
    mx.rnn.ResidualCell(cell)
    with pytest.raises(AssertionError, match="After applying modifier cells"):
        cell.begin_state()
    with pytest.warns(UserWarning, match="NTC layout detected"):
        mx.rnn.FusedRNNCell(3).unroll(2, mx.sym.var("x"))


def test_sentences_come_in_buckets(capsys: pytest.CaptureFixture[str]) -> None:
    sentences, vocabulary = mx.rnn.encode_sentences([list("abc"), list("ab"), list("cb"), list("bca")], start_label=1)
    assert sentences == [[1, 2, 3], [1, 2], [3, 2], [2, 3, 1]]
    assert vocabulary == {"\n": -1, "a": 1, "b": 2, "c": 3}
    with pytest.raises(AssertionError, match="Unknown token z"):
        mx.rnn.encode_sentences([["z"]], vocabulary)
    batches = mx.rnn.BucketSentenceIter([*sentences, [1] * 9], 2, buckets=[2, 4], invalid_label=0)
    assert "discarded 1 sentences" in capsys.readouterr().out
    assert batches.provide_data == [mx.io.DataDesc("data", (2, 4), layout="NT")]
    seen = sorted(tuple(row) for batch in batches for row in batch.data[0].asnumpy().tolist())
    assert seen == [(1, 2), (1, 2, 3, 0), (2, 3, 1, 0), (3, 2)]
    batches.reset()
    for batch in batches:
        assert batch.provide_data[0].shape == (2, batch.bucket_key)
        np.testing.assert_array_equal(batch.label[0].asnumpy()[:, :-1], batch.data[0].asnumpy()[:, 1:])
        np.testing.assert_array_equal(batch.label[0].asnumpy()[:, -1], 0)


def test_bucketing_module_runs_a_language_model() -> None:
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(4, prefix="lstm_"))

    def network(length: int) -> tuple[mx.sym.Symbol, tuple[str, ...], tuple[str, ...]]:
        embedded = mx.sym.Embedding(mx.sym.var("data"), input_dim=5, output_dim=3, name="embed")
        stack.reset()
        outputs, _ = stack.unroll(length, embedded, merge_outputs=True)
        scores = mx.sym.FullyConnected(mx.sym.reshape(outputs, shape=(-1, 4)), num_hidden=5, name="scores")
        labels = mx.sym.reshape(mx.sym.var("softmax_label"), shape=(-1,))
        return mx.sym.SoftmaxOutput(scores, labels, name="softmax"), ("data",), ("softmax_label",)

    batches = mx.rnn.BucketSentenceIter([[1, 2, 3], [1, 2], [3, 2], [2, 3, 1]], 2, invalid_label=0)
    module = mx.mod.BucketingModule(network, default_bucket_key=batches.default_bucket_key)
    module.bind(batches.provide_data, batches.provide_label, for_training=False)
    module.init_params()
    sizes = set()
    for batch in batches:
        module.forward(batch, is_train=False)
        output = module.get_outputs()[0].asnumpy()
        np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-5)
        sizes.add(output.shape)
    assert sizes == {(4, 5), (6, 5)}
