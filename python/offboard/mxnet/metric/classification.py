"""Metrics of classes: how often, and how surely, predictions are right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.mxnet.metric.base import EvalMetric, alias, check_label_shapes, pairs, register

__all__ = [
    "Accuracy", "CrossEntropy", "F1", "MCC", "NegativeLogLikelihood", "PCC", "Perplexity", "TopKAccuracy",
]  # fmt: skip

Names = Sequence[str] | None


@register
@alias("acc")
class Accuracy(EvalMetric):
    """The share of right classes; predictions of another shape than labels are scores along ``axis``."""

    def __init__(
        self, axis: int = 1, name: str = "accuracy", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names, axis=axis)
        self.axis = axis

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for label, pred in pairs(labels, preds):
            chosen = pred.argmax(self.axis) if pred.shape != label.shape else pred
            chosen, wanted = chosen.astype(np.int32).ravel(), label.astype(np.int32).ravel()
            check_label_shapes(wanted, chosen)
            self._count(int((chosen == wanted).sum()), len(chosen))


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """The share of labels among the k best classes."""

    def __init__(
        self, top_k: int = 1, name: str = "top_k_accuracy", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names, top_k=top_k)
        assert top_k > 1, "Please use Accuracy if top_k is no more than 1"
        self.top_k = top_k
        self.name += f"_{top_k}"

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for label, pred in pairs(labels, preds):
            assert pred.ndim <= 2, "Predictions should be no more than 2 dims"
            order = np.argpartition(pred.astype(np.float32), -min(self.top_k, pred.shape[-1]))
            wanted = label.astype(np.int32).ravel()
            check_label_shapes(wanted, order)
            best = order[..., None] if order.ndim == 1 else order[:, -min(self.top_k, order.shape[1]) :]
            self._count(int((best == wanted[:, None]).sum()), len(order))


class _Binary:
    """Counts of right and wrong answers to a question of yes (1) and no (0)."""

    def __init__(self) -> None:
        self.true_positives = self.false_positives = self.true_negatives = self.false_negatives = 0

    def update(self, label: Any, pred: Any, name: str) -> None:
        """Counts scores (n, 2); raises ValueError for more than two classes."""
        chosen, wanted = pred.argmax(1), label.astype(np.int32)
        check_label_shapes(wanted, pred)
        if len(np.unique(wanted)) > 2:
            raise ValueError(f"{name} currently only supports binary classification.")
        yes, truly = chosen == 1, wanted.reshape(-1) == 1
        self.true_positives += int((yes & truly).sum())
        self.false_positives += int((yes & ~truly).sum())
        self.false_negatives += int((~yes & truly).sum())
        self.true_negatives += int((~yes & ~truly).sum())

    @property
    def total(self) -> int:
        """How many answers were counted."""
        return self.true_positives + self.false_positives + self.true_negatives + self.false_negatives

    @property
    def fscore(self) -> float:
        """The harmonic mean of precision and recall; 0 when both are."""
        right = 2 * self.true_positives
        found = right + self.false_positives + self.false_negatives
        return right / found if self.true_positives else 0.0

    @property
    def matthews(self) -> float:
        """Matthews' correlation coefficient, where a factor of 0 under the root counts as 1."""
        if not self.total:
            return 0.0
        tp, fp = float(self.true_positives), float(self.false_positives)
        tn, fn = float(self.true_negatives), float(self.false_negatives)
        under = math.prod(term or 1.0 for term in (tp + fp, tp + fn, tn + fp, tn + fn))
        return (tp * tn - fp * fn) / math.sqrt(under)


class _BinaryMetric(EvalMetric):
    """A score of binary answers: its mean over updates (macro), or of all answers at once (micro)."""

    def __init__(self, name: str, output_names: Names, label_names: Names, average: str) -> None:
        self.average = average
        self._local, self._global = _Binary(), _Binary()
        super().__init__(name, output_names, label_names)

    def _score(self, counts: _Binary) -> float:
        raise NotImplementedError

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for label, pred in pairs(labels, preds):
            for counts in (self._local, self._global):
                counts.update(label, pred, type(self).__name__)
        if self.average == "macro":
            self._count_macro()
            return
        self.sum_metric = self._score(self._local) * self._local.total
        self.num_inst = self._local.total
        self.global_sum_metric = self._score(self._global) * self._global.total
        self.global_num_inst = self._global.total

    def _count_macro(self) -> None:
        self.sum_metric += self._score(self._local)
        self.global_sum_metric += self._score(self._global)
        self.num_inst += 1
        self.global_num_inst += 1
        self._local, self._global = _Binary(), _Binary()

    def reset(self) -> None:
        """Forgets everything counted."""
        super().reset()
        self._local, self._global = _Binary(), _Binary()

    def reset_local(self) -> None:
        """Forgets what was counted since the last time, but for the global sums."""
        super().reset_local()
        self._local = _Binary()


