"""Metrics of numbers: errors, correlation, and losses that a network computed itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.mxnet.metric.base import EvalMetric, alias, as_numpy, check_label_shapes, pairs, register
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["Caffe", "Loss", "MAE", "MSE", "PearsonCorrelation", "RMSE", "Torch"]

Names = Sequence[str] | None


class _Error(EvalMetric):
    """The mean over batches of an error."""

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for pair in pairs(labels, preds):
            label, pred = (each.reshape(-1, 1) if each.ndim == 1 else each for each in pair)
            self._count(self._error(label - pred), 1)

    def _error(self, difference: Any) -> Any:
        raise NotImplementedError


@register
class MAE(_Error):
    """Mean absolute error."""

    def __init__(self, name: str = "mae", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names)

    def _error(self, difference: Any) -> Any:
        return np.abs(difference).mean()


@register
class MSE(_Error):
    """Mean squared error."""

    def __init__(self, name: str = "mse", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names)

    def _error(self, difference: Any) -> Any:
        return (difference**2.0).mean()


@register
class RMSE(_Error):
    """The root of the mean squared error of each batch."""

    def __init__(self, name: str = "rmse", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names)

    def _error(self, difference: Any) -> Any:
        return np.sqrt((difference**2.0).mean())


@register
@alias("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation: its mean over batches (macro), or of all numbers at once (micro)."""

    def __init__(
        self,
        name: str = "pearsonr",
        output_names: Names = None,
        label_names: Names = None,
        average: str = "macro",
    ) -> None:
        self.average = average
        self._seen: list[tuple[Any, Any]] = []
        super().__init__(name, output_names, label_names)

    def reset(self) -> None:
        """Forgets everything counted."""
        super().reset()
        self._seen = []

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for label, pred in pairs(labels, preds):
            check_label_shapes(label, pred, False, True)
            if self.average == "macro":
                self._count(np.corrcoef(pred.ravel(), label.ravel())[0, 1], 1)
            else:
                self._seen.append((label.ravel().astype(np.float64), pred.ravel().astype(np.float64)))
                self._count(0, 1)

    def get(self) -> tuple[Any, Any]:
        """(name, value)."""
        return super().get() if self.average == "macro" or not self.num_inst else self._overall()

    def get_global(self) -> tuple[Any, Any]:
        """(name, value) since the last reset."""
        return super().get_global() if self.average == "macro" or not self._seen else self._overall()

    def _overall(self) -> tuple[Any, Any]:
        label, pred = (np.concatenate(each) for each in zip(*self._seen, strict=True))
        return self.name, float(np.corrcoef(label, pred)[0, 1])


@register
class Loss(EvalMetric):
    """The mean of outputs that are losses; labels do not matter."""

    def __init__(self, name: str = "loss", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names)

    def update(self, _: Any, preds: Any) -> None:
        """Counts one batch."""
        for pred in [preds] if isinstance(preds, NDArray) else preds:
            values = as_numpy(pred)
            self._count(float(values.sum()), values.size)


@register
class Torch(Loss):
    """The mean of losses."""

    def __init__(self, name: str = "torch", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names)


@register
class Caffe(Loss):
    """The mean of losses."""

    def __init__(self, name: str = "caffe", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names)
