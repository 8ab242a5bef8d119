"""BucketingModule: one module a bucket key, all over the same parameters."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from offboard.mxnet import io
from offboard.mxnet import metric as metrics
from offboard.mxnet import ndarray as nd
from offboard.mxnet.checkpoint import checkpoint_names, load_params
from offboard.mxnet.context import Context
from offboard.mxnet.module.base_module import UNIFORM, BaseModule, check_names
from offboard.mxnet.module.module import Module
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["BucketingModule"]


class BucketingModule(BaseModule):
    """``sym_gen(key)`` gives (symbol, data names, label names) of a bucket."""

    def __init__(
        self,
        sym_gen: Callable[[Any], tuple[Symbol, Sequence[str] | None, Sequence[str] | None]],
        default_bucket_key: Any = None,
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger)
        assert default_bucket_key is not None
        self._sym_gen, self._default = sym_gen, default_bucket_key
        self._options: dict[str, Any] = {
            "logger": logger,
            "context": context,
            "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names,
            "state_names": state_names,
        }
        symbol, data, label = sym_gen(default_bucket_key)
        check_names(symbol, data or [], "data", throw=True)
        check_names(symbol, label or [], "label", throw=False)
        self._unbound = Module(symbol, data, None, **self._options)
        self._on_accelerator = self._unbound._on_accelerator
        self._buckets: dict[Any, Module] = {}
        self._curr_module: Module | None = None
        self._bind_options: dict[str, Any] = {}
        self._waiting: tuple[dict[str, NDArray], dict[str, NDArray]] | None = None

    @staticmethod
    def load(
        prefix: str, epoch: int, sym_gen: Any = None, default_bucket_key: Any = None, **kwargs: Any
    ) -> BucketingModule:
        """A module over the parameters of a checkpoint, which are there once it is bound."""
        assert sym_gen is not None, "sym_gen is required for loading BucketingModule"
        assert default_bucket_key is not None, "default_bucket_key is required for loading BucketingModule"
        made = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        made._waiting, made.params_initialized = load_params(prefix, epoch), True
        return made

    @staticmethod
    def load_dict(
        sym_dict: Any = None,
        sym_gen: Any = None,
        default_bucket_key: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """A module over parameters in memory, which are there once it is bound."""
        assert sym_gen is not None, "sym_gen is required for loading BucketingModule"
        assert default_bucket_key is not None, "default_bucket_key is required for loading BucketingModule"
        made = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        made._waiting, made.params_initialized = (arg_params, aux_params), True
        return made

    def _bound(self) -> Module:
        assert self.binded
        assert self._curr_module is not None
        return self._curr_module

    @property
    def symbol(self) -> Symbol:
        """The current bucket's symbol."""
        return self._bound().symbol

    @property
    def data_names(self) -> list[str]:
        """The current bucket's data names, the default's before bind."""
        return (self._curr_module or self._unbound).data_names

    @property
    def output_names(self) -> list[str]:
        """The current bucket's output names, the default's before bind."""
        return (self._curr_module or self._unbound).output_names

    @property
    def data_shapes(self) -> list[io.DataDesc]:
        """The current bucket's data shapes."""
        return self._bound().data_shapes

    @property
    def label_shapes(self) -> list[io.DataDesc] | None:
        """The current bucket's label shapes."""
        return self._bound().label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """The current bucket's output shapes."""
        return self._bound().output_shapes

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
        """Binds the default bucket."""
        if force_rebind and self.binded:
            self._waiting = self.get_params() if self.params_initialized else None
            self._buckets, self._curr_module, self.binded = {}, None, False
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        assert shared_module is None, "shared_module for BucketingModule is not supported"
        self._bind_options = {
            "for_training": for_training,
            "inputs_need_grad": inputs_need_grad,
            "grad_req": grad_req,
        }
        module = self._make(self._default)
        module.bind(data_shapes, label_shapes, **self._bind_options)
        self._buckets, self._curr_module = {self._default: module}, module
        self.binded, self.for_training, self.inputs_need_grad = True, for_training, inputs_need_grad
        if self._waiting is not None:
            self.set_params(*self._waiting)
            self._waiting = None

    def _make(self, key: Any) -> Module:
        symbol, data, label = self._sym_gen(key)
        return Module(symbol, data, label, **self._options)

    def switch_bucket(self, bucket_key: Any, data_shapes: Any, label_shapes: Any = None) -> None:
        """Makes a bucket current, binding it over the default's parameters on first use."""
        assert self.binded, "call bind before switching bucket"
        if bucket_key not in self._buckets:
            module = self._make(bucket_key)
            default = self._buckets[self._default]
            module.bind(data_shapes, label_shapes, shared_module=default, **self._bind_options)
            self._buckets[bucket_key] = module
        self._curr_module = self._buckets[bucket_key]

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Binds a batch's bucket without making it current."""
        assert self.binded
        assert self.params_initialized
        current = self._curr_module
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._curr_module = current

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Sets the parameters that all buckets share."""
        if self.params_initialized and not force_init:
            return
        assert self.binded, "call bind before initializing the parameters"
        self._bound().init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        self.params_initialized = True

    def set_params(
        self,
        arg_params: Any,
        aux_params: Any,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Sets the parameters that all buckets share."""
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)
            return
        if self.params_initialized and not force_init:
            warnings.warn("Parameters already initialized and force_init=False. set_params call ignored.", stacklevel=2)
            return
        self._bound().set_params(arg_params, aux_params, allow_missing, force_init, allow_extra)
        self.params_initialized = True

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of the parameters."""
        self._ready()
        return self._bound().get_params()

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs a batch in its bucket."""
        self._ready()
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._bound().forward(data_batch, is_train)

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Outputs of the last batch."""
        self._ready()
        return self._bound().get_outputs(merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The current bucket's states."""
        self._ready()
        return self._bound().get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Sets the current bucket's states."""
        self._ready()
        self._bound().set_states(states, value)

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Counts the last batch's outputs against its labels."""
        self._ready()
        self._bound().update_metric(eval_metric, labels, pre_sliced)

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Writes every bucket's symbol and the parameters."""
        assert self._buckets, "Empty BucketingModule cannot be saved"
        for key, module in self._buckets.items():
            module.symbol.save(f"{prefix}-{key}-symbol.json", remove_amp_cast=remove_amp_cast)
        nd.save(f"{prefix}-{epoch:04d}.params", checkpoint_names(*self.get_params()))

    def install_monitor(self, mon: Any) -> None:
        """Lets a monitor see the intermediate outputs of every bucket bound so far."""
        assert self.binded
        for module in self._buckets.values():
            module.install_monitor(mon)
