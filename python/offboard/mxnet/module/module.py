"""Module: a symbol with data, labels and parameters."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from offboard import rules
from offboard.errors import MXNetError
from offboard.mxnet import initializer as initializers
from offboard.mxnet import io, model
from offboard.mxnet import metric as metrics
from offboard.mxnet import ndarray as nd
from offboard.mxnet.context import Context, cpu
from offboard.mxnet.executor import overwrite
from offboard.mxnet.module.base_module import UNIFORM, BaseModule, check_names
from offboard.mxnet.module.executor_group import ExecutorGroup
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol
from offboard.runtime.backend import Report

__all__ = ["Module"]


class Module(BaseModule):
    """Binds a symbol on one context or several and runs batches through it."""

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger)
        self._context = [context or cpu()] if context is None or isinstance(context, Context) else list(context)
        self._work_load = [1.0] * len(self._context) if work_load_list is None else list(work_load_list)
        assert len(self._work_load) == len(self._context)
        self._on_accelerator = any(each.device_type == "eia" for each in self._context)
        self._symbol: Symbol = symbol
        self._data_names, self._label_names = list(data_names or []), list(label_names or [])
        self._state_names, self._fixed_names = list(state_names or []), list(fixed_param_names or [])
        check_names(symbol, self._data_names, "data", throw=True)
        check_names(symbol, self._label_names, "label", throw=False)
        check_names(symbol, self._state_names, "state", throw=True)
        check_names(symbol, self._fixed_names, "fixed_param", throw=True)
        fed = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in symbol.list_arguments() if name not in fed]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()
        self._data_shapes: list[io.DataDesc] | None = None
        self._label_shapes: list[io.DataDesc] | None = None
        self._exec_group: ExecutorGroup | None = None
        # Parameters that wait for a bind: a checkpoint's, or those of the bind before.
        self._waiting: tuple[Mapping[str, NDArray], Mapping[str, NDArray]] | None = None

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """A module over a checkpoint; its parameters are there once it is bound."""
        symbol, arguments, auxiliary = model.load_checkpoint(prefix, epoch)
        made = Module(symbol, **kwargs)
        if load_optimizer_states:
            raise made._refusal("load_optimizer_states")
        made._waiting, made.params_initialized = (arguments, auxiliary), True
        return made

    @property
    def symbol(self) -> Symbol:
        """The symbol."""
        return self._symbol

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """Names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> list[io.DataDesc]:
        """Bound data shapes."""
        assert self.binded
        return self._data_shapes or []

    @property
    def label_shapes(self) -> list[io.DataDesc] | None:
        """Bound label shapes."""
        assert self.binded
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of the outputs."""
        assert self.binded
        return list(zip(self._output_names, self._bound().output_shapes(), strict=True))

    def report(self) -> Report:
        """Where the nodes ran, on the accelerator or the instance, and the seconds of each part of the forwards."""
        assert self.binded
        return self._bound().report()

    def _bound(self) -> ExecutorGroup:
        assert self._exec_group is not None
        return self._exec_group

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
        """Makes the executors. On an accelerator ``for_training`` must be False."""
        if self._on_accelerator and for_training:
            raise ValueError(rules.text("training_bind"))
        if force_rebind and self.binded:
            self._waiting = self._own_params() if self.params_initialized else None
            self._exec_group, self.binded = None, False
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        assert for_training or not inputs_need_grad
        data, labels = self._parsed(data_shapes, label_shapes)
        shared = None
        if shared_module is not None:
            assert isinstance(shared_module, Module)
            assert shared_module.binded
            assert shared_module.params_initialized
            shared = shared_module._bound()
            assert len(shared.execs) >= len(self._context)
        self._exec_group = ExecutorGroup(
            self._symbol,
            self._context,
            self._work_load,
            data,
            labels,
            self._param_names,
            self._requirements(for_training, inputs_need_grad, grad_req),
            shared,
        )
        self._data_shapes, self._label_shapes = data, labels
        self.for_training, self.inputs_need_grad, self.binded = for_training, inputs_need_grad, True
        if shared is not None:
            self.params_initialized = True
        elif self._waiting is not None:
            self._exec_group.set_params(*self._waiting, allow_extra=False)
        self._waiting = None

    def _parsed(self, data_shapes: Any, label_shapes: Any) -> tuple[list[io.DataDesc], list[io.DataDesc] | None]:
        data = [io.DataDesc.of(each) for each in data_shapes]
        labels = None if label_shapes is None else [io.DataDesc.of(each) for each in label_shapes]
        if sorted(each.name for each in data) != sorted(self._data_names):
            raise ValueError(_mismatch("data", data, self._data_names))
        if sorted(each.name for each in labels or []) != sorted(self._label_names):
            warnings.warn(_mismatch("label", labels or [], self._label_names), stacklevel=3)
        return data, labels

    def _requirements(self, for_training: bool, inputs_need_grad: bool, grad_req: Any) -> dict[str, str]:
        names = self._symbol.list_arguments()
        if isinstance(grad_req, str):
            asked = dict.fromkeys(names, grad_req)
        elif isinstance(grad_req, (list, tuple)):
            asked = dict(zip(names, grad_req, strict=True))
        else:
            asked = {name: grad_req.get(name, "write") for name in names}
        without = {*self._fixed_names, *self._label_names, *self._state_names}
        without.update(() if inputs_need_grad else self._data_names)
        return {name: asked[name] if for_training and name not in without else "null" for name in names}

    # Parameters

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters from what is given, or else by the initializer; names that are no parameters are ignored."""
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. init_params call ignored.", stacklevel=2
            )
            return
        assert self.binded, "call bind before initializing the parameters"
        attributes = self._symbol.attr_dict()
        arguments, auxiliary = self._own_params()
        for bound, given in ((arguments, arg_params), (auxiliary, aux_params)):
            for name, array in sorted(bound.items()):
                if given is not None and name in given:
                    overwrite(array, given[name])
                elif given is not None and not allow_missing:
                    raise MXNetError(f"{name} is not presented")
                elif given is None or initializer is not None:
                    initializer(initializers.InitDesc(name, attributes.get(name)), array)
        for other in self._bound().execs[1:]:
            other.copy_params_from(arguments, auxiliary)
        self.params_initialized = True

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters by name; what is missing keeps its value with ``allow_missing``."""
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)
            return
        if self.params_initialized and not force_init:
            warnings.warn("Parameters already initialized and force_init=False. set_params call ignored.", stacklevel=2)
            return
        assert self.binded, "call bind before initializing the parameters"
        self._bound().set_params(arg_params or {}, aux_params or {}, allow_extra=allow_extra)
        self.params_initialized = True

    def _own_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        first = self._bound().execs[0]
        return {name: first.arg_dict[name] for name in self._param_names}, dict(first.aux_dict)

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of the parameters."""
        self._ready()
        arguments, auxiliary = self._own_params()
        return tuple({n: each.copyto(cpu()) for n, each in part.items()} for part in (arguments, auxiliary))  # type: ignore[return-value]

    # Running

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs a batch, or several as one; other shapes than the bound ones reshape the module first."""
        self._ready()
        if isinstance(data_batch, list):
            data_batch = _joined(data_batch)
        data, labels = data_batch.data, getattr(data_batch, "label", None) or []
        bound = self._data_shapes or []
        if [each.shape for each in bound] != [tuple(array.shape) for array in data]:
            described = getattr(data_batch, "provide_data", None) or _redescribed(bound, data)
            given = getattr(data_batch, "provide_label", None)
            if not given and labels:
                given = _redescribed(self._label_shapes or [], labels)
            self.reshape(described, given or None)
        training = self.for_training if is_train is None else is_train
        self._bound().forward(data, labels, is_train=training)

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Another set of input shapes."""
        assert self.binded
        data, labels = self._parsed(data_shapes, label_shapes)
        self._bound().reshape(data, labels)
        self._data_shapes, self._label_shapes = data, labels

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Outputs of the last forward; unless merged, a list of each context's."""
        self._ready()
        return self._bound().outputs(merged=merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays of the states."""
        self._ready()
        assert not merge_multi_context, "merge_multi_context=True is not supported for get_states yet."
        return [[each.arg_dict[name] for each in self._bound().execs] for name in self._state_names]

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Sets the states to arrays, or all to one value."""
        self._ready()
        if states is not None:
            assert value is None, "Only one of states & value can be specified."
            for name, arrays in zip(self._state_names, states, strict=True):
                for executor, array in zip(self._bound().execs, arrays, strict=True):
                    executor.arg_dict[name][:] = array
            return
        assert value is not None, "At least one of states & value must be specified."
        for name in self._state_names:
            for executor in self._bound().execs:
                executor.arg_dict[name][:] = value

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Counts the last batch's outputs against its labels; ``pre_sliced`` labels are a list for each context."""
        if pre_sliced:
            for executor, own in zip(self._bound().execs, labels, strict=True):
                eval_metric.update(own, executor.outputs)
        else:
            eval_metric.update(labels, self.get_outputs())

    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """Writes symbol and parameters."""
        if save_optimizer_states:
            raise self._refusal("save_optimizer_states")
        model.save_checkpoint(prefix, epoch, self._symbol, *self.get_params(), remove_amp_cast=remove_amp_cast)

    def install_monitor(self, mon: Any) -> None:
        """Lets a monitor see the intermediate outputs of every forward."""
        assert self.binded
        for executor in self._bound().execs:
            mon.install(executor)


def _mismatch(kind: str, described: list[io.DataDesc], names: list[str]) -> str:
    return f"Data provided by {kind}_shapes don't match names specified by {kind}_names ({described} vs. {names})"


def _redescribed(described: list[io.DataDesc], arrays: Sequence[Any]) -> list[io.DataDesc]:
    return [
        io.DataDesc(each.name, array.shape, each.dtype, each.layout)
        for each, array in zip(described, arrays, strict=False)
    ]


def _joined(batches: Sequence[Any]) -> io.DataBatch:
    """Batches of equal shapes as one."""
    assert batches, "Encountered empty data batch"
    for batch in batches:
        for array, first in zip(batch.data, batches[0].data, strict=True):
            assert array.shape == first.shape, "All data batches in a list need to have the same shape"
    data = [nd.concatenate(list(parts)) for parts in zip(*(batch.data for batch in batches), strict=True)]
    labelled = [getattr(batch, "label", None) or [] for batch in batches]
    return io.DataBatch(data, [nd.concatenate(list(parts)) for parts in zip(*labelled, strict=True)])
