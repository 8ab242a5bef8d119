"""BucketingModule: one module a bucket key, all with the same parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offboard.mxnet.module.base_module import BaseModule
from offboard.mxnet.module.module import Module
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["BucketingModule"]


class BucketingModule(BaseModule):
    """``sym_gen(key)`` gives (symbol, data names, label names) of a bucket."""

    def __init__(
        self, sym_gen: Callable[[Any], Any], default_bucket_key: Any = None, context: Any = None, **kwargs: Any
    ) -> None:
        assert default_bucket_key is not None
        self._sym_gen, self._default = sym_gen, default_bucket_key
        self._options = {"context": context, **kwargs}
        self._modules: dict[Any, Module] = {}
        self._current: Module = self._make(default_bucket_key)
        self._on_accelerator = self._current._on_accelerator
        self._bind_options: dict[str, Any] = {}

    def _make(self, key: Any) -> Module:
        made = self._sym_gen(key)
        symbol, data, label = made if isinstance(made, tuple) else (made, ("data",), ("softmax_label",))
        return Module(symbol, data, label, **self._options)

    @property
    def symbol(self) -> Any:
        """The current bucket's symbol."""
        return self._current.symbol

    @property
    def data_names(self) -> list[str]:
        """The current bucket's data names."""
        return self._current.data_names

    @property
    def output_names(self) -> list[str]:
        """The current bucket's output names."""
        return self._current.output_names

    def bind(self, data_shapes: Any, label_shapes: Any = None, for_training: bool = True, **kwargs: Any) -> None:
        """Binds the default bucket."""
        self._current.bind(data_shapes, label_shapes, for_training, **kwargs)
        self._modules = {self._default: self._current}
        self._bind_options = {"for_training": for_training, **kwargs}
        self.binded, self.for_training = True, for_training

    def init_params(self, *args: Any, **kwargs: Any) -> None:
        """Initialises the parameters that all buckets share."""
        self._modules[self._default].init_params(*args, **kwargs)
        self.params_initialized = True

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Copies of the parameters."""
        return self._current.get_params()

    def switch_bucket(self, bucket_key: Any, data_shapes: Any, label_shapes: Any = None) -> None:
        """Makes a bucket current, binding it on first use."""
        assert self.binded, "call bind before switching bucket"
        if bucket_key not in self._modules:
            module = self._make(bucket_key)
            module.bind(data_shapes, label_shapes, **self._bind_options)
            if self.params_initialized:
                module.set_params(*self._modules[self._default].get_params())
            self._modules[bucket_key] = module
        self._current = self._modules[bucket_key]

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs a batch in its bucket."""
        self._ready()
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._current.forward(data_batch, is_train)

    def get_outputs(self, merge_multi_context: bool = True) -> list[NDArray]:
        """Outputs of the last batch."""
        return self._current.get_outputs(merge_multi_context)
