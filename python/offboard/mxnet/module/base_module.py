"""What all modules share: prediction over iterators, scoring, and the refusals of training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from offboard import rules
from offboard.errors import InferenceOnlyError
from offboard.mxnet import io
from offboard.mxnet import metric as metrics
from offboard.mxnet import ndarray as nd
from offboard.mxnet.model import BatchEndParam
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["BaseModule"]


class BaseModule:
    """Subclasses bind, hold parameters, run a batch and give its outputs."""

    binded = False
    params_initialized = False
    for_training = False
    inputs_need_grad = False
    optimizer_initialized = False
    _on_accelerator = False

    def _ready(self) -> None:
        assert self.binded
        assert self.params_initialized

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs one batch."""
        raise NotImplementedError

    def get_outputs(self, merge_multi_context: bool = True) -> list[NDArray]:
        """Outputs of the last batch."""
        raise NotImplementedError

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """(arguments, auxiliary states)."""
        raise NotImplementedError

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Counts the last batch's outputs against its labels."""
        eval_metric.update(labels, self.get_outputs())

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters by name."""
        self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Initialises parameters that are not given."""
        raise NotImplementedError

    def _batches(self, data: Any, num_batch: int | None, reset: bool) -> Iterator[tuple[int, Any, list[NDArray]]]:
        """(number, batch, outputs without the batch's padding)."""
        self._ready()
        if isinstance(data, (NDArray, np.ndarray)):
            whole = data if isinstance(data, NDArray) else nd.array(data)
            self.forward(io.DataBatch([whole]), is_train=False)
            yield 0, None, self.get_outputs()
            return
        if not isinstance(data, io.DataIter):
            raise ValueError("eval_data must be of type NDArray or DataIter")
        if reset:
            data.reset()
        for number, batch in enumerate(data):
            if number == num_batch:
                break
            self.forward(batch, is_train=False)
            pad = batch.pad or 0
            yield number, batch, [output[0 : output.shape[0] - pad] for output in self.get_outputs()]

    def iter_predict(
        self, eval_data: Any, num_batch: int | None = None, reset: bool = True, sparse_row_id_fn: Any = None
    ) -> Iterator[tuple[list[NDArray], int, Any]]:
        """(outputs, number, batch) of each batch."""
        for number, batch, outputs in self._batches(eval_data, num_batch, reset):
            yield outputs, number, batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Any = None,
    ) -> Any:
        """Outputs for all data: one array, or a list where the network has several outputs."""
        batches = [[each.copy() for each in outputs] for _, _, outputs in self._batches(eval_data, num_batch, reset)]
        if not batches or not merge_batches:
            return batches
        merged = [nd.concatenate([batch[i] for batch in batches]) for i in range(len(batches[0]))]
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    def score(
        self,
        eval_data: Any,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        score_end_callback: Any = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Any = None,
    ) -> list[tuple[str, float]]:
        """(metric, value) over all data."""
        self._ready()
        measured = eval_metric if isinstance(eval_metric, metrics.EvalMetric) else metrics.create(eval_metric)
        measured.reset()
        count = 0
        for number, batch, outputs in self._batches(eval_data, num_batch, reset):
            labels = [label[0 : outputs[0].shape[0]] for label in batch.label]
            measured.update(labels, outputs)
            for callback in _listed(batch_end_callback):
                callback(BatchEndParam(epoch, number, measured, locals()))
            count += 1
        for callback in _listed(score_end_callback):
            callback(BatchEndParam(epoch, count, measured, locals()))
        return measured.get_name_value()

    def forward_backward(self, data_batch: Any) -> None:
        """Refused: inference only."""
        raise self._refusal("forward_backward")

    def backward(self, out_grads: Any = None) -> None:
        """Refused: inference only."""
        if not self._on_accelerator:
            self._ready()
            assert self.for_training, "re-bind with for_training=True to run backward"
        raise self._refusal("backward")

    def init_optimizer(self, *args: Any, **kwargs: Any) -> None:
        """Refused: inference only."""
        raise self._refusal("init_optimizer")

    def update(self) -> None:
        """Refused: inference only."""
        raise self._refusal("update")

    def fit(self, *args: Any, **kwargs: Any) -> None:
        """Refused: inference only."""
        raise self._refusal("fit")

    def _refusal(self, operation: str) -> InferenceOnlyError:
        rule = "inference_only" if self._on_accelerator else "inference_only_cpu"
        return InferenceOnlyError(rules.text(rule, operation=operation))


def _listed(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
