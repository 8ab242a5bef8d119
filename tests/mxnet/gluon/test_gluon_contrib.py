"""Contributed layers and cells, against what real MXNet 1.9.1 gave for made-up weights."""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx

sys.path.insert(0, str(Path(__file__).parent))
import contributed_cells

RECORDED = json.loads((Path(__file__).resolve().parents[2] / "data" / "gluon" / "contributed.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_outputs_and_parameters(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = contributed_cells.facts(mx, name)
    assert sorted(made["structure"]) == sorted(RECORDED[name]["structure"])
    for key in ("output", "states"):
        assert len(made[key]) == len(RECORDED[name][key])
        np.testing.assert_allclose(made[key], RECORDED[name][key], rtol=1e-3, atol=1e-4)


def test_hybridized_cells_give_the_same() -> None:
    cell = mx.gluon.contrib.rnn.Conv2DLSTMCell((2, 5, 5), 3, 3, 3, i2h_pad=1)
    cell.initialize()
    x, states = mx.nd.ones((1, 2, 5, 5)), cell.begin_state(1)
    expected = cell(x, states)[0].asnumpy()
    cell.hybridize()
    np.testing.assert_allclose(cell(x, states)[0].asnumpy(), expected, rtol=1e-5, atol=1e-6)


def test_what_they_refuse() -> None:
    with pytest.raises(AssertionError, match="Only support odd number"):
        mx.gluon.contrib.rnn.Conv1DRNNCell((2, 5), 3, 3, 2)
    with pytest.raises(AssertionError, match="For 2D convolution"):
        mx.gluon.contrib.rnn.Conv2DGRUCell((2, 5, 5), 3, (3,), 3)
    both = mx.gluon.rnn.BidirectionalCell(mx.gluon.rnn.LSTMCell(2), mx.gluon.rnn.LSTMCell(2))
    with pytest.raises(AssertionError, match="variational state dropout"):
        mx.gluon.contrib.rnn.VariationalDropoutCell(both, drop_states=0.1)
