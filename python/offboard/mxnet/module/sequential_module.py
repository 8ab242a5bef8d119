"""SequentialModule: modules one after another."""

from __future__ import annotations

from typing import Any

from offboard.mxnet import io
from offboard.mxnet.module.base_module import BaseModule
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """Each module's outputs are the next one's data."""

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = None) -> None:
        self._modules: list[tuple[Any, dict[str, Any]]] = []

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Appends a module; returns this one, so that calls chain."""
        self._modules.append((module, kwargs))
        self._on_accelerator = self._on_accelerator or module._on_accelerator
        self.binded = self.params_initialized = False
        return self

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True, **kwargs: Any) -> None:
        """Binds all modules, the shapes of each following from the one before."""
        shapes = [io.DataDesc.of(each) for each in data_shapes]
        for module, meta in self._modules:
            named = [io.DataDesc(name, each.shape) for name, each in zip(module.data_names, shapes, strict=True)]
            labels = label_shapes if meta.get(self.META_TAKE_LABELS) else None
            module.bind(named, labels, for_training=for_training, **kwargs)
            shapes = [io.DataDesc(name, shape) for name, shape in module.output_shapes]
        self.binded, self.for_training = True, for_training

    def init_params(
        self,
        initializer: Any = None,
        arg_params: Any = None,
        aux_params: Any = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Initialises every module's parameters."""
        for module, _ in self._modules:
            module.init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        self.params_initialized = True

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """The parameters of all modules."""
        arguments: dict[str, NDArray] = {}
        auxiliary: dict[str, NDArray] = {}
        for module, _ in self._modules:
            own = module.get_params()
            arguments.update(own[0])
            auxiliary.update(own[1])
        return arguments, auxiliary

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs a batch through all modules."""
        self._ready()
        batch = data_batch
        for module, _ in self._modules:
            module.forward(batch, is_train)
            batch = io.DataBatch(module.get_outputs(), getattr(data_batch, "label", None))

    def get_outputs(self, merge_multi_context: bool = True) -> list[NDArray]:
        """Outputs of the last module."""
        outputs: list[NDArray] = self._modules[-1][0].get_outputs(merge_multi_context)
        return outputs
