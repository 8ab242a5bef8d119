"""Checkpoints: what is saved is loaded."""

import offboard.mxnet as mx


def test_a_checkpoint_without_parameters(tmp_path, caplog):
    symbol = mx.sym.Variable("data") + 1.0
    mx.model.save_checkpoint(str(tmp_path / "net"), 0, symbol, {}, {})
    loaded, arguments, auxiliary = mx.model.load_checkpoint(str(tmp_path / "net"), 0)
    assert loaded.tojson() == symbol.tojson()
    assert (arguments, auxiliary) == ({}, {})
    assert "net-0000.params' is empty" in caplog.text
