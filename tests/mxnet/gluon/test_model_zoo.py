"""Networks of the model zoo: parameters, graphs and outputs are real MXNet 1.9.1's."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.mxnet.gluon.model_zoo import model_store, vision

sys.path.insert(0, str(Path(__file__).parent))
import gluon_facts

RECORDED = json.loads((Path(__file__).resolve().parents[2] / "data" / "gluon" / "model-zoo.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_parameters_and_graph(name: str) -> None:
    net = vision.get_model(name)
    assert gluon_facts.digest(gluon_facts.structure(net)) == RECORDED[name]["structure"]
    assert gluon_facts.digest(gluon_facts.graph(mx, net)) == RECORDED[name]["graph"]


@pytest.mark.parametrize("name", [name for name, facts in RECORDED.items() if "output" in facts])
def test_outputs(name: str) -> None:
    size = RECORDED[name]["size"]
    net = vision.get_model(name)
    net.hybridize()
    made = gluon_facts.outputs(mx, net, (1, 3, size, size), 8)
    np.testing.assert_allclose(made, RECORDED[name]["output"], rtol=1e-3, atol=1e-3)


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"Model nope is not supported. Available options are\n\talexnet\n\t"):
        vision.get_model("nope")
    with pytest.raises(AssertionError, match=r"Invalid resnet version: 3. Options are 1 and 2."):
        vision.get_resnet(3, 18)


def test_pretrained_parameters_by_mxnets_file_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    wanted = tmp_path / "models" / "mobilenetv2_0.25-ae8f9392.params"
    with pytest.raises(mx.MXNetError, match=r"put mobilenetv2_0.25-ae8f9392.params .* into .*models"):
        vision.mobilenet_v2_0_25(pretrained=True)
    wanted.parent.mkdir()
    own = vision.mobilenet_v2_0_25()
    own.initialize(mx.init.Xavier())
    own(mx.nd.zeros((1, 3, 32, 32)))
    own.save_parameters(str(wanted))
    with caplog.at_level("WARNING"):
        net = vision.get_model("mobilenetv2_0.25", pretrained=True)
    assert "is not the published file" in caplog.text
    x = mx.nd.ones((1, 3, 32, 32))
    np.testing.assert_array_equal(net(x).asnumpy(), own(x).asnumpy())
    model_store.purge()
    assert not wanted.exists()


def test_what_was_never_published() -> None:
    with pytest.raises(ValueError, match="Pretrained model for resnet99 is not available"):
        model_store.get_model_file("resnet99")
