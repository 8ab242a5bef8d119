"""Scripts as their authors wrote them (``import mxnet as mx``), on both contexts, against goldens."""

import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import offboard
import offboard.mxnet as mx
from offboard.client import connection
from offboard_accelerator import embedded

HERE = Path(__file__).parent
DATA = HERE.parent / "data"


@pytest.fixture(scope="module")
def attached() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, embedded.start("eia1.medium") as daemon:
        for name, value in daemon.environment.items():
            patch.setenv(name, value)
        connection.close()
        yield
        connection.close()


@pytest.fixture(params=["cpu", "eia"])
def context(request: pytest.FixtureRequest, attached: None) -> mx.Context:
    made: mx.Context = getattr(mx, request.param)()
    return made


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a script in which ``mxnet`` is Offboard, and gives what it defines."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    offboard.install_as_mxnet()
    return lambda name: SimpleNamespace(**runpy.run_path(str(HERE / "programs" / f"{name}.py")))


def _close(made: Any, expected: Any) -> None:
    np.testing.assert_allclose(made, expected, rtol=1e-3, atol=1e-4)


def test_classification_over_an_iterator(program: Any, context: mx.Context) -> None:
    stored = np.load(DATA / "digits-lenet" / "golden.npz")
    prefix = str(DATA / "digits-lenet" / "digits-lenet")
    accuracy, scores = program("classify_digits").classify(prefix, 30, context, stored["data"], stored["label"])
    _close(scores, stored["softmax_output"])
    right = (stored["softmax_output"].argmax(axis=1) == stored["label"]).mean()
    # The metric counts the images that fill up the last batch too.
    assert abs(accuracy - right) < 0.02


def test_features_of_an_inner_layer(program: Any, context: mx.Context) -> None:
    stored = np.load(DATA / "digits-lenet" / "golden.npz")
    script = program("features")
    images = stored["data"]
    prefix = str(DATA / "digits-lenet" / "digits-lenet")
    module, weights = script.extractor(prefix, 30, "tanh3_output", context, (16, *images.shape[1:]))
    scores = script.features(module, images) @ weights["fc2_weight"].asnumpy().T + weights["fc2_bias"].asnumpy()
    made = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    _close(made, stored["softmax_output"])


def test_recurrent_network_step_by_step(program: Any, context: mx.Context) -> None:
    stored = np.load(DATA / "digits-lstm" / "golden.npz")
    rows = stored["data"][:40]
    script = program("language_model")
    executor = script.stepper(str(DATA / "digits-lstm" / "digits-lstm"), 30, context, len(rows), rows.shape[2])
    for _ in range(2):
        _close(script.run(executor, rows.transpose(1, 0, 2)), stored["softmax_output"][:40])


def test_sequences_of_several_lengths(program: Any, context: mx.Context) -> None:
    stored = np.load(DATA / "digits-lstm" / "golden.npz")
    rows, prefix = stored["data"], str(DATA / "digits-lstm" / "digits-lstm")
    sequences = [rows[:6], rows[:6, :5], rows[6:12]]
    made = program("buckets").predict(prefix, 30, context, sequences)
    _close(made[0], stored["softmax_output"][:6])
    _close(made[2], stored["softmax_output"][6:12])
    script = program("language_model")
    executor = script.stepper(prefix, 30, mx.cpu(), 6, rows.shape[2])
    _close(made[1], script.run(executor, rows[:6, :5].transpose(1, 0, 2)))


def test_exported_gluon_model(program: Any, context: mx.Context) -> None:
    stored = np.load(DATA / "digits-gluon-resnet" / "golden.npz")
    script = program("gluon_model")
    net = script.load(str(DATA / "digits-gluon-resnet" / "digits-resnet"), 15, context)
    scores = script.predict(net, stored["data"])
    _close(scores, stored["hybridsequential0_dense0_fwd_output"])


@pytest.mark.parametrize("accelerated", ["true", "false"])
def test_hosted_model(
    program: Any, attached: None, monkeypatch: pytest.MonkeyPatch, shared_data: Path, accelerated: str
) -> None:
    monkeypatch.setenv("HOSTED_ACCELERATOR", accelerated)
    folder = shared_data / "models" / "sagemaker-mxnet"
    script = program("hosted_model")
    stored = np.load(folder / "mnist-golden.npz")
    model = script.model_fn(str(folder / "mnist"))
    for size in (12, 1, 12):
        request = json.dumps(stored["in:data"][:size].tolist())
        reply, kind = script.transform_fn(model, request, "application/json", "application/json")
        assert kind == "application/json"
        _close(json.loads(reply), stored["out:softmax_output"][:size])


def test_objects_of_a_photograph(program: Any, context: mx.Context, shared_data: Path) -> None:
    folder = shared_data / "models" / "ultraface-ssd-mxnet"
    stored = np.load(folder / "golden.npz")
    picture = stored["image_uint8"]
    script = program("ssd_demo")
    module = script.detector(str(folder / "ultraface-rfb-320"), context, *picture.shape[:2])
    found = script.detect(module, picture)
    best = stored["detection_output"][0][0]
    np.testing.assert_allclose(found[0, :2], best[:2], rtol=1e-3)
    np.testing.assert_allclose(found[0, 2:], best[2:] * [320, 240, 320, 240], atol=0.5)


def test_faces_and_landmarks(program: Any, context: mx.Context, shared_data: Path) -> None:
    folder = shared_data / "models" / "mtcnn"
    stored = np.load(folder / "pipeline-golden.npz")
    script = program("mtcnn_faces")
    picture = np.ascontiguousarray(stored["image_rgb"][:, :, ::-1])
    boxes, x, y = script.detect(script.load(str(folder), context), picture)
    np.testing.assert_allclose(boxes[:, 4], stored["boxes"][:, 4], atol=2e-3)
    # The stored pipeline looks at other sizes of the picture, which moves a box by a few of its 90 pixels.
    np.testing.assert_allclose(boxes[:, :4], stored["boxes"][:, :4], atol=4)
    np.testing.assert_allclose(x, stored["landmarks_x"], atol=2)
    np.testing.assert_allclose(y, stored["landmarks_y"], atol=2)
