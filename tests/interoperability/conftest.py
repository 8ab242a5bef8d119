"""A daemon with a model repository, and what its models must answer."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tritonclient.grpc as triton
from onnx import TensorProto, helper

from offboard.client import operator, state
from offboard_accelerator import embedded

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Served:
    """Addresses of the daemon's worker, for other programs' clients."""

    grpc: str
    http: str
    repository: Path
    endpoint: str


def axpb() -> onnx.ModelProto:
    """2 * x + y, of any batch; y is INT32 and comes out as it came in, too."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["y"], ["y_float"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["x", "x"], ["x2"]),
            helper.make_node("Add", ["x2", "y_float"], ["sum"]),
            helper.make_node("Identity", ["y"], ["same"]),
        ],
        "axpb",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3]),
            helper.make_tensor_value_info("y", TensorProto.INT32, ["batch", 3]),
        ],
        [
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, ["batch", 3]),
            helper.make_tensor_value_info("same", TensorProto.INT32, ["batch", 3]),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def fill(repository: Path) -> None:
    """Models of both formats, with and without versions, and one that is broken."""
    lenet = repository / "lenet"
    lenet.mkdir(parents=True)
    for file in ("digits-lenet-symbol.json", "digits-lenet-0030.params"):
        shutil.copy(DATA / "digits-lenet" / file, lenet)
    (lenet / "model-shapes.json").write_text(json.dumps({"data": [-1, 1, 8, 8]}))
    for version in ("1", "3"):
        folder = repository / "axpb" / version
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(axpb().SerializeToString())
    broken = repository / "broken"
    broken.mkdir()
    (broken / "model.onnx").write_bytes(b"no model")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    repository = tmp_path_factory.mktemp("models")
    fill(repository)
    with embedded.start(http=True, arguments=["--model-repository", str(repository)]) as daemon:
        endpoint = state.Endpoint(daemon.endpoint, "test", secure=False, ca="", token="")
        (status,) = operator.describe(endpoint=endpoint).accelerators
        with triton.InferenceServerClient(status.endpoints.grpc) as client:
            until = time.monotonic() + 60
            while not client.is_server_ready():
                assert time.monotonic() < until, client.get_model_repository_index()
                time.sleep(0.05)
        yield Served(status.endpoints.grpc, daemon.http.removeprefix("http://"), repository, daemon.endpoint)


@pytest.fixture(scope="session")
def digits() -> Any:
    return np.load(DATA / "digits-lenet" / "golden.npz")
