"""``mx.metric``: what ``Module.score`` counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

__all__ = [
    "MAE",
    "MSE",
    "RMSE",
    "Accuracy",
    "CompositeEvalMetric",
    "CrossEntropy",
    "CustomMetric",
    "EvalMetric",
    "TopKAccuracy",
    "create",
    "np",
]


class EvalMetric:
    """A mean over instances."""

    def __init__(self, name: str, output_names: Any = None, label_names: Any = None, **kwargs: Any) -> None:
        self.name = name
        self.reset()

    def reset(self) -> None:
        """Forgets everything counted."""
        self.num_inst, self.sum_metric = 0, 0.0

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Counts one batch."""
        for label, pred in zip(labels, preds, strict=False):
            total, count = self._measure(numpy.asarray(label), numpy.asarray(pred))
            self.sum_metric += total
            self.num_inst += count

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        raise NotImplementedError

    def get(self) -> tuple[Any, Any]:
        """(name, value)."""
        return self.name, self.sum_metric / self.num_inst if self.num_inst else float("nan")

    def get_name_value(self) -> list[tuple[str, float]]:
        """[(name, value)]."""
        name, value = self.get()
        return list(zip(name, value, strict=True)) if isinstance(name, list) else [(name, value)]


class Accuracy(EvalMetric):
    """The share of right classes."""

    def __init__(self, axis: int = 1, name: str = "accuracy", **kwargs: Any) -> None:
        super().__init__(name)
        self.axis = axis

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        chosen = pred.argmax(self.axis) if pred.shape != label.shape else pred
        right = chosen.astype(numpy.int32).reshape(-1) == label.astype(numpy.int32).reshape(-1)
        return float(right.sum()), right.size


class TopKAccuracy(EvalMetric):
    """The share of labels among the k best classes."""

    def __init__(self, top_k: int = 1, name: str = "top_k_accuracy", **kwargs: Any) -> None:
        super().__init__(f"{name}_{top_k}")
        self.top_k = top_k

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        best = numpy.argsort(pred, axis=1)[:, -self.top_k :]
        right = (best == label.astype(numpy.int64).reshape(-1, 1)).any(1)
        return float(right.sum()), right.size


class MAE(EvalMetric):
    """Mean absolute error."""

    def __init__(self, name: str = "mae", **kwargs: Any) -> None:
        super().__init__(name)

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        return float(numpy.abs(label.reshape(pred.shape) - pred).mean()), 1


class MSE(MAE):
    """Mean squared error."""

    def __init__(self, name: str = "mse", **kwargs: Any) -> None:
        super().__init__(name)

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        return float(((label.reshape(pred.shape) - pred) ** 2).mean()), 1


class RMSE(MSE):
    """The root of the mean squared error of each batch."""

    def __init__(self, name: str = "rmse", **kwargs: Any) -> None:
        super().__init__(name)

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        return float(numpy.sqrt(super()._measure(label, pred)[0])), 1


class CrossEntropy(EvalMetric):
    """The mean negative log-likelihood."""

    def __init__(self, eps: float = 1e-12, name: str = "cross-entropy", **kwargs: Any) -> None:
        super().__init__(name)
        self.eps = eps

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        flat = label.astype(numpy.int64).reshape(-1)
        picked = pred[numpy.arange(len(flat)), flat]
        return float(-numpy.log(picked + self.eps).sum()), len(flat)


class CustomMetric(EvalMetric):
    """What a function of (label, prediction) gives: a number, or a (sum, count) pair."""

    def __init__(self, feval: Callable[[Any, Any], Any], name: str | None = None, **kwargs: Any) -> None:
        label = name or feval.__name__
        super().__init__(f"custom({label})" if "<" in label else label)
        self._feval = feval

    def _measure(self, label: Any, pred: Any) -> tuple[float, int]:
        made = self._feval(label, pred)
        return made if isinstance(made, tuple) else (made, 1)


class CompositeEvalMetric(EvalMetric):
    """Several metrics at once."""

    def __init__(self, metrics: Sequence[Any] = (), name: str = "composite", **kwargs: Any) -> None:
        self.metrics = [create(each) for each in metrics]
        super().__init__(name)

    def add(self, metric: Any) -> None:
        """One metric more."""
        self.metrics.append(create(metric))

    def reset(self) -> None:
        """Forgets everything counted."""
        for each in self.metrics:
            each.reset()

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        """Counts one batch."""
        for each in self.metrics:
            each.update(labels, preds)

    def get(self) -> tuple[list[str], list[float]]:
        """(names, values)."""
        pairs = [each.get() for each in self.metrics]
        return [name for name, _ in pairs], [value for _, value in pairs]


_NAMES: dict[str, type[EvalMetric]] = {
    "acc": Accuracy,
    "accuracy": Accuracy,
    "ce": CrossEntropy,
    "cross-entropy": CrossEntropy,
    "mae": MAE,
    "mse": MSE,
    "rmse": RMSE,
    "top_k_acc": TopKAccuracy,
    "top_k_accuracy": TopKAccuracy,
}


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """A metric from its name, a list of them, or itself."""
    if isinstance(metric, EvalMetric):
        return metric
    if isinstance(metric, (list, tuple)):
        return CompositeEvalMetric(metric)
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if metric not in _NAMES:
        raise ValueError(f"Metric must be one of {sorted(_NAMES)}, got {metric}")
    return _NAMES[metric](*args, **kwargs)


def np(
    numpy_feval: Callable[[Any, Any], Any], name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """A metric of a function of NumPy arrays."""
    return CustomMetric(numpy_feval, name or numpy_feval.__name__)
