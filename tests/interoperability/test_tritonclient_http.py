"""The real tritonclient over HTTP against a model repository and a published executor, and what a plain client sees."""

from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

import offboard.mxnet as mx
from offboard.client import connection


@pytest.fixture(scope="module")
def client(served: Any) -> Iterator[triton.InferenceServerClient]:
    made = triton.InferenceServerClient(served.http)
    yield made
    made.close()


@pytest.fixture
def plain(served: Any, client: triton.InferenceServerClient) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{served.http}", timeout=20) as made:
        yield made


def numbers(batch: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(batch * 3, dtype=np.float32).reshape(batch, 3) / 4
    return x, np.arange(batch * 3, dtype=np.int32).reshape(batch, 3) * 10


def axpb_inputs(x: np.ndarray, y: np.ndarray, *, binary: bool) -> list[triton.InferInput]:
    inputs = [triton.InferInput("x", list(x.shape), "FP32"), triton.InferInput("y", list(y.shape), "INT32")]
    for each, array in zip(inputs, (x, y), strict=True):
        each.set_data_from_numpy(array, binary_data=binary)
    return inputs


def test_server(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    metadata = client.get_server_metadata()
    assert metadata["name"] == "offboard"
    assert "binary_tensor_data" in metadata["extensions"]


def test_metadata(client: triton.InferenceServerClient) -> None:
    lenet = client.get_model_metadata("lenet")
    assert lenet["inputs"] == [{"name": "data", "datatype": "FP32", "shape": [-1, 1, 8, 8]}]
    assert lenet["outputs"] == [{"name": "softmax_output", "datatype": "FP32", "shape": [-1, 10]}]
    assert client.get_model_metadata("axpb", "3")["versions"] == ["3"]
    assert not client.is_model_ready("axpb", "1")
    assert not client.is_model_ready("absent")
    with pytest.raises(InferenceServerException, match="is not bound") as caught:
        client.get_model_metadata("absent")
    assert caught.value.status() == "404"


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_inference_json_and_binary(client: triton.InferenceServerClient, binary_in: bool, binary_out: bool) -> None:
    x, y = numbers(4)
    inputs = axpb_inputs(x, y, binary=binary_in)
    outputs = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("sum", "same")]
    answer = client.infer("axpb", inputs, outputs=outputs, request_id="7")
    np.testing.assert_array_equal(answer.as_numpy("sum"), 2 * x + y)
    np.testing.assert_array_equal(answer.as_numpy("same"), y)
    assert answer.as_numpy("same").dtype == np.int32
    response = answer.get_response()
    assert (response["model_name"], response["model_version"], response["id"]) == ("axpb", "3", "7")
    every = client.infer("axpb", inputs)
    np.testing.assert_array_equal(every.as_numpy("sum"), 2 * x + y)


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_a_compressed_request(client: triton.InferenceServerClient, digits: Any, compression: str) -> None:
    data = digits["data"][:8]
    given = triton.InferInput("data", list(data.shape), "FP32")
    given.set_data_from_numpy(data)
    answer = client.infer("lenet", [given], request_compression_algorithm=compression)
    np.testing.assert_allclose(answer.as_numpy("softmax_output"), digits["softmax_output"][:8], rtol=1e-4, atol=1e-5)


def test_one_binary_and_one_json(client: triton.InferenceServerClient) -> None:
    x, y = numbers(1)
    inputs = [axpb_inputs(x, y, binary=True)[0], axpb_inputs(x, y, binary=False)[1]]
    np.testing.assert_array_equal(client.infer("axpb", inputs).as_numpy("sum"), 2 * x + y)


def test_system_shared_memory(client: triton.InferenceServerClient) -> None:
    x, y = numbers(2)
    size = x.nbytes + y.nbytes
    source = SharedMemory(create=True, size=size)
    target = SharedMemory(create=True, size=64)
    try:
        source.buf[:size] = x.tobytes() + y.tobytes()
        client.register_system_shared_memory("http source", source.name, size)
        client.register_system_shared_memory("http target", target.name, 64)
        status = client.get_system_shared_memory_status()
        assert {each["name"]: each["byte_size"] for each in status} == {"http source": size, "http target": 64}
        assert [each["name"] for each in client.get_system_shared_memory_status("http target")] == ["http target"]
        inputs = [triton.InferInput("x", list(x.shape), "FP32"), triton.InferInput("y", list(y.shape), "INT32")]
        inputs[0].set_shared_memory("http source", x.nbytes)
        inputs[1].set_shared_memory("http source", y.nbytes, offset=x.nbytes)
        output = triton.InferRequestedOutput("sum")
        output.set_shared_memory("http target", 64)
        answer = client.infer("axpb", inputs, outputs=[output, triton.InferRequestedOutput("same")])
        assert answer.get_output("sum")["shape"] == [2, 3]
        got = np.frombuffer(bytes(target.buf[: x.nbytes]), np.float32).reshape(2, 3)
        np.testing.assert_array_equal(got, 2 * x + y)
        np.testing.assert_array_equal(answer.as_numpy("same"), y)
        client.unregister_system_shared_memory("http source")
        with pytest.raises(InferenceServerException):
            client.infer("axpb", inputs)
    finally:
        client.unregister_system_shared_memory()
        for each in (source, target):
            each.close()
            each.unlink()
    assert client.get_system_shared_memory_status() == []


def test_repository(client: triton.InferenceServerClient) -> None:
    states = {each["name"]: each["state"] for each in client.get_model_repository_index()}
    assert states.items() >= {"lenet": "READY", "axpb": "READY", "broken": "UNAVAILABLE"}.items()
    client.unload_model("axpb")
    assert not client.is_model_ready("axpb")
    client.load_model("axpb")
    assert client.is_model_ready("axpb")
    with pytest.raises(InferenceServerException, match="has no model"):
        client.load_model("absent")
    with pytest.raises(InferenceServerException, match="as it is"):
        client.load_model("axpb", config="{}")


def test_a_published_executor(
    client: triton.InferenceServerClient, served: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("OFFBOARD_ENDPOINT", served.endpoint)
    monkeypatch.setenv("OFFBOARD_HOME", str(tmp_path))
    connection.close()
    try:
        executor = (mx.sym.Variable("data") * 2.0).simple_bind(mx.eia(), "null", data=(2, 3))
        executor.publish("double")
        x, _ = numbers(2)
        given = triton.InferInput("data", [2, 3], "FP32")
        given.set_data_from_numpy(x)
        name = client.get_model_metadata("double")["outputs"][0]["name"]
        np.testing.assert_array_equal(client.infer("double", [given]).as_numpy(name), 2 * x)
    finally:
        connection.close()


def infer(plain: httpx.Client, content: Any, **headers: str) -> httpx.Response:
    if isinstance(content, bytes):
        return plain.post("/v2/models/axpb/infer", content=content, headers=headers)
    return plain.post("/v2/models/axpb/infer", json=content, headers=headers)


def test_plain_json(plain: httpx.Client) -> None:
    nested = {"inputs": [
        {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [[1, 2.5, -1]]},
        {"name": "y", "datatype": "INT32", "shape": [1, 3], "data": [4, 5, 6]},
    ]}  # fmt: skip
    answer = infer(plain, nested)
    assert answer.status_code == 200
    outputs = {each["name"]: each for each in answer.json()["outputs"]}
    assert outputs["sum"] == {"name": "sum", "datatype": "FP32", "shape": [1, 3], "data": [6.0, 10.0, 4.0]}
    empty = {"inputs": [
        {"name": "x", "datatype": "FP32", "shape": [0, 3], "data": []},
        {"name": "y", "datatype": "INT32", "shape": [0, 3], "data": []},
    ]}  # fmt: skip
    assert infer(plain, empty).json()["outputs"][0]["data"] == []


def changed(**changes: Any) -> dict[str, Any]:
    first = {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3], **changes}
    return {"inputs": [first, {"name": "y", "datatype": "INT32", "shape": [1, 3], "data": [4, 5, 6]}]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not an object"),
        (b"[" * 100_000, "not JSON"),
        ({}, "inputs is not a list"),
        ({"inputs": [1]}, "not an object"),
        (changed(name=1), "not a text"),
        (changed(datatype="BYTES"), "Element type 'BYTES'"),
        (changed(datatype="INT32"), "is FP32, INT32 was sent"),
        (changed(shape=[-1, 3]), "not a list of sizes"),
        (changed(shape=[True, 3]), "not a list of sizes"),
        (changed(shape=[1 << 61, 1 << 61, 3]), "elements"),
        (changed(data=[1, 2]), "needs 3 elements, 2 came"),
        (changed(data=[[1], [2, 3]]), "ragged"),
        (changed(data=["a", "b", "c"]), "not of its datatype"),
        (changed(data=None), "not a list"),
        (changed(datatype="INT8", data=[1, 2, 300]), "range"),
        (changed(datatype="INT8", data=[1, 2, 1 << 80]), "not of its datatype"),
        (changed(datatype="BOOL"), "not of its datatype"),
        (changed(parameters={"binary_data_size": 12}), "12 bytes of binary data, 0 came"),
        (changed(parameters={"binary_data_size": -1}), "not a size"),
        (changed(parameters={"shared_memory_region": "none", "shared_memory_byte_size": 12}), "none"),
        ({**changed(), "outputs": [{"name": "absent"}]}, "no output absent"),
        ({**changed(), "outputs": [{"name": "sum", "parameters": {"classification": 3}}]}, "classification"),
        ({"inputs": changed()["inputs"][:1]}, "y of axpb were not sent"),
    ],
)  # fmt: skip
def test_malformed_requests(plain: httpx.Client, content: Any, text: str) -> None:
    answer = infer(plain, content)
    assert 400 <= answer.status_code < 500
    assert text in answer.json()["error"]


