"""The real tritonclient against a published executor: metadata, raw bytes, shared memory, and no private names."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.client import connection, operator
from offboard_accelerator import embedded

triton = pytest.importorskip("tritonclient.grpc", reason="tritonclient is a test dependency")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A client of a daemon on which ``double`` is published."""
    with pytest.MonkeyPatch.context() as patch, embedded.start("eia1.medium") as daemon:
        for name, value in daemon.environment.items():
            patch.setenv(name, value)
        connection.close()
        executor = (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=(2, 3))
        executor.publish("double")
        address = operator.describe().accelerators[0].endpoints.grpc
        made = triton.InferenceServerClient(address)
        yield made
        made.close()
        connection.close()


def test_server_and_model_metadata(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("double")
    metadata = client.get_model_metadata("double")
    assert [(each.name, each.datatype, list(each.shape)) for each in metadata.inputs] == [("data", "FP32", [2, 3])]
    assert [model.name for model in client.get_model_repository_index().models] == ["double"]


def test_infer_with_raw_bytes(client: Any) -> None:
    data = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensor = triton.InferInput("data", data.shape, "FP32")
    tensor.set_data_from_numpy(data)
    answer = client.infer("double", [tensor])
    name = client.get_model_metadata("double").outputs[0].name
    np.testing.assert_array_equal(answer.as_numpy(name), data * 2)


def test_infer_with_system_shared_memory(client: Any) -> None:
    data = np.arange(6, dtype=np.float32).reshape(2, 3)
    segment = Path("/dev/shm") / f"offboard-test-{uuid.uuid4().hex}"
    segment.write_bytes(data.tobytes() + bytes(data.nbytes))
    name = client.get_model_metadata("double").outputs[0].name
    try:
        client.register_system_shared_memory("both", f"/{segment.name}", 2 * data.nbytes)
        assert list(client.get_system_shared_memory_status().regions) == ["both"]
        tensor = triton.InferInput("data", data.shape, "FP32")
        tensor.set_shared_memory("both", data.nbytes)
        output = triton.InferRequestedOutput(name)
        output.set_shared_memory("both", data.nbytes, offset=data.nbytes)
        client.infer("double", [tensor], outputs=[output])
        answer = np.frombuffer(segment.read_bytes()[data.nbytes :], np.float32)
        np.testing.assert_array_equal(answer, data.reshape(-1) * 2)
        os.truncate(segment, 4)
        with pytest.raises(triton.InferenceServerException, match="truncated"):
            client.infer("double", [tensor], outputs=[output])
        client.unregister_system_shared_memory("both")
    finally:
        segment.unlink()
    assert client.is_server_live()


def test_a_private_executor_is_not_found(client: Any) -> None:
    executor = mx.sym.exp(mx.sym.Variable("data")).simple_bind(mx.eia(), "null", data=(1,))
    name = executor._backend._executor
    assert not client.is_model_ready(name)
    tensor = triton.InferInput("data", (1,), "FP32")
    tensor.set_data_from_numpy(np.zeros(1, np.float32))
    with pytest.raises(triton.InferenceServerException, match="is not bound"):
        client.infer(name, [tensor])
    assert executor.forward()[0].asnumpy().tolist() == [1.0]