@register
class F1(_BinaryMetric):
    """The harmonic mean of precision and recall."""

    def __init__(
        self, name: str = "f1", output_names: Names = None, label_names: Names = None, average: str = "macro"
    ) -> None:
        super().__init__(name, output_names, label_names, average)

    def _score(self, counts: _Binary) -> float:
        return counts.fscore


@register
class MCC(_BinaryMetric):
    """Matthews' correlation coefficient."""

    def __init__(
        self, name: str = "mcc", output_names: Names = None, label_names: Names = None, average: str = "macro"
    ) -> None:
        super().__init__(name, output_names, label_names, average)

    def _score(self, counts: _Binary) -> float:
        return counts.matthews


@register
class PCC(EvalMetric):
    """Pearson's correlation of any number of classes: Matthews' coefficient of a confusion matrix (Gorodkin, 2004)."""

    def __init__(
        self,
        name: str = "pcc",
        output_names: Names = None,
        label_names: Names = None,
        has_global_stats: bool = True,
    ) -> None:
        self._local: Any = np.zeros((2, 2))
        self._global: Any = np.zeros((2, 2))
        super().__init__(name, output_names, label_names)

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for label, pred in pairs(labels, preds):
            wanted = label.astype(np.int32).ravel()
            chosen = pred.argmax(1).astype(np.int32) if pred.shape != label.shape else pred.astype(np.int32)
            chosen = chosen.ravel()
            size = max(int(chosen.max()), int(wanted.max())) + 1
            matrix = np.zeros((size, size))
            np.add.at(matrix, (chosen, wanted), 1)
            self._local, self._global = _added(self._local, matrix), _added(self._global, matrix)
            self.num_inst += 1
            self.global_num_inst += 1
        self.sum_metric = _correlation(self._local) * self.num_inst
        self.global_sum_metric = _correlation(self._global) * self.global_num_inst

    def reset(self) -> None:
        """Forgets everything counted."""
        super().reset()
        self._local, self._global = np.zeros((2, 2)), np.zeros((2, 2))

    def reset_local(self) -> None:
        """Forgets what was counted since the last time, but for the global sums."""
        super().reset_local()
        self._local = np.zeros((2, 2))


def _added(first: Any, second: Any) -> Any:
    size = max(len(first), len(second))
    return sum(np.pad(each, (0, size - len(each))) for each in (first, second))


def _correlation(matrix: Any) -> float:
    """Of counts (predicted, true); NaN when all predictions, or all truths, are one class."""
    total = matrix.sum()
    predicted, truth = matrix.sum(1), matrix.sum(0)
    both = total * np.trace(matrix) - (predicted * truth).sum()
    spread = (total**2 - (predicted**2).sum()) * (total**2 - (truth**2).sum())
    return float(both / math.sqrt(spread)) if spread else float("nan")


@register
class Perplexity(EvalMetric):
    """The exponential of the mean negative log-likelihood; labels equal to ``ignore_label`` do not count."""

    def __init__(
        self,
        ignore_label: int | None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(name, output_names, label_names, ignore_label=ignore_label)
        self.ignore_label, self.axis = ignore_label, axis

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        assert len(labels) == len(preds)
        loss, count = 0.0, 0
        for label, pred in pairs(labels, preds):
            assert label.size == pred.size / pred.shape[-1], f"shape mismatch: {label.shape} vs. {pred.shape}"
            wanted = label.reshape(-1).astype(np.int64)
            scores = np.moveaxis(pred, self.axis, -1).reshape(-1, pred.shape[self.axis])
            probability = scores[np.arange(len(wanted)), np.clip(wanted, 0, scores.shape[1] - 1)]
            if self.ignore_label is not None:
                ignored = wanted == self.ignore_label
                count -= int(ignored.sum())
                probability = np.where(ignored, 1, probability)
            loss -= float(np.log(np.maximum(1e-10, probability)).sum())
            count += probability.size
        self._count(loss, count)

    def _value(self, total: Any, count: Any) -> Any:
        return math.exp(total / count)


@register
@alias("ce")
class CrossEntropy(EvalMetric):
    """The mean negative log-likelihood of probabilities (n, classes)."""

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "cross-entropy",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(name, output_names, label_names, eps=eps)
        self.eps = eps

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for label, pred in pairs(labels, preds):
            wanted = label.ravel()
            assert len(wanted) == len(pred), (len(wanted), len(pred))
            probability = pred[np.arange(len(wanted)), np.int64(wanted)]
            self._count((-np.log(probability + self.eps)).sum(), len(wanted))


@register
@alias("nll_loss")
class NegativeLogLikelihood(CrossEntropy):
    """The mean negative log-likelihood of probabilities (n, classes)."""

    def __init__(
        self, eps: float = 1e-12, name: str = "nll-loss", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(eps, name, output_names, label_names)
