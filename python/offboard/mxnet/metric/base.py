"""What metrics have in common: sums over instances, since the last reset and since the last one of the local sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["EvalMetric", "alias", "as_numpy", "check_label_shapes", "pairs", "register", "registered"]

_REGISTERED: dict[str, type[EvalMetric]] = {}

Kind = TypeVar("Kind", bound="type[EvalMetric]")


def register(klass: Kind, name: str | None = None) -> Kind:
    """Makes a metric known to :func:`create` by its class name, or by ``name``."""
    _REGISTERED[(name or klass.__name__).lower()] = klass
    return klass


def alias(*aliases: str) -> Callable[[Kind], Kind]:
    """Makes a metric known to :func:`create` by other names too."""

    def registrar(klass: Kind) -> Kind:
        for name in aliases:
            register(klass, name)
        return klass

    return registrar


def registered() -> Mapping[str, type[EvalMetric]]:
    """Metrics by the names they are known by."""
    return _REGISTERED


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Raises ValueError unless there are as many labels as predictions, or unless their shapes agree.

    ``wrap`` puts single arrays into lists.
    """
    own, other = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if own != other:
        raise ValueError(f"Shape of labels {own} does not match shape of predictions {other}")
    if not wrap:
        return labels, preds
    return tuple([each] if isinstance(each, NDArray) else each for each in (labels, preds))  # type: ignore[return-value]


def as_numpy(value: Any) -> Any:
    """A NumPy array of an array."""
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)


def pairs(labels: Any, preds: Any) -> list[tuple[Any, Any]]:
    """(label, prediction) as NumPy arrays; raises ValueError when there are not as many of both."""
    wrapped = check_label_shapes(labels, preds, True)
    return [(as_numpy(label), as_numpy(pred)) for label, pred in zip(*wrapped, strict=True)]


class EvalMetric:
    """A mean over instances.

    Args:
        name: what it is called.
        output_names: the outputs that :meth:`update_dict` takes; all when None.
        label_names: the labels that it takes; all when None.
        kwargs: what :meth:`get_config` tells besides.
    """

    def __init__(
        self,
        name: str,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.name: Any = str(name)
        self.output_names, self.label_names = output_names, label_names
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """What makes another metric like this one."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Counts one batch of labels and outputs by name."""
        preds = list(pred.values()) if self.output_names is None else [pred[name] for name in self.output_names]
        labels = list(label.values()) if self.label_names is None else [label[name] for name in self.label_names]
        self.update(labels, preds)

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forgets everything counted."""
        self.num_inst: Any = 0
        self.sum_metric: Any = 0.0
        self.global_num_inst: Any = 0
        self.global_sum_metric: Any = 0.0

    def reset_local(self) -> None:
        """Forgets what was counted since the last time, but for the global sums."""
        self.num_inst = 0
        self.sum_metric = 0.0

    def _count(self, total: Any, count: Any) -> None:
        # Plain numbers: NumPy's print as np.float64(...).
        total = total.item() if isinstance(total, np.generic) else total
        self.sum_metric += total
        self.global_sum_metric += total
        self.num_inst += count
        self.global_num_inst += count

    def _value(self, total: Any, count: Any) -> Any:
        return total / count

    def get(self) -> tuple[Any, Any]:
        """(name, value)."""
        return self.name, self._value(self.sum_metric, self.num_inst) if self.num_inst else float("nan")

    def get_global(self) -> tuple[Any, Any]:
        """(name, value) since the last reset."""
        count = self.global_num_inst
        return self.name, self._value(self.global_sum_metric, count) if count else float("nan")

    def get_name_value(self) -> list[tuple[str, Any]]:
        """[(name, value)]."""
        return _listed(*self.get())

    def get_global_name_value(self) -> list[tuple[str, Any]]:
        """[(name, value)] since the last reset."""
        return _listed(*self.get_global())


def _listed(name: Any, value: Any) -> list[tuple[str, Any]]:
    return list(zip(name, value, strict=True)) if isinstance(name, list) else [(name, value)]
