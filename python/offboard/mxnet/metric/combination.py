"""Several metrics at once, metrics of functions, and metrics by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from offboard.mxnet.metric.base import EvalMetric, alias, as_numpy, check_label_shapes, register, registered

__all__ = ["CompositeEvalMetric", "CustomMetric", "create", "np"]

Names = Sequence[str] | None


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics at once."""

    def __init__(
        self,
        metrics: Sequence[Any] | None = None,
        name: str = "composite",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        self.metrics = [create(each) for each in metrics or ()]
        super().__init__(name, output_names, label_names)

    def add(self, metric: Any) -> None:
        """One metric more."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> Any:
        """A metric by its place; a ValueError, not raised, when there is none."""
        if not 0 <= index < len(self.metrics):
            return ValueError(f"Metric index {index} is out of range 0 and {len(self.metrics)}")
        return self.metrics[index]

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Counts one batch of labels and outputs by name."""
        if self.label_names is not None:
            label = {name: value for name, value in label.items() if name in self.label_names}
        if self.output_names is not None:
            pred = {name: value for name, value in pred.items() if name in self.output_names}
        for each in self.metrics:
            each.update_dict(label, pred)

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        for each in self.metrics:
            each.update(labels, preds)

    def reset(self) -> None:
        """Forgets everything counted."""
        for each in self.metrics:
            each.reset()

    def reset_local(self) -> None:
        """Forgets what was counted since the last time, but for the global sums."""
        for each in self.metrics:
            each.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        """(names, values)."""
        return _joined(each.get() for each in self.metrics)

    def get_global(self) -> tuple[list[str], list[float]]:
        """(names, values) since the last reset."""
        return _joined(each.get_global() for each in self.metrics)

    def get_config(self) -> dict[str, Any]:
        """What makes another metric like this one."""
        return {**super().get_config(), "metrics": [each.get_config() for each in self.metrics]}


def _joined(parts: Any) -> tuple[list[str], list[float]]:
    names: list[str] = []
    values: list[float] = []
    for name, value in parts:
        names.extend([name] if isinstance(name, str) else name)
        values.extend(value if isinstance(value, list) else [value])
    return names, values


@register
class CustomMetric(EvalMetric):
    """What a function of (label, prediction) gives: a number, or a (sum, count) pair."""

    def __init__(
        self,
        feval: Callable[[Any, Any], Any],
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        label = feval.__name__ if name is None else name
        if name is None and "<" in label:
            label = f"custom({label})"
        super().__init__(label, output_names, label_names, feval=feval, allow_extra_outputs=allow_extra_outputs)
        self._feval, self._allow_extra_outputs = feval, allow_extra_outputs

    def update(self, labels: Any, preds: Any) -> None:
        """Counts one batch."""
        if not self._allow_extra_outputs:
            labels, preds = check_label_shapes(labels, preds, True)
        for label, pred in zip(labels, preds, strict=False):
            made = self._feval(as_numpy(label), as_numpy(pred))
            self._count(*(made if isinstance(made, tuple) else (made, 1)))

    def get_config(self) -> dict[str, Any]:
        """Refused: a function is no configuration."""
        raise NotImplementedError("CustomMetric cannot be serialized")


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """A metric of its name, of a function, of a list of them, or itself."""
    if isinstance(metric, EvalMetric):
        return metric
    if callable(metric) and not isinstance(metric, type):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, type) and issubclass(metric, EvalMetric):
        return metric(*args, **kwargs)
    if isinstance(metric, list):
        return CompositeEvalMetric([create(each, *args, **kwargs) for each in metric])
    assert isinstance(metric, str), f"{metric} is not a valid metric"
    found = registered().get(metric.lower())
    assert found is not None, f"{metric} is not registered. Please register with name {metric} first"
    return found(*args, **kwargs)


def np(
    numpy_feval: Callable[[Any, Any], Any], name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """A metric of a function of NumPy arrays."""

    def feval(label: Any, pred: Any) -> Any:
        return numpy_feval(label, pred)

    feval.__name__ = numpy_feval.__name__
    return CustomMetric(feval, name, allow_extra_outputs)
