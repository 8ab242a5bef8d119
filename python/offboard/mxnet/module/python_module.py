"""Modules whose computation is Python's, such as a step between two others in a ``SequentialModule``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from offboard.mxnet import metric as metrics
from offboard.mxnet.module.base_module import UNIFORM, BaseModule
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["PythonLossModule", "PythonModule"]


class PythonModule(BaseModule):
    """No parameters; a subclass runs a batch and says the shapes of its outputs."""

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: list[str],
        logger: Any = logging,
    ) -> None:
        super().__init__(logger)
        self._data_names = list(data_names)
        self._label_names = None if label_names is None else list(label_names)
        self._output_names = output_names
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._data_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> Any:
        """Bound data shapes."""
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        """Bound label shapes."""
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """(name, shape) of the outputs."""
        return self._output_shapes

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """There are none."""
        return {}, {}

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """There are none to initialize."""
        self.params_initialized = True

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Counts the outputs as scores if the module has labels."""
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise RuntimeError("PythonModule does not support presliced labels")
        eval_metric.update(labels, self.get_outputs())

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: BaseModule | None = None,
        grad_req: Any = "write",
    ) -> None:
        """Remembers the shapes; the names must be the module's."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        assert grad_req == "write", "Python module only support write gradient"
        assert [each[0] for each in data_shapes] == self._data_names
        if label_shapes is not None:
            assert [each[0] for each in label_shapes] == self._label_names
        self.for_training, self.inputs_need_grad, self.binded = for_training, inputs_need_grad, True
        self._data_shapes, self._label_shapes = data_shapes, label_shapes
        self._output_shapes = self._compute_output_shapes()

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        raise NotImplementedError


class PythonLossModule(PythonModule):
    """Passes scores on, as a loss does in a forward; ``grad_func`` would be the gradient, and is never called."""

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(data_names, label_names, [f"{name}_output"], logger)
        assert len(data_names) == 1
        assert len(label_names) == 1
        assert grad_func is None or callable(grad_func)
        self._name = name
        self._scores: Any = None

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(f"{self._name}_output", self._data_shapes[0][1])]

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Keeps the scores."""
        self._scores = data_batch.data[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The scores."""
        assert merge_multi_context is True
        return [self._scores]
