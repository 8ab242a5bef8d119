"""Configuration and statistics of models, over both protocols, as the real tritonclient asks for them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from google.protobuf.json_format import MessageToDict
from tritonclient.utils import InferenceServerException

CONFIG = {
    "name": "axpb",
    "platform": "onnxruntime_onnx",
    "backend": "onnxruntime",
    "max_batch_size": 0,
    "input": [
        {"name": "x", "data_type": "TYPE_FP32", "dims": [-1, 3]},
        {"name": "y", "data_type": "TYPE_INT32", "dims": [-1, 3]},
    ],
    "output": [
        {"name": "sum", "data_type": "TYPE_FP32", "dims": [-1, 3]},
        {"name": "same", "data_type": "TYPE_INT32", "dims": [-1, 3]},
    ],
    "model_transaction_policy": {"decoupled": False},
}


@pytest.fixture(params=["grpc", "http"])
def client(request: pytest.FixtureRequest, served: Any) -> Iterator[Any]:
    module: Any = over_grpc if request.param == "grpc" else over_http
    address = served.grpc if request.param == "grpc" else served.http
    with module.InferenceServerClient(address) as made:
        made.module = module
        yield made


@pytest.fixture
def infer(client: Any) -> Callable[[int], None]:
    def make(rows: int) -> None:
        inputs = []
        for name, datatype, dtype in (("x", "FP32", np.float32), ("y", "INT32", np.int32)):
            given = client.module.InferInput(name, [rows, 3], datatype)
            given.set_data_from_numpy(np.ones((rows, 3), dtype))
            inputs.append(given)
        client.infer("axpb", inputs)

    return make


def known(given: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The part of a document that is wanted; Triton's clients know many more fields, which are empty."""

    def part(value: Any, like: Any) -> Any:
        if isinstance(like, dict):
            return {key: part(value[key], like[key]) for key in like}
        if isinstance(like, list):
            return [part(*pair) for pair in zip(value, like, strict=True)]
        return type(like)(value)

    made: dict[str, Any] = part(given, wanted)
    return made


def test_configuration(client: Any) -> None:
    answer = client.get_model_config("axpb")
    if client.module is over_grpc:
        answer = MessageToDict(
            answer.config, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
    assert known(answer, CONFIG) == CONFIG
    with pytest.raises(InferenceServerException, match="version 3, not 1"):
        client.get_model_config("axpb", "1")
    with pytest.raises(InferenceServerException, match="is not bound"):
        client.get_model_config("absent")


def statistics(client: Any, name: str = "") -> dict[str, dict[str, Any]]:
    answer = client.get_inference_statistics(name)
    if client.module is over_grpc:
        answer = MessageToDict(answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return {each["name"]: each for each in answer["model_stats"]}


def counts(client: Any) -> tuple[int, ...]:
    found = statistics(client, "axpb")["axpb"]
    parts = found["inference_stats"]
    names = ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output")
    return (int(found["inference_count"]), *(int(parts[name]["count"]) for name in names))


def test_statistics(client: Any, infer: Callable[[int], None]) -> None:
    before = counts(client)
    for _ in range(3):
        infer(2)
    done, success, fail, *parts = (now - then for now, then in zip(counts(client), before, strict=True))
    assert (done, success, fail, parts) == (3, 3, 0, [3, 3, 3, 3])
    found = statistics(client, "axpb")["axpb"]
    assert found["version"] == "3"
    spent = {name: int(part["ns"]) for name, part in found["inference_stats"].items() if name in _PARTS}
    assert spent["compute_infer"] > 0
    assert int(found["inference_stats"]["success"]["ns"]) == sum(spent.values())
    assert {"axpb", "lenet"} <= set(statistics(client))


_PARTS = ("queue", "compute_input", "compute_infer", "compute_output")


def test_failures_are_counted(client: Any) -> None:
    before = counts(client)
    given = client.module.InferInput("x", [1, 3], "FP32")
    given.set_data_from_numpy(np.ones((1, 3), np.float32))
    with pytest.raises(InferenceServerException, match="were not sent"):
        client.infer("axpb", [given])
    assert [now - then for now, then in zip(counts(client), before, strict=True)][:3] == [0, 0, 1]


def test_extensions_are_told(client: Any) -> None:
    metadata = client.get_server_metadata()
    told = metadata["extensions"] if isinstance(metadata, dict) else metadata.extensions
    assert {"model_configuration", "statistics", "system_shared_memory", "model_repository"} <= set(told)
