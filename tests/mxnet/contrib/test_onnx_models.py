"""Whole networks to ONNX files and back: both give the recorded outputs; what cannot be imported is refused."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from offboard import mxnet as mx
from offboard.client import connection, operator
from offboard.errors import InferenceOnlyError, MXNetError
from offboard_accelerator import embedded

DATA = Path(__file__).resolve().parents[2] / "data"
NETWORKS = [
    ("digits-lenet", "digits-lenet", 30, (5, 1, 8, 8)),
    ("digits-gluon-resnet", "digits-resnet", 15, (5, 1, 8, 8)),
    ("digits-lstm", "digits-lstm", 30, (5, 8, 8)),
    ("digits-lstm", "digits-lstm-fused", 30, (5, 8, 8)),
]


def exported(folder: str, name: str, epoch: int, shape: tuple[int, ...], path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Writes the ONNX file; gives an input and what the network makes of it."""
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(DATA / folder / name), epoch)
    made = mx.contrib.onnx.export_model(symbol, {**arguments, **auxiliary}, [shape], np.float32, path)
    assert made == str(path)
    data = np.random.default_rng(3).random(shape).astype(np.float32)
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", data=shape)
    executor.copy_params_from(arguments, auxiliary, allow_extra_params=True)
    return data, executor.forward(data=mx.nd.array(data))[0].asnumpy()


@pytest.mark.parametrize("network", NETWORKS, ids=lambda each: each[1])
def test_there_and_back(network: tuple[str, str, int, tuple[int, ...]], tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    data, expected = exported(*network, path)
    onnx.checker.check_model(str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"data": data})[0], expected, rtol=1e-4, atol=1e-6)
    metadata = mx.contrib.onnx.get_model_metadata(path)
    assert metadata["input_tensor_data"] == [("data", network[3])]
    assert [shape for _, shape in metadata["output_tensor_data"]] == [expected.shape]
    symbol, arguments, auxiliary = mx.contrib.onnx.import_model(path)
    executor = symbol.bind(mx.cpu(), {"data": mx.nd.array(data), **arguments}, aux_states=auxiliary)
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), expected, rtol=1e-4, atol=1e-6)


def test_an_imported_file_runs_on_an_accelerator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "network.onnx"
    data, expected = exported(*NETWORKS[1], path)
    symbol, arguments, auxiliary = mx.contrib.onnx.import_model(path)
    with embedded.start("eia1.medium") as daemon:
        for name, value in daemon.environment.items():
            monkeypatch.setenv(name, value)
        connection.close()
        executor = symbol.bind(mx.eia(), {"data": mx.nd.array(data), **arguments}, aux_states=auxiliary)
        np.testing.assert_allclose(executor.forward()[0].asnumpy(), expected, rtol=1e-4, atol=1e-6)
        (status,) = operator.describe().accelerators
        assert [each.forwards for each in status.executors] == [1]
        module = mx.mod.Module(symbol, context=mx.eia(), label_names=None)
        module.bind(for_training=False, data_shapes=[("data", data.shape)])
        module.set_params(arguments, auxiliary)
        np.testing.assert_allclose(module.predict(data).asnumpy(), expected, rtol=1e-4, atol=1e-6)
        connection.close()


def test_files_of_parameters_are_taken_too(tmp_path: Path) -> None:
    folder = DATA / "digits-lenet"
    made = mx.onnx.export_model(
        str(folder / "digits-lenet-symbol.json"), str(folder / "digits-lenet-0030.params"), [(1, 1, 8, 8)],
        onnx_file_path=str(tmp_path / "x.onnx"),
    )  # fmt: skip
    assert onnx.load(made).graph.output


def test_as_a_block(tmp_path: Path) -> None:
    data, expected = exported(*NETWORKS[1], tmp_path / "x.onnx")
    block = mx.contrib.onnx.import_to_gluon(tmp_path / "x.onnx", mx.cpu())
    np.testing.assert_allclose(block(mx.nd.array(data)).asnumpy(), expected, rtol=1e-4, atol=1e-6)


def test_shapes_are_computed_beforehand(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"], name="shape"),
        helper.make_node("Constant", [], ["first"], name="first", value_ints=[0]),
        helper.make_node("Gather", ["shape", "first"], ["batch"], name="batch"),
        helper.make_node("Constant", [], ["rest"], name="rest", value_ints=[-1]),
        helper.make_node("Concat", ["batch", "rest"], ["target"], name="target", axis=0),
        helper.make_node("Reshape", ["x", "target"], ["y"], name="reshape"),
    ]
    _save(nodes, (2, 3, 4), tmp_path / "x.onnx")
    symbol, arguments, _ = mx.contrib.onnx.import_model(tmp_path / "x.onnx")
    assert arguments == {}
    assert symbol.infer_shape(x=(2, 3, 4))[1] == [(2, 12)]


def _save(nodes: list[onnx.NodeProto], shape: tuple[int, ...], path: Path, version: int = 20) -> None:
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)], [onnx.ValueInfoProto(name="y")]
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=9), path)


def test_refusals(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    with pytest.raises(MXNetError, match="No such file"):
        mx.contrib.onnx.import_model(tmp_path / "none.onnx")
    path.write_bytes(b"no model")
    with pytest.raises(MXNetError, match="is no ONNX model"):
        mx.contrib.onnx.import_model(path)
    for node, text in (
        (helper.make_node("NonZero", ["x"], ["y"], name="n"), r"node n \(NonZero\).*no MXNet operator"),
        (helper.make_node("Reshape", ["x", "x"], ["y"], name="n"), "must be a constant|do not fit"),
        (helper.make_node("Relu", ["z"], ["y"], name="n"), "nothing makes"),
    ):
        _save([node], (2, 3), path)
        with pytest.raises(MXNetError, match=text):
            mx.contrib.onnx.import_model(path)
    _save([helper.make_node("Relu", ["x"], ["y"])], (2, 3), path, version=99)
    with pytest.raises(MXNetError, match="version 99 of ONNX's operators"):
        mx.contrib.onnx.import_model(path)
    data = mx.sym.relu(mx.sym.var("data"))
    with pytest.raises(MXNetError, match=r"\['data'\] are needed"):
        mx.contrib.onnx.export_model(data, {})
    with pytest.raises(MXNetError, match="open dimensions"):
        mx.contrib.onnx.export_model(data, {}, [(1,)], dynamic=True)


def test_a_model_without_versions_is_refused(shared_data: Path) -> None:
    with pytest.raises(MXNetError, match="opset_import"):
        mx.contrib.onnx.import_model(shared_data / "models" / "mms-onnx" / "model.onnx")


def test_quantising_is_refused() -> None:
    with pytest.raises(InferenceOnlyError, match="quantize_model is not available"):
        mx.contrib.quantization.quantize_model(None, {}, {})
