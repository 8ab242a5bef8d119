"""Metrics over two batches, with numbers worked out by hand or given by MXNet 1.9.1."""

import math

import numpy as np
import pytest

from offboard import mxnet as mx

nd = mx.nd
LABELS = [[nd.array([0, 1, 1, 0])], [nd.array([1, 0])]]
SCORES = [[nd.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])], [nd.array([[0.1, 0.9], [0.6, 0.4]])]]
# The true class was given these probabilities.
LIKELIHOODS = [0.9, 0.8, 0.3, 0.4, 0.9, 0.6]
NUMBERS = [[nd.array([1, 2])], [nd.array([0, 4])]]
GUESSES = [[nd.array([2, 4])], [nd.array([0, 1])]]
MEAN_LOSS = -sum(map(math.log, LIKELIHOODS)) / 6


def measured(metric: mx.metric.EvalMetric, labels: object, preds: object) -> float:
    for label, pred in zip(labels, preds, strict=True):
        metric.update(label, pred)
    _, value = metric.get()
    assert type(value) is float
    assert metric.get_global()[1] == pytest.approx(value, nan_ok=True)
    return value


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (mx.metric.Accuracy(), 4 / 6),
        # Batches: 1 true positive, 1 false positive, 1 false negative; then all right.
        (mx.metric.F1(), (0.5 + 1) / 2),
        (mx.metric.F1(average="micro"), 4 / 6),
        (mx.metric.MCC(), (0 + 1) / 2),
        (mx.metric.MCC(average="micro"), (2 * 2 - 1 * 1) / 9),
        (mx.metric.PCC(), 3 / 9),
        (mx.metric.CrossEntropy(), MEAN_LOSS),
        (mx.metric.NegativeLogLikelihood(), MEAN_LOSS),
        (mx.metric.Perplexity(None), math.exp(MEAN_LOSS)),
        (mx.metric.Perplexity(0), math.exp(-(math.log(0.8) + math.log(0.3) + math.log(0.9)) / 3)),
        (mx.metric.CustomMetric(lambda label, pred: (3.0, 2), name="q"), 1.5),
    ],
    ids=lambda each: type(each).__name__,
)
def test_of_classes(metric: mx.metric.EvalMetric, expected: float) -> None:
    assert measured(metric, LABELS, SCORES) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (mx.metric.MAE(), (1.5 + 1.5) / 2),
        (mx.metric.MSE(), (2.5 + 4.5) / 2),
        (mx.metric.RMSE(), (math.sqrt(2.5) + math.sqrt(4.5)) / 2),
        (mx.metric.PearsonCorrelation(), 1.0),
        (mx.metric.PearsonCorrelation(average="micro"), np.corrcoef([1, 2, 0, 4], [2, 4, 0, 1])[0, 1]),
        (mx.metric.Loss(), 7 / 4),
    ],
    ids=lambda each: type(each).__name__,
)
def test_of_numbers(metric: mx.metric.EvalMetric, expected: float) -> None:
    assert measured(metric, NUMBERS, GUESSES) == pytest.approx(expected, rel=1e-6)


def test_top_k() -> None:
    metric = mx.metric.TopKAccuracy(2)
    metric.update([nd.array([0, 1, 2])], [nd.array([[0.5, 0.3, 0.2], [0.5, 0.2, 0.3], [0.1, 0.2, 0.7]])])
    assert metric.get() == ("top_k_accuracy_2", 2 / 3)
    with pytest.raises(AssertionError, match="use Accuracy"):
        mx.metric.TopKAccuracy(1)


def test_local_and_global_sums() -> None:
    metric = mx.metric.Accuracy()
    metric.update(LABELS[0], SCORES[0])
    metric.reset_local()
    assert math.isnan(metric.get()[1])
    metric.update(LABELS[1], SCORES[1])
    assert (metric.get()[1], metric.get_global()[1]) == (1.0, 4 / 6)
    metric.reset()
    assert math.isnan(metric.get_global()[1])
    assert str(metric) == "EvalMetric: {'accuracy': nan}"


def test_by_name_and_in_groups() -> None:
    made = mx.metric.create(["acc", "ce"])
    made.update(LABELS[0], SCORES[0])
    assert [name for name, _ in made.get_name_value()] == ["accuracy", "cross-entropy"]
    assert type(made.get_metric(0)) is mx.metric.Accuracy
    assert isinstance(made.get_metric(5), ValueError)
    assert mx.metric.np(lambda label, pred: 1.0).name == "custom(<lambda>)"
    with pytest.raises(AssertionError, match="nope is not registered"):
        mx.metric.create("nope")


def test_outputs_by_name() -> None:
    metric = mx.metric.Accuracy(output_names=["scores"], label_names=["truth"])
    metric.update_dict({"other": NUMBERS[0][0], "truth": LABELS[0][0]}, {"scores": SCORES[0][0], "x": GUESSES[0][0]})
    assert metric.get()[1] == 0.5
    assert metric.get_config() == {
        "axis": 1, "metric": "Accuracy", "name": "accuracy", "output_names": ["scores"], "label_names": ["truth"],
    }  # fmt: skip


def test_registered() -> None:
    @mx.metric.register
    @mx.metric.alias("twice")
    class Always(mx.metric.EvalMetric):
        def __init__(self) -> None:
            super().__init__("always")

        def update(self, labels: object, preds: object) -> None:
            self._count(2.0, 1)

    for name in ("twice", "always"):
        metric = mx.metric.create(name)
        metric.update([], [])
        assert metric.get() == ("always", 2.0)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="does not match shape of predictions"):
        mx.metric.Accuracy().update([nd.array([1]), nd.array([1])], [nd.ones((1, 2))])
    with pytest.raises(ValueError, match="only supports binary"):
        mx.metric.F1().update([nd.array([0, 1, 2])], [nd.ones((3, 3))])
    with pytest.raises(AssertionError, match="shape mismatch"):
        mx.metric.Perplexity(None).update([nd.array([0, 1])], [nd.ones((3, 3))])