def test_malformed_binary(plain: httpx.Client) -> None:
    length = {"inference-header-content-length": "5"}
    assert "has 2 bytes" in infer(plain, b"{}", **length).json()["error"]
    length["inference-header-content-length"] = "x"
    assert infer(plain, b"{}", **length).status_code == 400
    length["inference-header-content-length"] = "13"
    assert "belong to no input" in infer(plain, b'{"inputs":[]}abc', **length).json()["error"]
    broken = {"content-encoding": "gzip"}
    assert "is not gzip" in infer(plain, b"nonsense", **broken).json()["error"]
    assert infer(plain, b"x", **{"content-encoding": "br"}).status_code == 400


def test_half_precision_in_json() -> None:
    from offboard_accelerator.rest.tensors import Wanted, decode, encode

    for datatype in ("FP16", "BF16"):
        body = f'{{"inputs":[{{"name":"h","datatype":"{datatype}","shape":[2],"data":[1.5,-2]}}]}}'.encode()
        message, _ = decode("m", "", body, None)
        assert len(message.raw_input_contents[0]) == 4
        from offboard.wire import inference as oip

        response = oip.ModelInferResponse(model_name="m", raw_output_contents=message.raw_input_contents)
        response.outputs.add(name="h", datatype=datatype, shape=[2])
        encoded, _ = encode(response, Wanted({}, False))
        assert b'"data": [1.5, -2.0]' in encoded


