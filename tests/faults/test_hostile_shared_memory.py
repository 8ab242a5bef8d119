"""A client that plays with its shared memory while the worker uses it: typed errors, right answers, no death."""

import os
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.client import connection, operator
from offboard.client.faults import error_of
from offboard.errors import SharedMemoryError
from offboard.wire import inference as oip
from offboard_accelerator import embedded

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_process import worker_of

ELEMENTS = 1 << 18
SIZE = ELEMENTS * 4
SECONDS = 60.0


@pytest.fixture(scope="module")
def daemon() -> Iterator[embedded.EmbeddedDaemon]:
    with pytest.MonkeyPatch.context() as patch, embedded.start("eia1.medium") as made:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        connection.close()
        yield made
        connection.close()


@pytest.fixture
def segment(daemon: embedded.EmbeddedDaemon) -> Iterator[Path]:
    path = Path("/dev/shm") / f"offboard-test-{uuid.uuid4().hex}"
    fill(path)
    register(path.name, path.name)
    yield path
    request = oip.SystemSharedMemoryUnregisterRequest(name=path.name)
    connection.connection().call("SystemSharedMemoryUnregister", request, "unregistering", SECONDS)
    path.unlink(missing_ok=True)


def fill(path: Path) -> None:
    path.write_bytes(np.arange(ELEMENTS, dtype=np.float32).tobytes() + bytes(SIZE))


def register(name: str, key: str) -> None:
    request = oip.SystemSharedMemoryRegisterRequest(name=name, key=key, byte_size=2 * SIZE)
    connection.connection().call("SystemSharedMemoryRegister", request, "registering", SECONDS)


def point(parameters: Any, region: str, offset: int, size: int = SIZE) -> None:
    parameters["shared_memory_region"].string_param = region
    parameters["shared_memory_offset"].int64_param = offset
    parameters["shared_memory_byte_size"].int64_param = size


def infer(executor: Any, region: str, *, read: int = 0, write: int = SIZE) -> oip.ModelInferResponse:
    request = oip.ModelInferRequest(model_name=executor._backend._executor)
    tensor = request.inputs.add(name="data", datatype="FP32", shape=[ELEMENTS])
    point(tensor.parameters, region, read)
    (name,) = (each[0] for each in next(iter(executor._backend._outputs.values())))
    point(request.outputs.add(name=name).parameters, region, write)
    answer: oip.ModelInferResponse = connection.connection().call("ModelInfer", request, "running a forward", SECONDS)
    return answer


@pytest.fixture
def executor(daemon: embedded.EmbeddedDaemon) -> Any:
    return (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=(ELEMENTS,))


def restarts() -> int:
    count: int = operator.describe().accelerators[0].worker_restarts
    return count


def test_truncated_before_it_is_read(executor: Any, segment: Path) -> None:
    infer(executor, segment.name)
    made = np.frombuffer(segment.read_bytes()[SIZE:], np.float32)
    np.testing.assert_array_equal(made, np.arange(ELEMENTS, dtype=np.float32) * 2)
    os.truncate(segment, SIZE // 2)
    with pytest.raises(SharedMemoryError, match="truncated while it was read"):
        infer(executor, segment.name)
    fill(segment)
    infer(executor, segment.name)
    assert restarts() == 0


def test_truncated_and_grown_all_the_time(executor: Any, segment: Path) -> None:
    outcomes: Counter[str] = Counter()
    done = threading.Event()

    def play() -> None:
        while not done.is_set():
            os.truncate(segment, 4096)
            fill(segment)

    player = threading.Thread(target=play)
    player.start()
    try:
        for _ in range(100):
            try:
                infer(executor, segment.name)
                outcomes["answered"] += 1
            except SharedMemoryError as error:
                assert "was truncated" in str(error)  # noqa: PT017
                outcomes["refused"] += 1
    finally:
        done.set()
        player.join()
    assert outcomes["refused"] > 0
    fill(segment)
    infer(executor, segment.name)
    assert restarts() == 0


@pytest.mark.parametrize(
    ("read", "write"), [(-4, 0), (2 * SIZE, 0), (SIZE + 4, 0), (2**62, 0), (0, -4), (0, SIZE + 4), (0, 2**62)]
)
def test_outside_the_region(executor: Any, segment: Path, read: int, write: int) -> None:
    with pytest.raises(SharedMemoryError, match="outside shared memory region"):
        infer(executor, segment.name, read=read, write=write)


def test_removed_from_the_folder(executor: Any, segment: Path) -> None:
    segment.unlink()
    infer(executor, segment.name)


def test_an_output_over_its_own_input(executor: Any, segment: Path) -> None:
    infer(executor, segment.name, read=0, write=0)
    made = np.frombuffer(segment.read_bytes()[:SIZE], np.float32)
    np.testing.assert_array_equal(made, np.arange(ELEMENTS, dtype=np.float32) * 2)


def test_regions_are_their_sessions_and_end_with_them(
    daemon: embedded.EmbeddedDaemon, executor: Any, segment: Path
) -> None:
    first = connection.connection()
    other = connection.Connection(first.endpoint)
    try:
        request = oip.SystemSharedMemoryStatusRequest()
        assert set(first.call("SystemSharedMemoryStatus", request, "asking", SECONDS).regions) == {segment.name}
        assert not other.call("SystemSharedMemoryStatus", request, "asking", SECONDS).regions
        asked = oip.ModelInferRequest(model_name=executor._backend._executor)
        with pytest.raises(grpc.RpcError) as refused:
            other.methods["ModelInfer"](asked, metadata=other.metadata, timeout=SECONDS)
        assert "is not bound" in str(error_of(refused.value, "running another's executor"))
    finally:
        other.close()
    worker = worker_of(daemon.pid)
    assert opened(worker, segment) == 1
    connection.close()
    until = time.monotonic() + SECONDS
    while opened(worker, segment):
        assert time.monotonic() < until
        time.sleep(0.05)


def opened(pid: int, path: Path) -> int:
    """How many descriptors a process has of a file."""
    count = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            count += path.name in os.readlink(link)
    return count
