"""An accelerator's memory is a limit that holds, and what is released comes back."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException

import offboard.mxnet as mx
from offboard import rules
from offboard.client import connection, operator
from offboard.errors import AcceleratorOutOfMemoryError
from offboard_accelerator import embedded

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_process import worker_of

_MIB = 1 << 20
RULE = r"EI Error Code: \[51, 8, 31\].*EI Request ID: MX-[0-9A-F-]{36} -- EI Accelerator ID: eia-"


def _zeros() -> onnx.ModelProto:
    """Zeros of the length that the input says."""
    graph = helper.make_graph(
        [helper.make_node("ConstantOfShape", ["length"], ["zeros"])],
        "zeros",
        [helper.make_tensor_value_info("length", TensorProto.INT64, [1])],
        [helper.make_tensor_value_info("zeros", TensorProto.FLOAT, ["n"])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedDaemon]:
    repository = tmp_path_factory.mktemp("models")
    (repository / "zeros").mkdir()
    (repository / "zeros" / "model.onnx").write_bytes(_zeros().SerializeToString())
    arguments = ["--model-repository", str(repository)]
    with pytest.MonkeyPatch.context() as patch, embedded.start("eia1.medium", arguments=arguments) as made:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        connection.close()
        yield made
        connection.close()


@pytest.fixture
def other(daemon: embedded.EmbeddedDaemon) -> Iterator[None]:
    """Another executor, which whatever happens must not disturb."""
    executor = mx.sym.exp(mx.sym.Variable("data")).simple_bind(mx.eia(), "null", data=(1,))
    assert executor.forward()[0].asnumpy().tolist() == [1.0]
    yield
    executor.arg_dict["data"][:] = 1
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), [np.e], rtol=1e-6)


def _private(pid: int) -> int:
    """Bytes that are a process's own: what it wrote, not what it maps of files."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    return sum(int(found) for found in re.findall(r"Private_Dirty:\s+(\d+) kB", rollup)) * 1024


def _eventually(check: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.usefixtures("other")
def test_weights_beyond_the_memory_are_refused_before_they_travel() -> None:
    # 1.5 GiB that take none here.
    weight = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (24576, 16384), (0, 0))
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=24576, no_bias=True, name="fc")
    sent = operator.describe().accelerators[0].memory.store
    with pytest.raises(AcceleratorOutOfMemoryError, match=f"(?s){RULE}"):
        net.bind(mx.eia(), {"data": mx.nd.ones((1, 16384)), "fc_weight": mx.nd.NDArray(weight)}, grad_req="null")
    assert operator.describe().accelerators[0].memory.store == sent


@pytest.mark.usefixtures("other")
def test_activations_beyond_the_memory_of_a_small_graph() -> None:
    # 1 KiB of weights; 1.5 GiB while it runs.
    rows = 3 << 19
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=256, no_bias=True, name="fc")
    with pytest.raises(AcceleratorOutOfMemoryError, match=f"(?s){RULE}"):
        net.simple_bind(mx.eia(), "null", data=(rows, 1))
    executor = net.simple_bind(mx.eia(), "null", data=(8, 1))
    executor.arg_dict["fc_weight"][:] = 2
    assert executor.forward(data=mx.nd.ones((8, 1)))[0].asnumpy().tolist() == [[2.0] * 256] * 8
    # The same when the shapes come later.
    with pytest.raises(AcceleratorOutOfMemoryError, match=f"(?s){RULE}"):
        executor.reshape(allow_up_sizing=True, data=(rows, 1)).forward()
    assert executor.forward()[0].asnumpy().tolist() == [[2.0] * 256] * 8


@pytest.mark.usefixtures("other")
def test_an_output_as_large_as_the_data_says(daemon: embedded.EmbeddedDaemon) -> None:
    (status,) = operator.describe().accelerators
    with triton.InferenceServerClient(status.endpoints.unix_socket) as client:

        def zeros(length: int) -> triton.InferResult:
            given = triton.InferInput("length", [1], "INT64").set_data_from_numpy(np.array([length], np.int64))
            return client.infer("zeros", [given])

        np.testing.assert_array_equal(zeros(3).as_numpy("zeros"), np.zeros(3, np.float32))
        with pytest.raises(InferenceServerException, match=f"(?s){RULE}"):
            zeros(1 << 29)
        np.testing.assert_array_equal(zeros(3).as_numpy("zeros"), np.zeros(3, np.float32))


@pytest.mark.usefixtures("other")
def test_the_ledger_is_what_the_worker_takes(daemon: embedded.EmbeddedDaemon) -> None:
    pid = worker_of(daemon.pid)
    before, charged = _private(pid), operator.describe().accelerators[0].memory.used
    # 32 MiB of weights, 256 MiB of activations.
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2048, no_bias=True, name="fc")
    for _ in range(4):
        net = mx.sym.tanh(net)
    executor = net.simple_bind(mx.eia(), "null", data=(16384, 4096))
    executor.arg_dict["fc_weight"][:] = mx.nd.ones((2048, 4096)) * 1e-3
    executor.arg_dict["data"][:] = 1
    for _ in range(3):
        executor.forward()
    ledger = operator.describe().accelerators[0].memory.used - charged
    assert ledger > 256 * _MIB
    own = _private(pid) - before
    assert 0.75 * ledger < own < 1.25 * ledger, (own / _MIB, ledger / _MIB)
    del executor
    _eventually(lambda: operator.describe().accelerators[0].memory.used == charged)
    _eventually(lambda: _private(pid) - before < 0.25 * ledger)


def test_a_thousand_shapes_take_no_more_than_fit(daemon: embedded.EmbeddedDaemon) -> None:
    pid = worker_of(daemon.pid)
    executor = mx.sym.exp(mx.sym.Variable("data")).simple_bind(mx.eia(), "null", data=(1001, 64))
    early = 0
    for rows in range(1, 1001):
        executor = executor.reshape(data=(rows, 64), allow_up_sizing=True)
        if rows % 100 == 0:
            made = executor.forward(data=mx.nd.full((rows, 64), 1.0))[0].asnumpy()
            np.testing.assert_allclose(made, np.full((rows, 64), np.e), rtol=1e-6)
        else:
            executor.forward()
        early = early or (rows == 200 and _private(pid))
    (status,) = operator.describe().accelerators
    assert sum(each.plans for each in status.executors) <= rules.limit("plans") + len(status.executors)
    assert _private(pid) < early + 32 * _MIB
    # A plan that was reclaimed is made again.
    assert executor.reshape(data=(1, 64)).forward()[0].shape == (1, 64)
