"""The process that converts: what it makes, that it may die, and that it outlives whoever asked."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.operators.lowering import TensorSpec
from offboard_accelerator.converter import Converted, Converter, ConverterDiedError, Variable, start

GRAPH = (mx.sym.Variable("data") * 2.0).tojson().encode()


@pytest.fixture
def converter(tmp_path: Path) -> Iterator[Converter]:
    made = Converter(tmp_path, seconds=60.0, address_space=4 << 30)
    yield made
    made.close()


def convert(by: Converter, graph: bytes = GRAPH, *, follows: tuple[int, ...] = ()) -> Converted:
    variables = [Variable(TensorSpec("data", (2, 3), np.dtype(np.float32)), b"")]
    if follows:
        variables.append(Variable(TensorSpec("softmax_label", follows, np.dtype(np.float32)), b"", follows=True))
    return by.convert("symbol", graph, variables)


def test_it_says_what_a_graph_has(converter: Converter) -> None:
    made = convert(converter)
    assert made.whole
    assert [(each.name, each.shape) for each in made.inputs] == [("data", (2, 3))]
    assert [each.shape for each in made.outputs] == [(2, 3)]
    assert made.peak_bytes >= 2 * 24


def test_what_inference_ignores_follows_the_others(converter: Converter) -> None:
    graph = mx.sym.SoftmaxOutput(mx.sym.Variable("data"), name="softmax").tojson().encode()
    made = convert(converter, graph, follows=(7,))
    assert [each.name for each in made.inputs] == ["data"]


def test_a_child_that_died_is_replaced(converter: Converter) -> None:
    convert(converter)
    assert converter._child is not None
    os.kill(converter._child.pid, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (converter._child.pid, signal.SIGKILL)).start()
    with pytest.raises(ConverterDiedError, match="crashed the process"):
        convert(converter)
    assert convert(converter).whole


def test_it_outlives_the_thread_that_asked(converter: Converter) -> None:
    convert(converter)
    assert converter._child is not None
    converter._child.kill()
    converter._child.wait()
    asking = threading.Thread(target=convert, args=(converter,))
    asking.start()
    asking.join()
    child = converter._child
    assert child is not None
    time.sleep(0.3)
    assert child.poll() is None
    assert convert(converter).whole
    assert converter._child is child


def test_a_child_that_was_started_before(tmp_path: Path) -> None:
    child = start()
    made = Converter(tmp_path, seconds=60.0, address_space=4 << 30, child=child)
    assert convert(made).whole
    assert made._child is child
    made.close()
    assert child.poll() is not None


def test_refusals_are_told(converter: Converter) -> None:
    with pytest.raises(MXNetError, match="cannot be parsed"):
        convert(converter, b"no graph")
