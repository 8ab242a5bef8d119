"""Lanes and gRPC's streams carry the same: answers, refusals, deadlines, and the loss of a worker."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.client import connection
from offboard.client.lane import Lane
from offboard.errors import AcceleratorOutOfMemoryError, AcceleratorUnavailableError
from offboard_accelerator import embedded

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_process import stop, worker_of


@pytest.fixture(params=["lane", "stream"])
def daemon(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[embedded.EmbeddedDaemon]:
    config = tmp_path / "offboard.toml"
    config.write_text('[accelerator_types."small.16m"]\nmemory_bytes = 16777216\n')
    with embedded.start("small.16m", config=config) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        if request.param == "stream":
            # As on another host: neither of the worker's sockets can be opened from here.
            monkeypatch.setattr(connection.os, "access", lambda *_: False)
        connection.close()
        executor = doubled(1)
        executor.forward()
        carriers = connection.connection().streams._all
        assert [isinstance(each, Lane) for each in carriers] == [request.param == "lane"]
        yield made
        connection.close()


def doubled(size: int) -> Any:
    return (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=(size,))


def test_what_calls_do(daemon: embedded.EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = doubled(2)
    assert executor.forward(data=mx.nd.ones((2,)))[0].asnumpy().tolist() == [2.0, 2.0]
    # A refusal is an answer, and the next one comes as before.
    with pytest.raises(AcceleratorOutOfMemoryError):
        executor.reshape(allow_up_sizing=True, data=(1 << 22,)).forward()
    assert executor.forward(data=mx.nd.full((2,), 3.0))[0].asnumpy().tolist() == [6.0, 6.0]
    # An answer that comes too late is nobody's.
    worker = worker_of(daemon.pid)
    stop(worker)
    monkeypatch.setenv("OFFBOARD_CALL_SECONDS", "1")
    with pytest.raises(AcceleratorUnavailableError, match="did not answer in time"):
        executor.forward(data=mx.nd.full((2,), 4.0))
    monkeypatch.delenv("OFFBOARD_CALL_SECONDS")
    os.kill(worker, signal.SIGCONT)
    assert executor.forward(data=mx.nd.full((2,), 5.0))[0].asnumpy().tolist() == [10.0, 10.0]
    # A worker that is gone is replaced, and the call replayed.
    os.kill(worker, signal.SIGKILL)
    assert executor.forward(data=mx.nd.full((2,), 6.0))[0].asnumpy().tolist() == [12.0, 12.0]


def test_many_threads(daemon: embedded.EmbeddedDaemon) -> None:
    wrong: list[object] = []

    def call(number: int) -> None:
        executor = doubled(number + 1)
        for value in range(20):
            made = executor.forward(data=mx.nd.full((number + 1,), value))[0].asnumpy()
            if not np.array_equal(made, np.full((number + 1,), 2.0 * value)):
                wrong.append((number, value, made))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
