"""22 graphs of model zoos: all load and infer; some run with random weights as real MXNet ran them.

The numbers of real MXNet are in ``tests/data/networks/outputs.json``, made by ``tests/oracle/networks.py``, which also
compares the graphs that are too large to run here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.mxnet.network_weights import digest, weights

import offboard.mxnet as mx

OUTPUTS = Path(__file__).resolve().parents[1] / "data" / "networks" / "outputs.json"
RUN = ["mlp", "squeezenet1.0", "resnet18_v1", "simple_pose_resnet18_v1b", "ssd_512_resnet50_v1"]


@pytest.fixture(scope="module")
def graphs(shared_data: Path) -> Path:
    return shared_data / "models" / "mxnet-symbols-djl"


def _facts(graphs: Path) -> dict[str, Any]:
    return json.loads((graphs / "infer-shapes.json").read_text())


def _inputs(facts: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in facts["input"].items()}


def test_all_infer_the_expected_shapes(graphs: Path) -> None:
    listed = _facts(graphs)
    assert len(listed) == 22
    for name, facts in listed.items():
        symbol = mx.sym.load(str(graphs / name))
        _, shapes, _ = symbol.infer_shape(**_inputs(facts))
        found = dict(zip(symbol.list_outputs(), [list(shape) for shape in shapes], strict=True))
        assert found == facts["outputs"], name


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("name", RUN)
def test_runs_on_the_accelerator_as_on_real_mxnet(name: str, graphs: Path) -> None:
    file = f"{name}-symbol.json"
    inputs = _inputs(_facts(graphs)[file])
    symbol = mx.sym.load(str(graphs / file))
    arrays = {key: mx.nd.array(array) for key, array in weights(symbol, inputs).items()}
    executor = symbol.bind(
        mx.eia(),
        {key: arrays[key] for key in symbol.list_arguments()},
        aux_states={key: arrays[key] for key in symbol.list_auxiliary_states()},
        grad_req="null",
    )
    outputs = executor.forward()
    report = executor.report()
    assert report.instance_nodes == 0
    assert report.accelerated_nodes == sum(node.op is not None for node in symbol._graph.nodes())
    for output, expected in zip(outputs, json.loads(OUTPUTS.read_text())[file], strict=True):
        made = digest(output.asnumpy())
        assert made["shape"] == expected["shape"]
        scale = max(abs(each) for each in expected["samples"]) or 1.0
        np.testing.assert_allclose(made["samples"], expected["samples"], rtol=1e-3, atol=1e-4 * scale)
        assert made["mean"] == pytest.approx(expected["mean"], rel=1e-3, abs=1e-4 * scale)
