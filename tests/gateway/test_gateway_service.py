"""The gateway's calls, without a JVM: regions, imperative operators, executors, inference, errors."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.gateway.memory import ALIGNMENT, Region
from offboard.gateway.service import Service

SIZE = 1 << 16


class Jvm:
    """The other side of a service: a file, and what was put into it."""

    def __init__(self, folder, size=SIZE):
        self.service = Service()
        self.folder = folder
        self.region = self.open(size)

    def open(self, size):
        self.path = self.folder / f"region-{size}"
        self.path.write_bytes(bytes(size))
        return self.call("open_region", path=str(self.path), size=size)["region"]

    def reply(self, name, **request):
        return json.loads(self.service.call(name, json.dumps(request)))

    def call(self, name, **request):
        reply = self.reply(name, **request)
        assert "error" not in reply, reply
        return reply["result"]

    def put(self, *arrays):
        descriptions, offset = [], 0
        with open(self.path, "r+b") as file:
            for array in arrays:
                file.seek(offset)
                file.write(np.ascontiguousarray(array).tobytes())
                descriptions.append({"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset})
                offset += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
        return descriptions

    def take(self, description):
        raw = self.path.read_bytes()[description["offset"] :]
        dtype = np.dtype(description["dtype"])
        count = int(np.prod(description["shape"], dtype=np.int64))
        return np.frombuffer(raw, dtype, count).reshape(description["shape"])


@pytest.fixture
def jvm(tmp_path):
    return Jvm(tmp_path)


def network():
    data = mx.sym.Variable("data")
    return mx.sym.FullyConnected(data, num_hidden=2, name="fc")


def test_an_operator_runs_on_tensors_of_the_region(jvm):
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    inputs = jvm.put(a, np.full((2, 3), 10, np.float32))
    reply = jvm.call("invoke", operator="elemwise_add", region=jvm.region, inputs=inputs, attrs={})
    assert np.array_equal(jvm.take(reply["outputs"][0]), a + 10)


def test_operators_of_many_arrays_need_no_count(jvm):
    inputs = jvm.put(np.zeros((1, 2), np.int32), np.ones((1, 2), np.int32))
    reply = jvm.call("invoke", operator="concat", region=jvm.region, inputs=inputs, attrs={"dim": "0"})
    assert jvm.take(reply["outputs"][0]).tolist() == [[0, 0], [1, 1]]


def test_several_outputs_and_parameters_as_text(jvm):
    inputs = jvm.put(np.array([[3.0, 1.0, 2.0]], np.float32))
    attrs = {"k": "2", "ret_typ": "both"}
    reply = jvm.call("invoke", operator="topk", region=jvm.region, inputs=inputs, attrs=attrs)
    assert [jvm.take(each).tolist() for each in reply["outputs"]] == [[[3.0, 2.0]], [[0.0, 2.0]]]


def test_an_output_that_is_the_input_itself(jvm):
    a, b = np.array([1.0, 2.0], np.float32), np.arange(40, dtype=np.float32)
    reply = jvm.call("invoke", operator="BlockGrad", region=jvm.region, inputs=jvm.put(b, a)[1:], attrs={})
    assert jvm.take(reply["outputs"][0]).tolist() == [1.0, 2.0]


def test_outputs_larger_than_the_region_wait(tmp_path):
    jvm = Jvm(tmp_path, size=64)
    request = {"operator": "tile", "region": jvm.region, "attrs": {"reps": "(100,)"}}
    reply = jvm.call("invoke", inputs=jvm.put(np.array([7], np.int32)), **request)
    assert reply["needed"] >= 400
    larger = jvm.open(reply["needed"])
    outputs = jvm.call("fetch", region=larger, waiting=reply["waiting"])["outputs"]
    assert jvm.take(outputs[0]).tolist() == [7] * 100


def test_an_executor_sees_what_the_jvm_writes(jvm):
    arrays = [np.ones((1, 3), np.float32), np.ones((2, 3), np.float32), np.zeros(2, np.float32)]
    described = dict(zip(("data", "fc_weight", "fc_bias"), jvm.put(*arrays), strict=True))
    request = {"graph": network().tojson(), "context": "cpu", "region": jvm.region, "inputs": ["data"]}
    executor = jvm.call("bind", arrays=described, **request)["executor"]
    out = Path(jvm.path), jvm.open(SIZE * 2)
    forward = {"executor": executor, "region": out[1], "is_train": False}
    assert jvm.take(jvm.call("forward", changed=[], **forward)["outputs"][0]).tolist() == [[3.0, 3.0]]
    result, jvm.path = jvm.path, out[0]
    jvm.put(np.full((1, 3), 2, np.float32), np.full((2, 3), 5, np.float32))
    jvm.path = result
    reply = jvm.call("forward", changed=["data", "fc_weight"], **forward)
    assert jvm.take(reply["outputs"][0]).tolist() == [[30.0, 30.0]]
    jvm.call("release", executor=executor)
    assert "released" in jvm.reply("forward", changed=[], **forward)["error"]["message"]


def test_shapes_and_types_are_inferred(jvm):
    graph = network().tojson()
    reply = jvm.call("infer_shapes", graph=graph, known={"data": [5, 3]})
    assert (reply["arguments"], reply["outputs"], reply["complete"]) == ([[5, 3], [2, 3], [2]], [[5, 2]], True)
    assert jvm.call("infer_shapes", graph=graph, known={})["complete"] is False
    reply = jvm.call("infer_types", graph=graph, known={"data": "float16"})
    assert (reply["arguments"], reply["outputs"]) == (["float16"] * 3, ["float16"])


def test_errors_have_their_class_and_text(jvm):
    inputs = jvm.put(np.zeros((2, 3), np.float32), np.zeros((4, 5), np.float32))
    error = jvm.reply("invoke", operator="dot", region=jvm.region, inputs=inputs, attrs={})["error"]
    assert error["class"] == "MXNetError"
    assert jvm.reply("invoke", operator="nonsense", region=jvm.region, inputs=[], attrs={})["error"]["message"]
    error = jvm.reply("bind", graph="{}", context="gpu", region=99, arrays={}, inputs=[])["error"]
    assert error["message"] == "The memory region was closed"


def test_images_are_decoded_as_by_mxnet(jvm):
    image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    encoded = cv2.imencode(".png", image)[1]
    reply = jvm.call("invoke", operator="_cvimdecode", region=jvm.region, inputs=jvm.put(encoded), attrs={})
    assert np.array_equal(jvm.take(reply["outputs"][0]), image[:, :, ::-1])
    attrs = {"top": "1", "bot": "0", "left": "0", "right": "2", "value": "9"}
    reply = jvm.call("invoke", operator="_cvcopyMakeBorder", region=jvm.region, inputs=jvm.put(image), attrs=attrs)
    bordered = jvm.take(reply["outputs"][0])
    assert bordered.shape == (5, 7, 3)
    assert (bordered[0] == 9).all()
    assert (bordered[1:, 5:] == 9).all()


def test_regions_are_files_of_this_user_and_tensors_lie_inside(tmp_path):
    path = tmp_path / "region"
    path.write_bytes(bytes(128))
    with pytest.raises(MXNetError, match="has 128 bytes, not 129"):
        Region(str(path), 129)
    os.symlink(path, tmp_path / "link")
    with pytest.raises(MXNetError, match="cannot be opened"):
        Region(str(tmp_path / "link"), 128)
    region = Region(str(path), 128)
    assert region.view({"dtype": "float32", "shape": [32], "offset": 0}).size == 32
    for offset in (4, -4, 2):
        with pytest.raises(MXNetError, match="does not lie in a region of 128 bytes"):
            region.view({"dtype": "float32", "shape": [32], "offset": offset})
