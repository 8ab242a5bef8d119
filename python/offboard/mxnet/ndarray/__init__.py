"""``mx.nd``: arrays, their creation, files, and every operator as a function."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.graph import params as files
from offboard.mxnet import namespace
from offboard.mxnet.context import Context, current_context, require_array_home
from offboard.mxnet.ndarray.ndarray import NDArray, Storage, apply, resolve_dtype
from offboard.operators import table

__all__ = [
    "NDArray", "arange", "array", "concatenate", "empty", "eye", "from_numpy", "full", "linspace", "load",
    "load_frombuffer", "moveaxis", "ones", "save", "waitall", "zeros",
]  # fmt: skip


def _home(ctx: Context | None, operator: str | None = None) -> None:
    require_array_home(current_context() if ctx is None else Context(ctx), operator)


def _shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    made = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(d) for d in shape)
    if not made or 0 in made:
        raise MXNetError(f"Shape {made} has no elements: MXNet's legacy arrays have at least one")
    return made


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """A new array: float32 unless ``dtype`` is given or the source is an NDArray."""
    _home(ctx)
    if isinstance(source_array, NDArray):
        return NDArray(
            np.array(source_array._data, source_array._data.dtype if dtype is None else resolve_dtype(dtype))
        )
    return NDArray(np.array(source_array, resolve_dtype(dtype)))


def zeros(
    shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None, **kwargs: Any
) -> NDArray:
    """Zeros."""
    _home(ctx, "_zeros")
    return NDArray(np.zeros(_shape(shape), resolve_dtype(dtype)))


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """Ones."""
    _home(ctx, "_ones")
    return NDArray(np.ones(_shape(shape), resolve_dtype(dtype)))


def full(shape: Any, val: float, ctx: Context | None = None, dtype: Any = None, out: NDArray | None = None) -> NDArray:
    """One value everywhere."""
    _home(ctx, "_full")
    made = NDArray(np.full(_shape(shape), val, resolve_dtype(dtype)))
    return made if out is None else out._in_place(made)


def empty(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array of unspecified content (zeros)."""
    _home(ctx)
    return NDArray(np.zeros(_shape(shape), resolve_dtype(dtype)))


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Context | None = None,
    dtype: Any = None,
) -> NDArray:
    """Evenly spaced values."""
    _home(ctx, "_arange")
    begin, end = (0, start) if stop is None else (start, stop)
    return NDArray(np.repeat(np.arange(begin, end, step), repeat).astype(resolve_dtype(dtype)))


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None, dtype: Any = None
) -> NDArray:
    """``num`` values from start to stop."""
    _home(ctx, "_linspace")
    return NDArray(np.linspace(start, stop, num, endpoint=endpoint).astype(resolve_dtype(dtype)))


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """Ones on the k-th diagonal."""
    _home(ctx, "_eye")
    return NDArray(np.eye(N, M or N, k, dtype=resolve_dtype(dtype)))


def from_numpy(ndarray: npt.NDArray[Any], zero_copy: bool = True) -> NDArray:
    """An array over NumPy's memory; what NumPy writes there later is seen by the next forward."""
    if not zero_copy:
        return NDArray(ndarray.copy())
    if not ndarray.flags.c_contiguous:
        raise ValueError("Only c-contiguous arrays are supported for zero-copy")
    return NDArray(ndarray, Storage(foreign=True))


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Arrays joined along an axis."""
    if len(arrays) == 1:
        return arrays[0].copy() if always_copy else arrays[0]
    return NDArray(np.concatenate([each._data for each in arrays], axis))


def moveaxis(tensor: NDArray, source: Any, destination: Any) -> NDArray:
    """Axes moved to other places."""
    return NDArray(np.ascontiguousarray(np.moveaxis(tensor._data, source, destination)))


def waitall() -> None:
    """Everything is done when a call returns."""


def _wrap(value: files.Array) -> Any:
    if value is None:
        raise MXNetError("unknown storage type: -1")
    if isinstance(value, files.SparseArray):
        return NDArray(_dense(value))
    return NDArray(value)


def _dense(value: files.SparseArray) -> npt.NDArray[Any]:
    made = np.zeros(value.shape, value.data.dtype)
    if value.stype == "row_sparse":
        if value.aux[0].size:
            made[value.aux[0]] = value.data
        return made
    indptr, columns = value.aux
    for row in range(value.shape[0]) if columns.size else ():
        span = slice(indptr[row], indptr[row + 1])
        made[row, columns[span]] = value.data[span]
    return made


def _unpack(loaded: list[files.Array] | dict[str, files.Array]) -> Any:
    if isinstance(loaded, dict):
        return {name: _wrap(value) for name, value in loaded.items()}
    return [_wrap(value) for value in loaded]


def load(fname: str | os.PathLike[str]) -> Any:
    """The arrays of a file: a dict where they are named, else a list."""
    if not isinstance(fname, (str, os.PathLike)):
        raise TypeError("fname required to be a string")
    return _unpack(files.load(fname))


def load_frombuffer(buf: bytes) -> Any:
    """The arrays in a file's bytes."""
    if not isinstance(buf, bytes):
        raise TypeError("buf required to be a string or bytes")
    return _unpack(files.loads(bytearray(buf)))


def save(fname: str | os.PathLike[str], data: Any) -> None:
    """Writes an array, a list, or a dict by name."""
    if isinstance(data, NDArray):
        data = [data]
    if isinstance(data, Mapping):
        files.save(fname, {name: value._data for name, value in data.items()})
    elif isinstance(data, (list, tuple)):
        files.save(fname, [value._data for value in data])
    else:
        raise TypeError("data needs to either be a NDArray, dict of str, NDArray pairs or a list of NDarrays.")


def _call(facts: table.Facts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    out = kwargs.pop("out", None)
    kwargs.pop("name", None)
    if "ctx" in kwargs:
        _home(kwargs.pop("ctx"), facts.name)
    inputs, named, params = namespace.split_arguments(facts, args, kwargs, lambda value: isinstance(value, NDArray))
    nullable = {key for key, each in facts.parameters.items() if each.nullable}
    params = {key: value for key, value in params.items() if value is not None or key in nullable}
    if facts.variadic and facts.variadic not in params:
        params[facts.variadic] = len(inputs)
    if named:
        texts = {key: table.format_value(value) for key, value in params.items()}
        order = facts.input_names(facts.parse(texts))
        given = dict(zip(order, inputs, strict=False)) | named
        inputs = [given[name] for name in order if name in given]
    return apply(facts.name, [each for each in inputs if each is not None], params, out)


class _Namespace(ModuleType):
    """Makes an operator's function when it is first asked for."""

    def __init__(self, name: str, part: str) -> None:
        super().__init__(name)
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        facts = namespace.operator_named(self._part, name) if not name.startswith("__") else None
        if facts is None:
            raise AttributeError(f"module 'mxnet.ndarray.{self._part}' has no attribute '{name}'")
        function = namespace.make_function(facts, name, _call)
        setattr(self, name, function)
        return function

    def __dir__(self) -> list[str]:
        return namespace.listing(self._part)


def __getattr__(name: str) -> Any:
    facts = namespace.operator_named("", name) if not name.startswith("__") else None
    if facts is None:
        raise AttributeError(f"module 'mxnet.ndarray' has no attribute '{name}'")
    function = namespace.make_function(facts, name, _call)
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *namespace.listing("")})


for _part in ("contrib", "linalg", "image", "sparse", "_internal", "op"):
    _module = _Namespace(f"{__name__}.{_part}", _part)
    sys.modules[_module.__name__] = globals()[_part] = _module
