"""A program's own graph that crashes workers: replayed once, then refused, while other programs go on."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

import offboard.mxnet as mx
from offboard.client import connection, operator
from offboard.errors import AcceleratorUnavailableError, QuarantinedGraphError
from offboard_accelerator import embedded

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_process import worker_of

BYSTANDER = """
import sys
import offboard.mxnet as mx
executor = (mx.sym.Variable("data") + 1.0).simple_bind(mx.eia(), "null", data=(4,))
for line in sys.stdin:
    print(executor.forward(data=mx.nd.full((4,), float(line)))[0].asnumpy().tolist(), flush=True)
"""


class _Aborts:
    """Aborts the worker whenever it runs a graph, as ONNX Runtime does when a check of its own fails."""

    def __init__(self, daemon: embedded.EmbeddedDaemon) -> None:
        self._supervisor = daemon.pid
        self._data_dir = daemon.data_dir
        self._done = threading.Event()
        self.killed: set[int] = set()

    def __enter__(self) -> "_Aborts":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        (journal,) = self._data_dir.glob("**/quarantine/running")
        while not self._done.wait(0.01):
            if any(journal.read_bytes()):
                with suppress(AssertionError, ProcessLookupError):
                    pid = worker_of(self._supervisor)
                    if pid not in self.killed:
                        self.killed.add(pid)
                        os.kill(pid, signal.SIGABRT)


def test_a_graph_that_crashes_two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    # Seconds of work, so that a signal finds it running.
    net = mx.sym.Variable("data")
    for _ in range(12):
        net = mx.sym.dot(net, net) * 1e-3
    with embedded.start("eia1.medium") as daemon:
        for name, value in daemon.environment.items():
            monkeypatch.setenv(name, value)
        connection.close()
        environment = {**os.environ, "OFFBOARD_CALL_SECONDS": "60"}
        other = subprocess.Popen(
            [sys.executable, "-c", BYSTANDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        assert other.stdin is not None
        assert other.stdout is not None

        def bystander(number: float) -> str:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write(f"{number}\n")
            other.stdin.flush()
            return other.stdout.readline()

        assert bystander(1.0) == "[2.0, 2.0, 2.0, 2.0]\n"
        executor = net.simple_bind(mx.eia(), "null", data=(1500, 1500))
        data = mx.nd.ones((1500, 1500))
        # Killed, replayed once, killed again: then the program is told, and the graph is refused.
        with _Aborts(daemon) as aborts, pytest.raises(AcceleratorUnavailableError):
            executor.forward(data=data)
        assert len(aborts.killed) == 2
        assert bystander(2.0) == "[3.0, 3.0, 3.0, 3.0]\n"
        with pytest.raises(QuarantinedGraphError, match="killed 2 workers"):
            executor.forward(data=data)
        with pytest.raises(QuarantinedGraphError, match="killed 2 workers"):
            net.simple_bind(mx.eia(), "null", data=(2, 2)).forward()
        assert bystander(3.0) == "[4.0, 4.0, 4.0, 4.0]\n"
        (status,) = operator.describe().accelerators
        assert status.worker_restarts == 2
        other.stdin.close()
        other.stdout.close()
        other.wait()
        connection.close()
