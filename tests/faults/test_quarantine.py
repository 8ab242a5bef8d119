"""A model that aborts ONNX Runtime when it runs is quarantined; what others serve goes on."""

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException

from offboard.client import operator, state
from offboard_accelerator import embedded


def _model(operator_type: str) -> bytes:
    """x by y, of int32: ONNX Runtime divides the least integer by -1 as the processor does, which ends the process."""
    kind = TensorProto.INT32
    graph = helper.make_graph(
        [helper.make_node(operator_type, ["x", "y"], ["z"])],
        operator_type,
        [helper.make_tensor_value_info(name, kind, [2]) for name in "xy"],
        [helper.make_tensor_value_info("z", kind, [2])],
    )
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    return made


def test_a_model_that_kills_the_worker(tmp_path: Path) -> None:
    for name, operator_type in (("divide", "Div"), ("multiply", "Mul")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(_model(operator_type))
    with embedded.start(arguments=["--model-repository", str(tmp_path)]) as daemon:
        endpoint = state.Endpoint(daemon.endpoint, "test", secure=False, ca="", token="")
        (status,) = operator.describe(endpoint=endpoint).accelerators

        ready = triton.InferenceServerClient(status.endpoints.unix_socket)

        def infer(name: str, x: list[int], y: list[int]) -> list[int]:
            until = time.monotonic() + 20
            while True:
                with suppress(InferenceServerException):
                    if ready.is_server_ready():
                        break
                assert time.monotonic() < until
                time.sleep(0.05)
            with triton.InferenceServerClient(status.endpoints.unix_socket) as client:
                given = [
                    triton.InferInput(key, [2], "INT32").set_data_from_numpy(np.array(value, np.int32))
                    for key, value in (("x", x), ("y", y))
                ]
                made: list[int] = client.infer(name, given).as_numpy("z").tolist()
                return made

        assert infer("divide", [6, 9], [2, 3]) == [3, 3]
        for _ in range(2):
            with pytest.raises(InferenceServerException, match="UNAVAILABLE"):
                infer("divide", [-(2**31), 9], [-1, 3])
            assert infer("multiply", [6, 9], [2, 0]) == [12, 0]
        with pytest.raises(InferenceServerException, match="quarantine"):
            infer("divide", [6, 9], [2, 3])
        assert infer("multiply", [6, 9], [2, 3]) == [12, 27]
        (status,) = operator.describe(endpoint=endpoint).accelerators
        assert status.worker_restarts == 2
        ready.close()
