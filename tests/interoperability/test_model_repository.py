"""The real tritonclient over gRPC against a model repository, in a process with Offboard's own messages."""

import time
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as triton
from onnx import TensorProto, helper, numpy_helper
from tritonclient.utils import InferenceServerException

from offboard.client import operator, state
from offboard.wire import inference  # noqa: F401  the same message names, in a pool of their own
from offboard_accelerator import embedded


@pytest.fixture(scope="module")
def client(served: Any) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(served.grpc) as made:
        yield made


def numbers(batch: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(batch * 3, dtype=np.float32).reshape(batch, 3)
    return x, np.arange(batch * 3, dtype=np.int32).reshape(batch, 3) * 10


def test_server(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    metadata = client.get_server_metadata()
    assert metadata.name == "offboard"
    assert {"model_repository", "system_shared_memory"} <= set(metadata.extensions)


def test_metadata_says_which_dimensions_are_free(client: triton.InferenceServerClient) -> None:
    lenet = client.get_model_metadata("lenet")
    assert [(each.name, each.datatype, list(each.shape)) for each in lenet.inputs] == [("data", "FP32", [-1, 1, 8, 8])]
    assert [(each.name, each.datatype, list(each.shape)) for each in lenet.outputs] == [
        ("softmax_output", "FP32", [-1, 10])
    ]
    axpb = client.get_model_metadata("axpb")
    assert list(axpb.versions) == ["3"]
    assert [(each.name, each.datatype, list(each.shape)) for each in axpb.inputs] == [
        ("x", "FP32", [-1, 3]),
        ("y", "INT32", [-1, 3]),
    ]


@pytest.mark.parametrize("batch", [1, 4])
def test_raw_inference_of_a_symbol(client: triton.InferenceServerClient, digits: Any, batch: int) -> None:
    data, expected = digits["data"][:batch], digits["softmax_output"][:batch]
    given = triton.InferInput("data", list(data.shape), "FP32")
    given.set_data_from_numpy(data)
    answer = client.infer("lenet", [given], request_id="7")
    np.testing.assert_allclose(answer.as_numpy("softmax_output"), expected, rtol=1e-4, atol=1e-5)
    assert answer.get_response().id == "7"
    assert answer.get_response().model_version == "1"


@pytest.mark.parametrize("version", ["", "3"])
def test_raw_inference_of_onnx(client: triton.InferenceServerClient, version: str) -> None:
    for batch in (1, 5):
        x, y = numbers(batch)
        inputs = [triton.InferInput("x", list(x.shape), "FP32"), triton.InferInput("y", list(y.shape), "INT32")]
        for each, array in zip(inputs, (x, y), strict=True):
            each.set_data_from_numpy(array)
        answer = client.infer("axpb", inputs, model_version=version)
        np.testing.assert_array_equal(answer.as_numpy("sum"), 2 * x + y)
        np.testing.assert_array_equal(answer.as_numpy("same"), y)
        only = client.infer("axpb", inputs, outputs=[triton.InferRequestedOutput("same")])
        assert only.as_numpy("sum") is None


def test_system_shared_memory(client: triton.InferenceServerClient) -> None:
    x, y = numbers(2)
    size = x.nbytes + y.nbytes
    source = SharedMemory(create=True, size=size)
    target = SharedMemory(create=True, size=64)
    try:
        source.buf[:size] = x.tobytes() + y.tobytes()
        client.register_system_shared_memory("source", source.name, size)
        client.register_system_shared_memory("target", target.name, 64)
        assert set(client.get_system_shared_memory_status().regions) == {"source", "target"}
        inputs = [triton.InferInput("x", list(x.shape), "FP32"), triton.InferInput("y", list(y.shape), "INT32")]
        inputs[0].set_shared_memory("source", x.nbytes)
        inputs[1].set_shared_memory("source", y.nbytes, offset=x.nbytes)
        output = triton.InferRequestedOutput("sum")
        output.set_shared_memory("target", 64)
        answer = client.infer("axpb", inputs, outputs=[output]).get_output("sum")
        assert list(answer.shape) == [2, 3]
        got = np.frombuffer(bytes(target.buf[: x.nbytes]), np.float32).reshape(2, 3)
        np.testing.assert_array_equal(got, 2 * x + y)
        client.unregister_system_shared_memory("source")
        assert set(client.get_system_shared_memory_status().regions) == {"target"}
    finally:
        client.unregister_system_shared_memory()
        for each in (source, target):
            each.close()
            each.unlink()
    assert not client.get_system_shared_memory_status().regions


def test_repository(client: triton.InferenceServerClient, served: Any) -> None:
    def states() -> dict[str, str]:
        return {each.name: each.state for each in client.get_model_repository_index().models}

    assert states() == {"lenet": "READY", "axpb": "READY", "broken": "UNAVAILABLE"}
    client.unload_model("lenet")
    assert not client.is_model_ready("lenet")
    assert states()["lenet"] == "UNAVAILABLE"
    client.load_model("lenet")
    client.load_model("lenet")
    assert client.is_model_ready("lenet")
    with pytest.raises(InferenceServerException, match="no ONNX model"):
        client.load_model("broken")
    for name in ("absent", "..", "../models/lenet", ""):
        with pytest.raises(InferenceServerException, match="has no model"):
            client.load_model(name)
    with pytest.raises(InferenceServerException, match="is not loaded"):
        client.unload_model("absent")
    with pytest.raises(InferenceServerException, match="as it is"):
        client.load_model("lenet", config="{}")


def test_refusals(client: triton.InferenceServerClient) -> None:
    x, _ = numbers(1)
    given = triton.InferInput("x", [1, 3], "FP32")
    given.set_data_from_numpy(x)
    with pytest.raises(InferenceServerException, match="y of axpb were not sent"):
        client.infer("axpb", [given])
    with pytest.raises(InferenceServerException, match="is not bound"):
        client.infer("absent", [given])
    with pytest.raises(InferenceServerException, match="version 3, not 1"):
        client.infer("axpb", [given], model_version="1")
    wrong = triton.InferInput("y", [1, 3], "FP32")
    wrong.set_data_from_numpy(x)
    with pytest.raises(InferenceServerException, match="is INT32, FP32 was sent"):
        client.infer("axpb", [given, wrong])


def test_stream(client: triton.InferenceServerClient) -> None:
    import queue

    answers: queue.Queue[tuple[Any, Any]] = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    x, y = numbers(1)
    inputs = [triton.InferInput("x", [1, 3], "FP32"), triton.InferInput("y", [1, 3], "INT32")]
    inputs[0].set_data_from_numpy(x)
    inputs[1].set_data_from_numpy(y)
    client.async_stream_infer("axpb", inputs)
    client.async_stream_infer("absent", inputs)
    client.async_stream_infer("axpb", inputs)
    got = [answers.get(timeout=20) for _ in range(3)]
    client.stop_stream()
    assert [error is None for _, error in got] == [True, False, True]
    np.testing.assert_array_equal(got[2][0].as_numpy("sum"), 2 * x + y)


def test_weights_inside_an_onnx_file_are_charged(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(np.ones((512, 1024), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "dense",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 512])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1024])],
        [weight],
    )
    (tmp_path / "dense").mkdir()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "dense" / "model.onnx").write_bytes(model.SerializeToString())
    with embedded.start(arguments=["--model-repository", str(tmp_path)]) as daemon:
        endpoint = state.Endpoint(daemon.endpoint, "test", secure=False, ca="", token="")
        until = time.monotonic() + 20
        while (used := operator.describe(endpoint=endpoint).accelerators[0].memory.used) == 0:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert used == 512 * 1024 * 4 + (512 + 1024) * 4
