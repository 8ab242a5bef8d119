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
from offboard.mxnet.binding import simple_bind
from offboard.mxnet.context import Context, cpu
from offboard.mxnet.executor import Executor
from offboard.mxnet.module.base_module import BaseModule
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["Module"]


def _check_names(symbol: Symbol, names: Sequence[str], kind: str, throw: bool) -> None:
    arguments = symbol.list_arguments()
    for name in names:
        if name in arguments:
            continue
        suffixes = ("_weight", "_bias", "_gamma", "_beta")
        candidates = [each for each in arguments if not each.endswith(suffixes)]
        message = (
            f"You created Module with Module(..., {kind}_names={list(names)}) but input with name '{name}' is not "
            "found in symbol.list_arguments(). Did you mean one of:\n\t" + "\n\t".join(candidates)
        )
        if throw:
            raise ValueError(message)
        warnings.warn(message, stacklevel=3)


class Module(BaseModule):
    """Binds a symbol on one context and runs batches through it."""

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Any = None,
        work_load_list: Any = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        given = context if isinstance(context, (list, tuple)) else [cpu() if context is None else context]
        self._context = [Context(each) for each in given]
        self._on_accelerator = any(each.device_type == "eia" for each in self._context)
        self._symbol = symbol
        self.logger = logger
        self._data_names = list(data_names or [])
        self._label_names = list(label_names or [])
        _check_names(symbol, self._data_names, "data", True)
        _check_names(symbol, self._label_names, "label", False)
        _check_names(symbol, list(state_names or []), "state", True)
        _check_names(symbol, list(fixed_param_names or []), "fixed_param", True)
        fed = {*self._data_names, *self._label_names, *(state_names or [])}
        self._param_names = [name for name in symbol.list_arguments() if name not in fed]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()
        self._executor: Executor | None = None
        self._data_shapes: list[io.DataDesc] | None = None
        self._label_shapes: list[io.DataDesc] | None = None

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """A module over a checkpoint; parameters are set when it is bound."""
        symbol, arguments, auxiliary = model.load_checkpoint(prefix, epoch)
        made = Module(symbol, **kwargs)
        made._preloaded = (arguments, auxiliary)
        return made

    _preloaded: tuple[dict[str, NDArray], dict[str, NDArray]] | None = None

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
    def data_shapes(self) -> list[io.DataDesc] | None:
        """Bound data shapes."""
        assert self.binded
        return self._data_shapes

    @property
    def label_shapes(self) -> list[io.DataDesc] | None:
        """Bound label shapes."""
        assert self.binded
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of the outputs."""
        assert self.binded
        return [(name, array.shape) for name, array in zip(self._output_names, self._bound().outputs, strict=True)]

    def _bound(self) -> Executor:
        assert self._executor is not None
        return self._executor

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Makes the executor. On an accelerator ``for_training`` must be False."""
        if self._on_accelerator and for_training:
            raise ValueError(rules.text("training_bind"))
        if force_rebind:
            self._executor, self.binded = None, False
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        assert for_training or not inputs_need_grad
        self._data_shapes = [io.DataDesc.of(each) for each in data_shapes]
        self._label_shapes = [io.DataDesc.of(each) for each in label_shapes] if label_shapes else None
        names = [each.name for each in self._data_shapes]
        if sorted(names) != sorted(self._data_names):
            raise ValueError(
                f"Data provided by data_shapes don't match names specified by data_names ({names} vs. "
                f"{self._data_names})"
            )
        labels = [each.name for each in self._label_shapes or []]
        if sorted(labels) != sorted(self._label_names) and self._label_names:
            warnings.warn(
                f"Data provided by label_shapes don't match names specified by label_names ({labels} vs. "
                f"{self._label_names})",
                stacklevel=2,
            )
        described = [*self._data_shapes, *(self._label_shapes or [])]
        self._executor = simple_bind(
            self._symbol,
            self._context[0],
            "null",
            {each.name: each.dtype for each in described},
            {each.name: each.shape for each in described},
        )
        self.for_training, self.inputs_need_grad, self.binded = for_training, inputs_need_grad, True
        if shared_module is not None and shared_module.params_initialized:
            self.set_params(*shared_module.get_params())
        elif self._preloaded is not None:
            self.set_params(*self._preloaded)

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters from what is given, or else by the initializer."""
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. init_params call ignored.", stacklevel=2
            )
            return
        assert self.binded, "call bind before initializing the parameters"
        chosen = initializers.Uniform(0.01) if initializer is None and arg_params is None else initializer
        attributes = self._symbol.attr_dict()
        executor = self._bound()
        for names, given, bound in (
            (self._param_names, arg_params, executor.arg_dict),
            (self._aux_names, aux_params, executor.aux_dict),
        ):
            for name in names:
                self._init_one(name, bound[name], given, chosen, allow_missing, attributes.get(name))
        self.params_initialized = True

    def _init_one(
        self,
        name: str,
        target: NDArray,
        given: Mapping[str, NDArray] | None,
        initializer: Any,
        allow_missing: bool,
        attributes: dict[str, str] | None,
    ) -> None:
        if given is not None and name in given:
            value = given[name]
            if value.shape != target.shape:
                raise MXNetError(
                    f"Error in operator _copyto: Incompatible attr in node {name}: expected {list(target.shape)}, "
                    f"got {list(value.shape)}"
                )
            if value is not target:
                target[:] = value
        elif given is not None and not allow_missing:
            raise RuntimeError(f"{name} is not presented")
        elif initializer is not None:
            initializer(initializers.InitDesc(name, attributes), target)

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Sets parameters by name; what is missing keeps its value with ``allow_missing``."""
        if self.params_initialized and not force_init:
            warnings.warn("Parameters already initialized and force_init=False. set_params call ignored.", stacklevel=2)
            return
        if arg_params is None and aux_params is None:
            raise TypeError("'NoneType' object is not callable")
        self.init_params(None, arg_params or {}, aux_params or {}, allow_missing, True, allow_extra)

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of the parameters."""
        self._ready()
        executor = self._bound()
        arguments = {name: executor.arg_dict[name].copy() for name in self._param_names}
        return arguments, {name: executor.aux_dict[name].copy() for name in self._aux_names}

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs a batch; another batch size makes a new plan."""
        self._ready()
        if isinstance(data_batch, list):
            raise ValueError("Module.forward takes one batch; a list of batches needs as many contexts")
        data = data_batch.data
        labels = getattr(data_batch, "label", None) or []
        executor = self._bound()
        fed = dict(zip([each.name for each in self._data_shapes or []], data, strict=False))
        fed.update(zip([each.name for each in self._label_shapes or []], labels, strict=False))
        shapes = {name: tuple(value.shape) for name, value in fed.items()}
        if any(executor.arg_dict[name].shape != shape for name, shape in shapes.items()):
            bound = {each.name: each.shape for each in [*(self._data_shapes or []), *(self._label_shapes or [])]}
            self._reshape({**bound, **shapes})
            executor = self._bound()
        for name, value in fed.items():
            value.copyto(executor.arg_dict[name])
        training = self.for_training if is_train is None else is_train
        executor.forward(is_train=training)

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Another set of input shapes."""
        assert self.binded
        described = [io.DataDesc.of(each) for each in [*data_shapes, *(label_shapes or [])]]
        self._reshape({each.name: each.shape for each in described})

    def _reshape(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self._executor = self._bound().reshape(False, True, **dict(shapes))

        def renewed(old: list[io.DataDesc] | None) -> list[io.DataDesc] | None:
            return old and [io.DataDesc(d.name, shapes.get(d.name, d.shape), d.dtype, d.layout) for d in old]

        self._data_shapes, self._label_shapes = renewed(self._data_shapes), renewed(self._label_shapes)

    def get_outputs(self, merge_multi_context: bool = True) -> list[NDArray]:
        """Outputs of the last forward."""
        self._ready()
        outputs = self._bound().outputs
        return outputs if merge_multi_context else [[each] for each in outputs]  # type: ignore[misc]

    def get_input_grads(self, merge_multi_context: bool = True) -> None:
        """Refused: inference only."""
        self._ready()
        assert self.inputs_need_grad
        raise self._refusal("get_input_grads")

    def save_params(self, fname: str) -> None:
        """Writes the parameters."""
        from offboard.mxnet import ndarray as nd

        arguments, auxiliary = self.get_params()
        named = {f"arg:{name}": value for name, value in arguments.items()}
        nd.save(fname, {**named, **{f"aux:{name}": value for name, value in auxiliary.items()}})

    def load_params(self, fname: str) -> None:
        """Reads the parameters."""
        from offboard.mxnet import ndarray as nd

        parts: dict[str, dict[str, NDArray]] = {"arg": {}, "aux": {}}
        for key, value in nd.load(fname).items():
            kind, name = key.split(":", 1)
            if kind not in parts:
                raise ValueError(f"Invalid param file {fname}")
            parts[kind][name] = value
        self.set_params(parts["arg"], parts["aux"])

    def save_checkpoint(self, prefix: str, epoch: int, save_optimizer_states: bool = False) -> None:
        """Writes symbol and parameters."""
        model.save_checkpoint(prefix, epoch, self._symbol, *self.get_params())

    def install_monitor(self, mon: Any) -> None:
        """Refused: intermediate outputs stay on the accelerator."""
        raise self._refusal("install_monitor")
