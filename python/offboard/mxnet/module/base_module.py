"""What all modules share: prediction over iterators, scoring, files, and the refusals of training."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from offboard import rules
from offboard.errors import InferenceOnlyError
from offboard.mxnet import initializer as initializers
from offboard.mxnet import io
from offboard.mxnet import metric as metrics
from offboard.mxnet import ndarray as nd
from offboard.mxnet import optimizer as optimizers
from offboard.mxnet.callback import BatchEndParam
from offboard.mxnet.checkpoint import checkpoint_names
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["UNIFORM", "BaseModule", "check_names"]

UNIFORM = initializers.Uniform(0.01)
_PARAMETER_SUFFIXES = ("_weight", "_bias", "_gamma", "_beta")


def check_names(symbol: Symbol, names: Sequence[str], kind: str, *, throw: bool) -> None:
    """Raises ValueError, or warns, for names that are no arguments of the symbol."""
    arguments = symbol.list_arguments()
    for name in names:
        if name in arguments:
            continue
        candidates = [each for each in arguments if not each.endswith(_PARAMETER_SUFFIXES)]
        message = (
            f"You created Module with Module(..., {kind}_names={list(names)}) but input with name '{name}' is not "
            "found in symbol.list_arguments(). Did you mean one of:\n\t" + "\n\t".join(candidates)
        )
        if throw:
            raise ValueError(message)
        warnings.warn(message, stacklevel=3)


class BaseModule:
    """Subclasses bind, hold parameters, run a batch and give its outputs."""

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = self.params_initialized = self.optimizer_initialized = False
        self.for_training = self.inputs_need_grad = False
        self._symbol: Symbol | None = None
        self._on_accelerator = False

    @property
    def symbol(self) -> Symbol | None:
        """The symbol."""
        return self._symbol

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        raise NotImplementedError

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        raise NotImplementedError

    @property
    def data_shapes(self) -> list[io.DataDesc]:
        """Bound data shapes."""
        raise NotImplementedError

    @property
    def label_shapes(self) -> list[io.DataDesc] | None:
        """Bound label shapes."""
        raise NotImplementedError

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of the outputs."""
        raise NotImplementedError

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
        """Makes what runs batches. On an accelerator ``for_training`` must be False."""
        raise NotImplementedError

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs one batch."""
        raise NotImplementedError

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Outputs of the last batch; unless merged, a list of each context's."""
        raise NotImplementedError

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of (arguments, auxiliary states)."""
        raise NotImplementedError

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Counts the last batch's outputs against its labels."""
        raise NotImplementedError

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters from what is given, or else by the initializer."""
        raise NotImplementedError

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

    def save_params(self, fname: str) -> None:
        """Writes the parameters."""
        nd.save(fname, checkpoint_names(*self.get_params()))

    def load_params(self, fname: str) -> None:
        """Reads the parameters."""
        parts: dict[str, dict[str, NDArray]] = {"arg": {}, "aux": {}}
        for key, value in nd.load(fname).items():
            kind, name = key.split(":", 1)
            if kind not in parts:
                raise ValueError(f"Invalid param file {fname}")
            parts[kind][name] = value
        self.set_params(parts["arg"], parts["aux"])

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Called before each batch; parameters are dense here, so there is nothing to fetch."""
        if sparse_row_id_fn is not None:
            warnings.warn("sparse_row_id_fn is not invoked for BaseModule.", stacklevel=2)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The states; a module without has none."""
        self._ready()
        assert not merge_multi_context
        return []

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Sets the states; a module without accepts none."""
        self._ready()
        assert not states
        assert not value

    # Running over iterators

    def _ready(self) -> None:
        assert self.binded
        assert self.params_initialized

    def _batches(self, data: Any, num_batch: int | None, reset: bool) -> Iterator[tuple[int, Any]]:
        """(number, batch), each run before it is given."""
        if reset:
            data.reset()
        for number, batch in enumerate(data):
            if number == num_batch:
                return
            self.forward(batch, is_train=False)
            yield number, batch

    def _unpadded(self, batch: Any) -> list[NDArray]:
        pad = batch.pad or 0
        return [output[0 : output.shape[0] - pad] for output in self.get_outputs()]

    def iter_predict(
        self, eval_data: Any, num_batch: int | None = None, reset: bool = True, sparse_row_id_fn: Any = None
    ) -> Iterator[tuple[list[NDArray], int, Any]]:
        """(outputs without padding, number, batch) of each batch."""
        self._ready()
        for number, batch in self._batches(eval_data, num_batch, reset):
            yield self._unpadded(batch), number, batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Any = None,
    ) -> Any:
        """Outputs for all data, without padding: one array, or a list where the network has several outputs.

        Of an array, NumPy's or MXNet's, the first output.
        """
        self._ready()
        if isinstance(eval_data, (NDArray, np.ndarray)):
            whole = eval_data if isinstance(eval_data, NDArray) else nd.array(eval_data)
            self.forward(io.DataBatch([whole]))
            return self.get_outputs()[0]
        if not isinstance(eval_data, io.DataIter):
            raise ValueError("eval_data must be of type NDArray or DataIter")
        made = [
            [each.copy() for each in self._unpadded(batch)] for _, batch in self._batches(eval_data, num_batch, reset)
        ]
        if not made or not merge_batches:
            return made
        if any(len(outputs) != len(made[0]) for outputs in made):
            raise AssertionError(
                "Cannot merge batches, as num of outputs is not the same in mini-batches. Maybe bucketing is used?"
            )
        merged = [nd.concatenate(list(parts)) for parts in zip(*made, strict=True)]
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
        """(metric, value) over all data; as in MXNet the rows that pad the last batch count too."""
        self._ready()
        measured = eval_metric if isinstance(eval_metric, metrics.EvalMetric) else metrics.create(eval_metric)
        measured.reset()
        count = 0
        for number, batch in self._batches(eval_data, num_batch, reset):
            self.update_metric(measured, batch.label)
            for callback in _listed(batch_end_callback):
                callback(BatchEndParam(epoch, number, measured, locals()))
            count += 1
        for callback in _listed(score_end_callback):
            callback(BatchEndParam(epoch, count, measured, locals()))
        return measured.get_name_value()

    # Training

    def forward_backward(self, data_batch: Any) -> NoReturn:
        """Refused: inference only."""
        raise self._refusal("forward_backward")

    def backward(self, out_grads: Any = None) -> NoReturn:
        """Refused: inference only."""
        if not self._on_accelerator:
            self._ready()
            assert self.for_training, "re-bind with for_training=True to run backward"
        raise self._refusal("backward")

    def get_input_grads(self, merge_multi_context: bool = True) -> NoReturn:
        """Refused: inference only."""
        self._ready()
        assert self.inputs_need_grad
        raise self._refusal("get_input_grads")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Takes an optimizer, for programs that then only predict: no step is taken. Refused on an accelerator."""
        if self._on_accelerator:
            raise self._refusal("init_optimizer")
        self._ready()
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        made = optimizers.create(optimizer, **dict(optimizer_params)) if isinstance(optimizer, str) else optimizer
        assert isinstance(made, optimizers.Optimizer)
        self._optimizer, self.optimizer_initialized = made, True

    def borrow_optimizer(self, shared_module: Any) -> NoReturn:
        """Refused: inference only."""
        raise self._refusal("borrow_optimizer")

    def load_optimizer_states(self, fname: str) -> NoReturn:
        """Refused: inference only."""
        raise self._refusal("load_optimizer_states")

    def save_optimizer_states(self, fname: str) -> NoReturn:
        """Refused: inference only."""
        raise self._refusal("save_optimizer_states")

    def update(self) -> NoReturn:
        """Refused: inference only."""
        if not self._on_accelerator:
            self._ready()
        raise self._refusal("update")

    def fit(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: inference only."""
        raise self._refusal("fit")

    def _refusal(self, operation: str) -> InferenceOnlyError:
        rule = "inference_only" if self._on_accelerator else "inference_only_cpu"
        return InferenceOnlyError(rules.text(rule, operation=operation))


def _listed(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
