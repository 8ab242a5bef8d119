"""FeedForward over digits-lenet: predictions, scores and files on both devices, as real MXNet's golden says."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import InferenceOnlyError

pytestmark = [
    pytest.mark.usefixtures("accelerator"),
    pytest.mark.filterwarnings("ignore:mxnet.model.FeedForward:DeprecationWarning"),
]
DIGITS = str(Path(__file__).resolve().parents[1] / "data" / "digits-lenet" / "digits-lenet")


@pytest.fixture(scope="module")
def stored() -> Any:
    return np.load(Path(DIGITS).parent / "golden.npz")


@pytest.fixture(params=[mx.cpu(), mx.eia()], ids=str)
def model(request: pytest.FixtureRequest) -> mx.model.FeedForward:
    return mx.model.FeedForward.load(DIGITS, 30, ctx=request.param, numpy_batch_size=70)


def test_predicts_all_rows_of_an_array(model: mx.model.FeedForward, stored: Any) -> None:
    # 70 does not divide the rows: the last batch is padded.
    np.testing.assert_allclose(model.predict(stored["data"]), stored["softmax_output"], rtol=1e-3, atol=1e-5)


def test_returns_the_data_with_the_predictions(model: mx.model.FeedForward, stored: Any) -> None:
    rows, labels = stored["data"][:30], stored["label"][:30].astype("float32")
    batches = mx.io.NDArrayIter(rows, labels, batch_size=20)
    outputs, data, label = model.predict(batches, return_data=True)
    np.testing.assert_allclose(outputs, stored["softmax_output"][:30], rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(data, rows)
    np.testing.assert_array_equal(label, labels)


def test_predicts_a_number_of_batches(model: mx.model.FeedForward, stored: Any) -> None:
    assert model.predict(stored["data"], num_batch=1).shape == (70, 10)


def test_scores_and_calls_back(model: mx.model.FeedForward, stored: Any) -> None:
    batches = mx.io.NDArrayIter(stored["data"], stored["label"].astype("float32"), batch_size=90)
    seen: list[int] = []
    score = model.score(batches, batch_end_callback=lambda param: seen.append(param.nbatch))
    assert score == pytest.approx(float(stored["accuracy"]), abs=1e-6)
    assert seen == list(range(len(seen)))
    assert seen


def test_saves_what_it_loads(model: mx.model.FeedForward, stored: Any, tmp_path: Path) -> None:
    model.save(str(tmp_path / "again"), 3)
    again = mx.model.FeedForward.load(str(tmp_path / "again"), 3)
    np.testing.assert_allclose(again.predict(stored["data"][:5]), stored["softmax_output"][:5], rtol=1e-3, atol=1e-5)


def test_is_pickled_without_what_is_bound(model: mx.model.FeedForward, stored: Any) -> None:
    model.predict(stored["data"][:5])
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_allclose(again.predict(stored["data"][:5]), stored["softmax_output"][:5], rtol=1e-3, atol=1e-5)


def test_leaves_out_extra_parameters(stored: Any) -> None:
    symbol, arguments, auxiliary = mx.model.load_checkpoint(DIGITS, 30)
    arguments["stranger"] = mx.nd.zeros((1,))
    model = mx.model.FeedForward(symbol, arg_params=arguments, aux_params=auxiliary, allow_extra_params=True)
    assert "stranger" not in model.arg_params
    np.testing.assert_allclose(model.predict(stored["data"][:5]), stored["softmax_output"][:5], rtol=1e-3, atol=1e-5)


def test_refuses_what_is_no_data(model: mx.model.FeedForward) -> None:
    with pytest.raises(TypeError, match="X must be DataIter"):
        model.predict([[1.0]])


def test_refuses_to_train(model: mx.model.FeedForward, stored: Any) -> None:
    with pytest.raises(InferenceOnlyError, match="fit"):
        model.fit(stored["data"], stored["label"])
    with pytest.raises(InferenceOnlyError, match="fit"):
        mx.model.FeedForward.create(model.symbol, stored["data"])
