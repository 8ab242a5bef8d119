"""A worker that hangs without dying: calls end by their deadline or right, and the worker is restarted."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import offboard.mxnet as mx
from offboard.client import connection, operator
from offboard.errors import AcceleratorUnavailableError
from offboard_accelerator import embedded

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_process import stop, worker_of


@pytest.fixture
def daemon(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[embedded.EmbeddedDaemon]:
    with embedded.start("eia1.medium", arguments=["--limit", f"silence_seconds={request.param}"]) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        connection.close()
        yield made
        connection.close()


@pytest.mark.parametrize("daemon", [3], indirect=True)
def test_it_is_restarted_and_the_call_replayed(daemon: embedded.EmbeddedDaemon) -> None:
    executor = (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=(2,))
    executor.forward(data=mx.nd.ones((2,)))
    stopped = worker_of(daemon.pid)
    stop(stopped)
    assert executor.forward(data=mx.nd.full((2,), 3.0))[0].asnumpy().tolist() == [6.0, 6.0]
    assert not Path(f"/proc/{stopped}").exists()
    (status,) = operator.describe().accelerators
    assert status.worker_restarts >= 1


@pytest.mark.parametrize("daemon", [600], indirect=True)
def test_a_call_ends_by_its_deadline(daemon: embedded.EmbeddedDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=(2,))
    executor.forward(data=mx.nd.ones((2,)))
    worker = worker_of(daemon.pid)
    stop(worker)
    monkeypatch.setenv("OFFBOARD_CALL_SECONDS", "1")
    with pytest.raises(AcceleratorUnavailableError, match="did not answer in time"):
        executor.forward(data=mx.nd.full((2,), 3.0))
    monkeypatch.delenv("OFFBOARD_CALL_SECONDS")
    os.kill(worker, signal.SIGCONT)
    # What the worker answered late is nobody's.
    assert executor.forward(data=mx.nd.full((2,), 4.0))[0].asnumpy().tolist() == [8.0, 8.0]
