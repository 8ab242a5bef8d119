"""SequentialModule: modules one after another."""

from __future__ import annotations

import logging
from typing import Any

from offboard.mxnet import io
from offboard.mxnet import metric as metrics
from offboard.mxnet.module.base_module import UNIFORM, BaseModule
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """Each module's outputs are the next one's data."""

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._label_shapes: list[io.DataDesc] | None = None

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Appends a module; returns this one, so that calls chain.

        ``take_labels`` gives it the labels, ``auto_wiring`` renames the outputs before it to its data names.
        """
        for key in kwargs:
            assert key in (self.META_TAKE_LABELS, self.META_AUTO_WIRING), f'Unknown meta "{key}", a typo?'
        self._modules.append(module)
        self._metas.append(kwargs)
        self._on_accelerator = self._on_accelerator or module._on_accelerator
        self.binded = self.params_initialized = False
        return self

    @property
    def data_names(self) -> list[str]:
        """The first module's data names."""
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> list[str]:
        """The last module's output names."""
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> list[io.DataDesc]:
        """The first module's data shapes."""
        assert self.binded
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> list[io.DataDesc] | None:
        """The label shapes; None when no module takes labels."""
        assert self.binded
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """The last module's output shapes."""
        assert self.binded
        return self._modules[-1].output_shapes

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
        """Binds all modules, the shapes of each following from the one before."""
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        assert for_training or not inputs_need_grad
        assert shared_module is None, "Shared module is not supported"
        assert self._modules, "Attempting to bind an empty SequentialModule"
        shapes = [io.DataDesc.of(each) for each in data_shapes]
        taken = None
        for number, (module, meta) in enumerate(zip(self._modules, self._metas, strict=True)):
            labels = label_shapes if meta.get(self.META_TAKE_LABELS) else None
            taken = taken or labels
            if meta.get(self.META_AUTO_WIRING):
                assert len(module.data_names) == len(shapes)
                shapes = [io.DataDesc(name, each.shape) for name, each in zip(module.data_names, shapes, strict=True)]
            needed = inputs_need_grad or (for_training and number > 0)
            module.bind(shapes, labels, for_training, needed, force_rebind, None, grad_req)
            shapes = [io.DataDesc.of(each) for each in module.output_shapes]
        self._label_shapes = None if taken is None else [io.DataDesc.of(each) for each in taken]
        self.binded, self.for_training, self.inputs_need_grad = True, for_training, inputs_need_grad

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Sets every module's parameters, whose names may not repeat."""
        if self.params_initialized and not force_init:
            return
        assert self.binded, "call bind before initializing the parameters"
        for module in self._modules:
            module.init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        known: dict[str, int] = {}
        for number, module in enumerate(self._modules):
            for name in [name for part in module.get_params() for name in part]:
                assert name not in known, (
                    f'Duplicated parameter names: name "{name}" in layer {number} ({type(module)}) is already used in '
                    f"layer {known[name]} ({type(self._modules[known[name]])})."
                )
                known[name] = number
        self.params_initialized = True

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of the parameters of all modules."""
        self._ready()
        arguments: dict[str, NDArray] = {}
        auxiliary: dict[str, NDArray] = {}
        for module in self._modules:
            own = module.get_params()
            arguments.update(own[0])
            auxiliary.update(own[1])
        return arguments, auxiliary

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs a batch through all modules."""
        self._ready()
        batch = data_batch
        for module in self._modules:
            module.forward(batch, is_train)
            batch = io.DataBatch(module.get_outputs(), getattr(data_batch, "label", None))

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Outputs of the last module."""
        self._ready()
        return self._modules[-1].get_outputs(merge_multi_context)

    def update_metric(self, eval_metric: metrics.EvalMetric, labels: Any, pre_sliced: bool = False) -> None:
        """Counts the outputs of the modules that take labels."""
        self._ready()
        for module, meta in zip(self._modules, self._metas, strict=True):
            if meta.get(self.META_TAKE_LABELS):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Lets a monitor see the intermediate outputs of every module."""
        assert self.binded
        for module in self._modules:
            module.install_monitor(mon)  # type: ignore[attr-defined]