def test_operations(plain: httpx.Client) -> None:
    health = plain.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    (accelerator,) = plain.get("/v1/accelerators").json()["accelerators"]
    assert accelerator["type"]["name"] == "eia1.medium"
    assert {each["name"] for each in accelerator["executors"] if each["published"]} >= {"lenet", "axpb"}
    infer(plain, changed())
    metrics = plain.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    label = f'{{accelerator="{accelerator["id"]}",type="eia1.medium"}}'
    values = dict(line.rsplit(" ", 1) for line in metrics.text.splitlines() if not line.startswith("#"))
    assert float(values["offboard_memory_bytes" + label]) == 1 << 30
    assert float(values["offboard_worker_up" + label]) == 1
    forwards = float(values["offboard_forwards_total" + label])
    infer(plain, changed())
    again = dict(line.rsplit(" ", 1) for line in plain.get("/metrics").text.splitlines() if line[0] != "#")
    assert float(again["offboard_forwards_total" + label]) == forwards + 1


def test_browsers_are_kept_out(plain: httpx.Client) -> None:
    assert plain.get("/v2", headers={"host": "attacker.example"}).status_code == 403
    assert plain.get("/v2", headers={"host": "localhost:1"}).status_code == 200
    assert plain.get("/v2", headers={"host": "[::1]:1"}).status_code == 200
    assert plain.post("/v2/repository/index", headers={"origin": "https://attacker.example"}).status_code == 403
    assert plain.get("/docs").status_code == 404
