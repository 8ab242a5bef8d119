"""A parameter of a block: a named array whose shape may become known, and whose values may come, later."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NoReturn

import numpy as np

from offboard import rules
from offboard.errors import InferenceOnlyError, MXNetError
from offboard.mxnet import initializer as initializers
from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.base import mx_real_t
from offboard.mxnet.context import Context, cpu, current_context, require_single
from offboard.mxnet.ndarray.ndarray import NDArray, elsewhere, resolve_dtype
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["Constant", "DeferredInitializationError", "Parameter"]

_STYPES = ("default", "row_sparse", "csr")


class DeferredInitializationError(MXNetError):
    """A parameter's shape is not known yet: the first forward will tell it."""


class Parameter:
    """A named array of a block, with a copy on each of its contexts.

    On ``mx.eia()`` the array is on the CPU all the same: the context says where a block that has it runs.
    """

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: Any = None,
        dtype: Any = mx_real_t,
        lr_mult: float = 1.0,
        wd_mult: float = 1.0,
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        for key, given in (("grad_stype", grad_stype), ("stype", stype)):
            assert given in _STYPES, (
                f"{key} for Parameter '{name}' must be one of 'default', 'row_sparse', or 'csr', but got '{given}'"
            )
        self.name = name
        self.lr_mult, self.wd_mult, self.init = lr_mult, wd_mult, init
        self._shape = (shape,) if isinstance(shape, int) else shape
        self._dtype = dtype
        self._stype, self._grad_stype = stype, grad_stype
        self._allow_deferred_init = allow_deferred_init
        self._differentiable = differentiable
        self.grad_req = grad_req
        self._var: Symbol | None = None
        self._data: list[NDArray] | None = None
        self._ctx_list: list[Context] = []
        # Always None here. Named as MXNet's, for other libraries' subclasses, which copy them from one to the other.
        self._grad = self._ctx_map = self._trainer = None
        # (initializer, contexts, default initializer, value or None) until the shape is known.
        self._deferred_init: tuple[Any, list[Context], Any, NDArray | None] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} (shape={self.shape}, dtype={self.dtype})"

    # Attributes

    @property
    def grad_req(self) -> str:
        """What training would do with the gradient; none is ever computed here."""
        return self._grad_req

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        assert req in ("write", "add", "null"), f"grad_req must be one of 'write', 'add', or 'null', but got '{req}'"
        self._grad_req = req if self._differentiable else "null"

    @property
    def dtype(self) -> Any:
        """The type of the values; setting it casts them."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.cast(dtype)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape; 0 where a dimension is unknown. It may only become better known."""
        return self._shape

    @shape.setter
    def shape(self, new_shape: tuple[int, ...]) -> None:
        old = self._shape
        assert old is None or (
            len(old) == len(new_shape) and all(j in (-1, 0, i) for i, j in zip(new_shape, old, strict=True))
        ), f"Expected shape {new_shape} is incompatible with given shape {old}."
        self._shape = new_shape

    # Values

    def initialize(
        self,
        init: Any = None,
        ctx: Any = None,
        default_init: Any = initializers.Uniform(),  # noqa: B008
        force_reinit: bool = False,
    ) -> None:
        """Gives values: by ``init``, else the parameter's own initializer, else ``default_init``.

        Where the shape is not known yet and may be told by the first forward, that is done then.
        """
        if self._data is not None and not force_reinit:
            warnings.warn(
                f"Parameter '{self.name}' is already initialized, ignoring. Set force_reinit=True to re-initialize.",
                stacklevel=2,
            )
            return
        self._data = None
        if init is None:
            init = default_init if self.init is None else self.init
        if not _known(self.shape) and not self._allow_deferred_init:
            raise ValueError(f"Cannot initialize Parameter '{self.name}' because it has invalid shape: {self.shape}.")
        self._deferred_init = (init, _listed(ctx), default_init, None)
        if _known(self.shape):
            self._finish_deferred_init()

    def _finish_deferred_init(self) -> None:
        if self._deferred_init is None:
            return
        init, contexts, default_init, value = self._deferred_init
        self._deferred_init = None
        assert _known(self.shape), (
            f"Cannot initialize Parameter '{self.name}' because it has invalid shape: {self.shape}. Please specify "
            "in_units, in_channels, etc for `Block`s."
        )
        if value is None:
            value = NDArray(np.zeros(self.shape or (), resolve_dtype(self.dtype)))
            self._fill(value, init, default_init)
        self._place(value, contexts)

    def _fill(self, value: NDArray, init: Any, default_init: Any) -> None:
        desc = initializers.InitDesc(self.name, {"__init__": init})
        initializers.create(default_init)(desc, value)

    def _place(self, value: NDArray, contexts: Sequence[Context]) -> None:
        """Keeps ``value`` as the first context's copy."""
        for context in contexts:
            if context.device_type == "gpu":
                raise MXNetError(rules.text("gpu_disabled"))
            require_single(context)
        self._ctx_list = list(contexts)
        homes = [None if context.device_type == "eia" else elsewhere(context) for context in self._ctx_list]
        arrays = [value, *(value.copy() for _ in homes[1:])]
        self._data = [
            array if array._home == home else NDArray(array._data, array._storage, home=home)
            for array, home in zip(arrays, homes, strict=True)
        ]

    def reset_ctx(self, ctx: Any) -> None:
        """Other contexts for the same values."""
        contexts = _listed(ctx)
        if self._data is not None:
            self._place(self._reduce(), contexts)
        elif self._deferred_init is not None:
            init, _, default_init, value = self._deferred_init
            self._deferred_init = (init, contexts, default_init, value)
        else:
            raise ValueError(f"Cannot reset context for Parameter '{self.name}' because it has not been initialized.")

    def set_data(self, data: Any) -> None:
        """Writes the values on all contexts."""
        self.shape = data.shape
        if self._data is None:
            assert self._deferred_init is not None, f"Parameter '{self.name}' has not been initialized"
            self._deferred_init = (*self._deferred_init[:3], data)
            return
        for array in self._data:
            array[:] = data

    def _load_init(
        self, data: NDArray, ctx: Any, cast_dtype: bool = False, dtype_source: str = "current", *, owned: bool = False
    ) -> None:
        """Takes loaded values; those that nobody else has (``owned``) are not copied."""
        failed = f"Failed loading Parameter '{self.name}' from saved params: "
        if self.shape:
            assert [size or known for size, known in zip_longest(self.shape, data.shape)] == list(data.shape), (
                f"{failed}shape incompatible expected {self.shape} vs saved {data.shape}"
            )
        self._shape = data.shape
        if self.dtype and resolve_dtype(self.dtype) != data._data.dtype:
            assert cast_dtype, (
                f"{failed}dtype incompatible expected {self.dtype} vs saved {data.dtype}. Set cast_dtype=True to "
                "cast the dtype of saved params."
            )
            assert dtype_source in ("current", "saved")
            if dtype_source == "current":
                data, owned = data.astype(self.dtype), True
            else:
                self.dtype = data.dtype
        contexts = None if ctx is None else _listed(ctx)
        if self._data is None and self._deferred_init is None:
            contexts = [cpu()] if contexts is None else contexts
        else:
            placed = self.list_ctx()
            assert contexts is None or set(contexts) == set(placed), (
                f"Failed to load Parameter '{self.name}' on {contexts} because it was previous initialized on {placed}."
            )
            contexts = placed
        self._deferred_init = None
        if self._data is not None:
            self.set_data(data)
        else:
            self._place(data if owned else data.copy(), contexts)

    def _reduce(self) -> NDArray:
        """The value: the mean over the contexts."""
        arrays = self.list_data()
        if len(arrays) == 1:
            return arrays[0]
        return NDArray(np.mean([array._data for array in arrays], axis=0, dtype=arrays[0]._data.dtype))

    def _check_and_get(self, arrays: list[NDArray] | None, ctx: Any) -> Any:
        """The array of ``arrays`` on a context, or all of them; also called by subclasses of programs."""
        if arrays is None:
            self._refuse_uninitialized()
        if ctx is list or (ctx is None and len(arrays) == 1):
            return arrays if ctx is list else arrays[0]
        wanted = current_context() if ctx is None else ctx
        for context, array in zip(self._ctx_list, arrays, strict=True):
            # Arrays on an accelerator are the CPU's, and MXNet takes every kind of CPU for the same.
            same = context.device_typeid == wanted.device_typeid or _is_host(context) == _is_host(wanted) is True
            if same and context.device_id == wanted.device_id:
                return array
        raise RuntimeError(
            f"Parameter '{self.name}' was not initialized on context {wanted}. It was only initialized on "
            f"{self._ctx_list}."
        )

    def _refuse_uninitialized(self) -> NoReturn:
        if self._deferred_init is not None:
            raise DeferredInitializationError(
                f"Parameter '{self.name}' has not been initialized yet because initialization was deferred. Actual "
                "initialization happens during the first forward pass. Please pass one batch of data through the "
                "network before accessing Parameters. You can also avoid deferred initialization by specifying "
                "in_units, num_features, etc., for network layers."
            )
        raise RuntimeError(
            f"Parameter '{self.name}' has not been initialized. Note that you should initialize parameters and "
            "create Trainer with Block.collect_params() instead of Block.params because the later does not include "
            "Parameters of nested child Blocks"
        )

    def data(self, ctx: Context | None = None) -> NDArray:
        """The array on a context; what is written to it is seen by the next forward."""
        made: NDArray = self._check_and_get(self._data, ctx)
        return made

    def list_data(self) -> list[NDArray]:
        """The arrays on all contexts."""
        made: list[NDArray] = self._check_and_get(self._data, list)
        return made

    def list_ctx(self) -> list[Context]:
        """The contexts that it is, or will be, on."""
        if self._data is not None:
            return self._ctx_list
        if self._deferred_init is not None:
            return self._deferred_init[1]
        raise RuntimeError(f"Parameter '{self.name}' has not been initialized")

    @property
    def on_accelerator(self) -> bool:
        """Whether it is, or will be, on ``mx.eia()``."""
        contexts = self._ctx_list if self._deferred_init is None else self._deferred_init[1]
        return any(context.device_type == "eia" for context in contexts)

    def cast(self, dtype: Any) -> None:
        """Another type for the values."""
        self._dtype = dtype
        if self._data is not None:
            self._data = [array.astype(dtype) for array in self._data]

    def var(self) -> Symbol:
        """The variable that stands for it in graphs."""
        if self._var is None:
            self._var = sym.var(
                self.name, shape=self.shape, dtype=self.dtype, lr_mult=self.lr_mult, wd_mult=self.wd_mult,
                init=self.init, stype=self._stype,
            )  # fmt: skip
        return self._var

    # Gradients

    def grad(self, ctx: Context | None = None) -> NoReturn:
        """Refused: inference only."""
        self._refuse_gradient("Parameter.grad")

    def list_grad(self) -> NoReturn:
        """Refused: inference only."""
        self._refuse_gradient("Parameter.list_grad")

    def _refuse_gradient(self, operation: str) -> NoReturn:
        if self._data is not None and self.grad_req == "null":
            raise RuntimeError(f"Cannot get gradient array for Parameter '{self.name}' because grad_req='null'")
        raise InferenceOnlyError(rules.text("inference_only_cpu", operation=operation))

    def zero_grad(self) -> None:
        """There are no gradients."""

    def row_sparse_data(self, row_id: Any) -> NoReturn:
        """Refused: values of every storage type are kept dense."""
        raise RuntimeError(
            f"Cannot return a copy of Parameter {self.name} via row_sparse_data() because its storage type is "
            f"{self._stype}. Please use data() instead."
        )


def _is_host(context: Context) -> bool:
    return context.device_type != "gpu"


def _listed(ctx: Any) -> list[Context]:
    if ctx is None:
        return [current_context()]
    return [ctx] if isinstance(ctx, Context) else list(ctx)


def _known(shape: Sequence[int] | None) -> bool:
    for size in shape or ():
        assert size >= 0, f"shape dimension size cannot be less than 0, while received {size}"
    return bool(shape) and 0 not in (shape or ())


class Constant(Parameter):
    """A parameter that has its value from the beginning."""

    def __init__(self, name: str, value: Any) -> None:
        self.value = value if isinstance(value, NDArray) else nd.array(value)
        super().__init__(
            name, "null", self.value.shape, self.value.dtype, init=f"Constant_{name}_{id(self)}", differentiable=False
        )

    def _fill(self, value: NDArray, init: Any, default_init: Any) -> None:
        value[:] = self.value

    @property
    def grad_req(self) -> str:
        """Constants have no gradients."""
        return "null"

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req != "null":
            warnings.warn(
                f'Constant parameter "{self.name}" does not support grad_req other than "null", and new value '
                f'"{req}" is ignored.',
                stacklevel=2,
            )
