"""Every limit of the catalogue: at it all is well, one past it the daemon says which limit it was, and goes on."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard import rules
from offboard.client import connection, operator
from offboard.errors import AcceleratorUnavailableError, InvalidGraphError, LimitExceededError
from offboard.wire import accelerator as pb
from offboard.wire import inference as oip
from offboard_accelerator import embedded

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_process import children_of, stop, worker_of

SECONDS = 60.0
# Tested where what they limit is: in test_quarantine.py, test_quarantined_graph.py and test_hanging_worker.py.
ELSEWHERE = {"deaths_before_quarantine", "silence_seconds"}
VALUES = {
    "message_bytes": 1 << 20,
    "executors": 2,
    "sessions": 2,
    "plans": 2,
    "blob_bytes": 4096,
    "store_bytes": 4096,
    "graph_bytes": 600,
    "shared_memory_regions": 2,
    "lease_seconds": 5,
    "call_seconds": 1,
    "bind_seconds": 1,
    "convert_seconds": 10,
    "convert_bytes": 256 << 20,
}
TESTS: dict[str, Callable[[embedded.EmbeddedDaemon], None]] = {}


def of(limit: str) -> Callable[[Callable[[embedded.EmbeddedDaemon], None]], None]:
    """Registers the test of a limit."""

    def register(test: Callable[[embedded.EmbeddedDaemon], None]) -> None:
        TESTS[limit] = test

    return register


def past(limit: str) -> Any:
    """What is raised one past a limit."""
    return pytest.raises(LimitExceededError, match=rf"(Limit {limit} of accelerator eia-|limit {limit})")


def doubled(size: int) -> mx.executor.Executor:
    return (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=(size,))


def put(blob: bytes) -> None:
    to = connection.connection()
    chunk = pb.BlobChunk(digest=hashlib.sha256(blob).digest(), size=len(blob), data=blob)
    to.call("PutBlob", iter([chunk]), "sending a blob", SECONDS)


@pytest.fixture
def daemon(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[embedded.EmbeddedDaemon]:
    arguments = ["--limit", f"{request.param}={VALUES[request.param]}"]
    with embedded.start("eia1.medium", arguments=arguments) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        connection.close()
        yield made
        connection.close()


@of("message_bytes")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    limit = VALUES["message_bytes"]
    to = connection.connection()
    executor = doubled(limit // 4)

    def ask(size: int, infer: Callable[..., Any]) -> Any:
        request = oip.ModelInferRequest(model_name=executor._backend._executor)
        request.inputs.add(name="data", datatype="FP32", shape=[limit // 4])
        request.raw_input_contents.append(b"")
        room = size - request.ByteSize()
        # The length of the field is a varint of three bytes.
        request.raw_input_contents[0] = bytes(room - 2)
        assert request.ByteSize() == size
        return infer(request)

    def over_grpc(request: Any) -> Any:
        return to.call("ModelInfer", request, "running a forward", SECONDS)

    def over_a_lane(request: Any) -> Any:
        return to.infer(request, time.monotonic() + SECONDS)

    with pytest.raises(InvalidGraphError, match="needs 1048576 bytes, 1048517 came"):
        ask(limit, over_grpc)
    with past("message_bytes"):
        ask(limit + 1, over_grpc)
    with pytest.raises(connection.InferenceFailure) as refused:
        ask(limit, over_a_lane)
    assert b"bytes, 1048517 came" in refused.value.trailing_metadata()[0][1]
    with pytest.raises(connection.InferenceFailure) as refused:
        ask(limit + 1, over_a_lane)
    assert b"limit message_bytes" in refused.value.trailing_metadata()[0][1]
    # What is larger goes through shared memory.
    data = np.arange(limit // 4, dtype=np.float32)
    np.testing.assert_array_equal(executor.forward(data=mx.nd.array(data))[0].asnumpy(), data * 2)


@of("executors")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    kept = [doubled(2), doubled(3)]
    with past("executors"):
        doubled(4)
    kept.pop()
    _eventually(lambda: len(operator.describe().accelerators[0].executors) == 1)
    assert doubled(4).forward()[0].shape == (4,)


@of("sessions")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    doubled(2).forward()
    program = "import offboard.mxnet as mx, sys; (mx.sym.Variable('x') + 1).simple_bind(mx.eia(), 'null', x=(1,))"
    waits = subprocess.Popen(
        [sys.executable, "-c", program + "; print('bound', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert waits.stdout is not None
    assert waits.stdout.readline() == b"bound\n"
    refused = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "LimitExceededError: Limit sessions of accelerator eia-" in refused.stderr
    assert "3 asked, 2 allowed" in refused.stderr
    waits.communicate()
    _eventually(lambda: operator.describe().accelerators[0].sessions == 1)
    subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL)


@of("plans")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    executor = doubled(4)
    for size in (1, 2, 3, 4, 1):
        executor = executor.reshape(allow_up_sizing=True, data=(size,))
        assert executor.forward(data=mx.nd.ones((size,)))[0].asnumpy().tolist() == [2.0] * size
        (status,) = operator.describe().accelerators[0].executors
        assert status.plans == 2


@of("blob_bytes")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    put(bytes(4096))
    with past("blob_bytes"):
        put(bytes(4097))


@of("store_bytes")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    put(bytes(4096))
    assert operator.describe().accelerators[0].memory.store == 4096
    with past("store_bytes"):
        put(b"x" * 4097)
    # What nobody uses makes room.
    put(b"y" * 4096)
    assert operator.describe().accelerators[0].memory.store == 4096


@of("graph_bytes")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    graph = (mx.sym.Variable("data") * 2.0).tojson().encode()
    assert len(graph) < 600

    def bind(text: bytes) -> Any:
        put(text)
        request = pb.BindRequest(graph=hashlib.sha256(text).digest(), format=pb.MXNET_SYMBOL_JSON)
        request.arguments.add(name="data", datatype="FP32", shape=[2])
        return connection.connection().call("Bind", request, "binding a graph", SECONDS)

    def infer(text: bytes) -> Any:
        return connection.connection().call("Infer", pb.InferRequest(graph=text), "inferring shapes", SECONDS)

    for ask in (bind, infer):
        ask(graph.ljust(600))
        with past("graph_bytes"):
            ask(graph.ljust(601))


@of("shared_memory_regions")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    memory = SharedMemory(create=True, size=4096)
    try:

        def register(name: str) -> None:
            request = oip.SystemSharedMemoryRegisterRequest(name=name, key=memory.name, byte_size=4096)
            connection.connection().call("SystemSharedMemoryRegister", request, "registering", SECONDS)

        register("one")
        register("two")
        with past("shared_memory_regions"):
            register("three")
    finally:
        memory.close()
        memory.unlink()


@of("lease_seconds")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    program = "import offboard.mxnet as mx, sys; e = (mx.sym.Variable('x') + 1).simple_bind(mx.eia(), 'null', x=(1,))"
    program += "; print('bound', flush=True); sys.stdin.readline(); print(e.forward()[0].asscalar(), flush=True)"
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"bound\n"
    executor = doubled(2)
    # A session that is renewed lives on; one whose process is stopped lapses, and is made anew when that goes on.
    time.sleep(2.5 * VALUES["lease_seconds"])
    assert operator.describe().accelerators[0].sessions == 2
    stop(other.pid)
    _eventually(lambda: operator.describe().accelerators[0].sessions == 1)
    _eventually(lambda: len(operator.describe().accelerators[0].executors) == 1)
    os.kill(other.pid, signal.SIGCONT)
    assert other.communicate(b"\n")[0] == b"1.0\n"
    assert executor.forward(data=mx.nd.ones((2,)))[0].asnumpy().tolist() == [2.0, 2.0]


@of("call_seconds")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    # The client's: tests/faults/test_hanging_worker.py has a call that ends by it.
    assert connection.call_seconds() == rules.limit("call_seconds")
    executor = doubled(2)
    executor.forward()
    worker = worker_of(daemon.pid)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFBOARD_CALL_SECONDS", "0.2")
        stop(worker)
        with pytest.raises(AcceleratorUnavailableError, match="did not answer in time"):
            executor.forward(data=mx.nd.ones((2,)))
        os.kill(worker, signal.SIGCONT)


@of("bind_seconds")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    # The client's, too, like call_seconds.
    assert connection.bind_seconds() == rules.limit("bind_seconds")
    assert doubled(2).forward()[0].shape == (2,)
    (converter,) = children_of(worker_of(daemon.pid))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFBOARD_BIND_SECONDS", "0.5")
        stop(converter)
        with pytest.raises(AcceleratorUnavailableError, match="did not answer in time while binding"):
            doubled(3)
        os.kill(converter, signal.SIGCONT)
    assert doubled(4).forward()[0].shape == (4,)


@of("convert_seconds")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    # The process that converts imports first.
    _eventually(lambda: _binds(2))
    (converter,) = children_of(worker_of(daemon.pid))
    stop(converter)
    with pytest.raises(InvalidGraphError, match=r"took longer than 10 s .*limit convert_seconds"):
        doubled(3)
    _eventually(lambda: _binds(4))


@of("convert_bytes")
def _(daemon: embedded.EmbeddedDaemon) -> None:
    assert doubled(2).forward()[0].shape == (2,)
    # 400 MB that ONNX Runtime computes once, when it opens the graph.
    net = mx.sym.broadcast_add(mx.sym.Variable("data"), mx.sym.sum(mx.sym.arange(start=0, stop=100_000_000)))
    with pytest.raises(InvalidGraphError, match=r"(crashed|cannot be opened|cannot be converted)"):
        net.simple_bind(mx.eia(), "null", data=(1,)).forward()
    assert doubled(4).forward()[0].shape == (4,)


def test_every_limit_is_tested() -> None:
    assert TESTS.keys() | ELSEWHERE == rules.limits().keys()


@pytest.mark.parametrize("daemon", TESTS, indirect=True)
def test_limit(daemon: embedded.EmbeddedDaemon, request: pytest.FixtureRequest) -> None:
    TESTS[request.node.callspec.params["daemon"]](daemon)


def _eventually(check: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


def _binds(size: int) -> bool:
    try:
        return doubled(size).forward()[0].shape == (size,)
    except InvalidGraphError:
        return False
