"""Losses against their definitions in NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.mxnet.gluon import loss

RNG = np.random.default_rng(0)
P, Q = RNG.standard_normal((2, 4, 5))
WEIGHT = RNG.random((4, 1))
YES = RNG.integers(0, 2, (4, 5)).astype(float)
SIGN = 2 * YES - 1
CLASSES = np.array([0, 2, 4, 1])
PROBABILITIES = RNG.dirichlet(np.ones(5), 4)


def log_softmax(x: np.ndarray) -> np.ndarray:
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def entropy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(x)) - x * y


def huber(x: np.ndarray, rho: float) -> np.ndarray:
    return np.where(np.abs(x) > rho, np.abs(x) - rho / 2, x * x / (2 * rho))


def cosine() -> np.ndarray:
    return (P * Q).sum(1) / np.linalg.norm(P, axis=1) / np.linalg.norm(Q, axis=1)


CASES: dict[str, tuple[Callable[[], Any], tuple[Any, ...], Any]] = {
    "L2": (loss.L2Loss, (P, Q), ((P - Q) ** 2).mean(1) / 2),
    "L2 weighted": (lambda: loss.L2Loss(weight=3.0), (P, Q, WEIGHT), ((P - Q) ** 2 * WEIGHT).mean(1) * 1.5),
    "L1": (loss.L1Loss, (P, Q), np.abs(P - Q).mean(1)),
    "sigmoid": (loss.SigmoidBCELoss, (P, YES), entropy(P, YES).mean(1)),
    "sigmoid, positives weighted": (
        loss.SigmoidBCELoss,
        (P, YES, None, 3 * np.ones((1, 5))),
        np.where(YES == 1, 3 * entropy(P, YES), entropy(P, YES)).mean(1),
    ),
    "from sigmoid": (
        lambda: loss.SigmoidBCELoss(from_sigmoid=True),
        (1 / (1 + np.exp(-P)), YES, WEIGHT),
        (entropy(P, YES) * WEIGHT).mean(1),
    ),
    "softmax": (loss.SoftmaxCELoss, (P, CLASSES), -log_softmax(P)[np.arange(4), CLASSES]),
    "softmax of probabilities": (
        lambda: loss.SoftmaxCELoss(sparse_label=False),
        (P, PROBABILITIES),
        -(log_softmax(P) * PROBABILITIES).sum(1),
    ),
    "divergence": (
        lambda: loss.KLDivLoss(from_logits=False),
        (P, PROBABILITIES),
        (PROBABILITIES * (np.log(PROBABILITIES) - log_softmax(P))).sum(1),
    ),
    "Huber": (lambda: loss.HuberLoss(rho=0.7), (P, Q), huber(P - Q, 0.7).mean(1)),
    "hinge": (loss.HingeLoss, (P, SIGN), np.maximum(1 - P * SIGN, 0).mean(1)),
    "squared hinge": (lambda: loss.SquaredHingeLoss(2), (P, SIGN), (np.maximum(2 - P * SIGN, 0) ** 2).mean(1)),
    "logistic": (loss.LogisticLoss, (P, SIGN), np.log1p(np.exp(-P * SIGN)).mean(1)),
    "logistic of 0 and 1": (lambda: loss.LogisticLoss(label_format="binary"), (P, YES), entropy(P, YES).mean(1)),
    "triplet": (
        loss.TripletLoss,
        (P, Q, 2 * Q),
        np.maximum(((Q - P) ** 2).sum(1) - ((2 * Q - P) ** 2).sum(1) + 1, 0),
    ),
    "Poisson": (loss.PoissonNLLLoss, (P, YES), (np.exp(P) - YES * P).mean()),
    "cosine": (
        lambda: loss.CosineEmbeddingLoss(margin=0.1),
        (P, Q, np.array([1, -1, 1, -1])),
        np.where([1, 0, 1, 0], 1 - cosine(), np.maximum(cosine() - 0.1, 0))[:, None],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_loss(name: str) -> None:
    make, inputs, expected = CASES[name]
    arrays = [None if each is None else mx.nd.array(each) for each in inputs]
    block = make()
    for _ in range(2):
        np.testing.assert_allclose(block(*arrays).asnumpy().squeeze(), np.squeeze(expected), rtol=1e-4, atol=1e-5)
        block.hybridize()


def test_ctc_of_a_certain_label() -> None:
    # Two steps, classes (a, blank), label "a": paths aa, a-blank, blank-a.
    scores = np.log([[[0.3, 0.7]], [[0.6, 0.4]]])
    made = loss.CTCLoss(layout="TNC")(mx.nd.array(scores), mx.nd.array([[0]]))
    np.testing.assert_allclose(made.asnumpy(), -np.log([0.3 * 0.6 + 0.3 * 0.4 + 0.7 * 0.6]), rtol=1e-5)


def test_smoothed_pairs() -> None:
    made = loss.SDMLLoss(smoothing_parameter=0.3)(mx.nd.array(P), mx.nd.array(Q)).asnumpy()
    distances = ((P[:, None] - Q[None]) ** 2).sum(2)
    labels = np.where(np.eye(4) == 1, 0.7, 0.1)
    np.testing.assert_allclose(made, (labels * (np.log(labels) - log_softmax(-distances))).sum(1), rtol=1e-4)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="label_format can only be signed or binary"):
        loss.LogisticLoss(label_format="other")
    with pytest.raises(AssertionError, match=r"Only 'NTC' and 'TNC' layouts for pred are supported. Got: NCT"):
        loss.CTCLoss(layout="NCT")
