"""``mx.model.FeedForward``: the model class of MXNet's first years, as far as inference goes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from offboard.mxnet import context as contexts
from offboard.mxnet import initializer as initializers
from offboard.mxnet import io
from offboard.mxnet import metric as metrics
from offboard.mxnet.callback import BatchEndParam
from offboard.mxnet.checkpoint import load_checkpoint, save_checkpoint
from offboard.mxnet.context import Context
from offboard.mxnet.executor import Executor, refusal
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["FeedForward"]


class FeedForward:
    """A symbol with its parameters that predicts over arrays or iterators; training is refused.

    The symbol is bound on the first context, for the shapes of the data at hand.
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context | Sequence[Context] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = None,
        numpy_batch_size: int = 128,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        warnings.warn(
            "mxnet.model.FeedForward has been deprecated. Please use mxnet.mod.Module instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        self.symbol = symbol
        self.arg_params = None if arg_params is None else dict(arg_params)
        self.aux_params = None if aux_params is None else dict(aux_params)
        self.allow_extra_params = allow_extra_params
        if allow_extra_params:
            self._leave_out_extra()
        given = contexts.cpu() if ctx is None else ctx
        self.ctx = [given] if isinstance(given, Context) else list(given)
        self.num_epoch, self.epoch_size, self.begin_epoch = num_epoch, epoch_size, begin_epoch
        self.optimizer, self.kwargs = optimizer, dict(kwargs)
        self.initializer = initializer or initializers.Uniform(0.01)
        self.numpy_batch_size = numpy_batch_size
        self._executor: Executor | None = None

    def _leave_out_extra(self) -> None:
        arguments, auxiliary = set(self.symbol.list_arguments()), set(self.symbol.list_auxiliary_states())
        self.arg_params = {name: value for name, value in (self.arg_params or {}).items() if name in arguments}
        self.aux_params = {name: value for name, value in (self.aux_params or {}).items() if name in auxiliary}

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: all but the bound executor."""
        return {**self.__dict__, "_executor": None}

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> FeedForward:
        """The model of a checkpoint."""
        symbol, arguments, auxiliary = load_checkpoint(prefix, epoch)
        return FeedForward(symbol, ctx=ctx, arg_params=arguments, aux_params=auxiliary, begin_epoch=epoch, **kwargs)

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Writes a checkpoint; the epoch is ``num_epoch`` unless given."""
        number = self.num_epoch if epoch is None else epoch
        assert number is not None
        save_checkpoint(prefix, number, self.symbol, self.arg_params or {}, self.aux_params or {}, remove_amp_cast)

    def predict(self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True) -> Any:
        """Outputs over all rows, or of ``num_batch`` batches, as NumPy arrays; one output comes without its list.

        With ``return_data``: (outputs, data, labels).
        """
        data = self._iterator(X)
        collected: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for number, (batch, executor) in enumerate(self._batches(data, reset), 1):
            rows = data.batch_size - (batch.pad or 0)
            parts = (executor.outputs, batch.data, batch.label) if return_data else (executor.outputs, [], [])
            for into, arrays in zip(collected, parts, strict=True):
                into.append([array[:rows].asnumpy() for array in arrays or []])
            if number == num_batch:
                break
        outputs, inputs, labels = (_joined(each) for each in collected)
        return (outputs, inputs, labels) if return_data else outputs

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """The metric's value over all batches, or over ``num_batch``."""
        metric = eval_metric if isinstance(eval_metric, metrics.EvalMetric) else metrics.create(eval_metric)
        data = self._iterator(X)
        callbacks = batch_end_callback if isinstance(batch_end_callback, (list, tuple)) else [batch_end_callback]
        for number, (batch, executor) in enumerate(self._batches(data, reset, num_batch)):
            metric.update(batch.label, executor.outputs)
            for callback in callbacks:
                if callback is not None:
                    callback(BatchEndParam(epoch=0, nbatch=number, eval_metric=metric, locals=locals()))
        return metric.get()[1]

    def fit(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: it trains."""
        raise refusal("fit", self.ctx[0])

    @staticmethod
    def create(symbol: Symbol, X: Any, y: Any = None, ctx: Any = None, **kwargs: Any) -> NoReturn:
        """Refused: it trains."""
        FeedForward(symbol, ctx=ctx).fit(X, y)

    def _iterator(self, X: Any) -> Any:
        """The data as an iterator; raises TypeError for what is neither that nor an array."""
        if isinstance(X, (np.ndarray, NDArray)):
            return io.NDArrayIter(X, np.zeros(X.shape[0]), min(X.shape[0], self.numpy_batch_size), shuffle=False)
        if not isinstance(X, io.DataIter):
            raise TypeError("X must be DataIter, NDArray or numpy.ndarray")
        return X

    def _batches(self, data: Any, reset: bool, count: int | None = None) -> Iterator[tuple[Any, Executor]]:
        """Each batch after its forward, with the executor that holds its outputs."""
        if reset:
            data.reset()
        described = [io.DataDesc.of(each) for each in data.provide_data]
        executor = self._bound(described)
        for number, batch in enumerate(data):
            if number == count:
                return
            fed = {each.name: array for each, array in zip(described, batch.data, strict=True)}
            executor.forward(is_train=False, **fed)
            yield batch, executor

    def _bound(self, described: Sequence[io.DataDesc]) -> Executor:
        """An executor for data like this; the last one where it fits."""
        shapes = {each.name: each.shape for each in described}
        if self._executor is not None and all(
            self._executor.arg_dict[name].shape == shape for name, shape in shapes.items()
        ):
            return self._executor
        parameters = self.arg_params or {}
        types: dict[str, Any] = {name: array.dtype for name, array in parameters.items()}
        types.update({each.name: each.dtype for each in described})
        known = {**{name: array.shape for name, array in parameters.items()}, **shapes}
        self._executor = self.symbol.simple_bind(self.ctx[0], grad_req="null", type_dict=types, **known)
        self._executor.copy_params_from(parameters, self.aux_params)
        return self._executor


def _joined(batches: list[list[npt.NDArray[Any]]]) -> Any:
    """Arrays over all batches; one comes without its list."""
    arrays = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    return arrays[0] if len(arrays) == 1 else arrays
