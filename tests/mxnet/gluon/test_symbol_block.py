"""SymbolBlock: models from symbols and files, with the messages of real MXNet 1.9.1."""

from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.mxnet.gluon import SymbolBlock, nn

RESNET = Path(__file__).resolve().parents[2] / "data" / "digits-gluon-resnet"


@pytest.fixture
def exported(tmp_path: Path) -> str:
    """relu(fc1(data)) and fc1(data), with weights of one and no bias."""
    fc = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc1")
    mx.sym.Group([mx.sym.Activation(fc, act_type="relu", name="act"), fc]).save(str(tmp_path / "m-symbol.json"))
    mx.nd.save(str(tmp_path / "m.params"), {"arg:fc1_weight": mx.nd.ones((3, 4)), "arg:fc1_bias": mx.nd.zeros((3,))})
    return str(tmp_path / "m")


def test_outputs_of_inputs() -> None:
    data = mx.sym.var("data")
    fc = mx.sym.FullyConnected(data, num_hidden=2, name="fc1")
    net = SymbolBlock([fc, fc * 2], data)
    assert list(net.collect_params()) == ["fc1_weight", "fc1_bias"]
    assert list(net._reg_params) == ["weight", "bias"]
    net.initialize(mx.init.One())
    made = net(mx.nd.ones((1, 3)))
    assert [each.asnumpy().tolist() for each in made] == [[[4, 4]], [[8, 8]]]
    composed = net(mx.sym.var("other"))
    assert composed[0].list_arguments() == ["other", "fc1_weight", "fc1_bias"]
    with pytest.raises(AssertionError, match="Input symbols must be variable"):
        SymbolBlock(fc, fc)


def test_imports(exported: str) -> None:
    net = SymbolBlock.imports(f"{exported}-symbol.json", "data", f"{exported}.params")
    relu, plain = net(mx.nd.full((1, 4), -1))
    assert relu.asnumpy().tolist() == [[0, 0, 0]]
    assert plain.asnumpy().tolist() == [[-4, -4, -4]]


def test_another_name_for_the_input(exported: str) -> None:
    with pytest.raises(AssertionError, match=r"Parameter 'data' is missing in file: .*m.params, which contains"):
        SymbolBlock.imports(f"{exported}-symbol.json", ["image"], f"{exported}.params")


def test_parameters_missing_and_extra(exported: str, tmp_path: Path) -> None:
    symbol, path = f"{exported}-symbol.json", str(tmp_path / "other")
    mx.nd.save(path, {"arg:fc1_weight": mx.nd.ones((3, 4)), "arg:extra": mx.nd.ones((1,))})
    with pytest.raises(AssertionError, match="Parameter 'fc1_bias' is missing in file"):
        SymbolBlock.imports(symbol, ["data"], path)
    with pytest.raises(AssertionError, match=r"Parameter 'extra' loaded from file: .* is not present in ParameterDict"):
        SymbolBlock.imports(symbol, ["data"], path, allow_missing=True)
    net = SymbolBlock.imports(symbol, ["data"], path, allow_missing=True, ignore_extra=True)
    with pytest.raises(RuntimeError, match="Parameter 'fc1_bias' has not been initialized"):
        net(mx.nd.ones((1, 4)))


def test_files_that_are_not_there(exported: str) -> None:
    with pytest.raises(mx.MXNetError, match="No such file"):
        SymbolBlock.imports("/nowhere-symbol.json", ["data"])
    with pytest.raises(RuntimeError, match="Parameter 'fc1_weight' has not been initialized"):
        SymbolBlock.imports(f"{exported}-symbol.json", ["data"])(mx.nd.ones((1, 4)))


def test_types_are_the_files(exported: str, tmp_path: Path) -> None:
    path = str(tmp_path / "half")
    arrays = {name: value.astype("float16") for name, value in mx.nd.load(f"{exported}.params").items()}
    mx.nd.save(path, arrays)
    net = SymbolBlock.imports(f"{exported}-symbol.json", ["data"], path)
    assert net(mx.nd.ones((1, 4), dtype="float16"))[0].dtype == np.float16


def test_cast_keeps_batch_normalisation_in_float32() -> None:
    net = SymbolBlock(mx.sym.BatchNorm(mx.sym.var("data"), name="bn"), mx.sym.var("data"))
    net.initialize()
    net.cast("float16")
    assert {np.dtype(each.dtype).name for each in net.collect_params().values()} == {"float32"}


def test_a_file_of_save_parameters_by_the_same_definition() -> None:
    stored = np.load(RESNET / "golden.npz")
    net = SymbolBlock.imports(
        str(RESNET / "digits-resnet-symbol.json"), ["data"], str(RESNET / "digits-resnet-0015.params")
    )
    made = net(mx.nd.array(stored["data"]))
    np.testing.assert_allclose(made.asnumpy(), stored["hybridsequential0_dense0_fwd_output"], rtol=1e-3, atol=1e-4)


def test_an_imported_block_in_another() -> None:
    data = mx.sym.var("data")
    net = nn.HybridSequential()
    net.add(SymbolBlock(mx.sym.exp(data), data), nn.Dense(1, in_units=2))
    net.initialize(mx.init.One())
    for _ in range(2):
        assert net(mx.nd.zeros((1, 2))).asnumpy().tolist() == [[2]]
        net.hybridize()
