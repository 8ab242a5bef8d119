"""Our messages live beside other libraries' of the same names, and mean the same on the wire."""

import subprocess
import sys

import pytest

ORDERS = ["import offboard.wire.inference, tritonclient.grpc", "import tritonclient.grpc, offboard.wire.inference"]


@pytest.mark.parametrize("order", ORDERS)
def test_beside_tritonclient(order: str) -> None:
    program = f"""
{order}
from offboard.wire import inference as ours
from tritonclient.grpc import service_pb2 as theirs
request = ours.ModelInferRequest(model_name="m", id="7")
request.inputs.add(name="x", datatype="FP32", shape=[1, 2]).parameters["p"].int64_param = 3
request.raw_input_contents.append(b"12345678")
assert theirs.ModelInferRequest.FromString(request.SerializeToString()).inputs[0].parameters["p"].int64_param == 3
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)


def test_pure_python_protobuf_is_refused() -> None:
    program = """
import os
os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"
try:
    import offboard.wire.pool
except ImportError as error:
    assert "compiled backend" in str(error)
else:
    raise SystemExit("was accepted")
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)
