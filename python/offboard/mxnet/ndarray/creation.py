"""New arrays: of values, of one value, of ranges, over memory of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet.context import Context, current_context, require_array_home
from offboard.mxnet.ndarray.ndarray import NDArray, Storage, apply, elsewhere, resolve_dtype

__all__ = [
    "arange", "array", "empty", "eye", "from_dlpack", "from_numpy", "full", "home", "legacy_shape", "linspace", "ones",
    "zeros",
]  # fmt: skip


def home(ctx: Context | None, operator: str | None = None) -> Context | None:
    """``ctx``, or the current context, as arrays keep it; raises MXNetError unless arrays can live there."""
    context = current_context() if ctx is None else Context(ctx)
    require_array_home(context, operator)
    return elsewhere(context)


def legacy_shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    """A shape of plain integers; raises MXNetError for one without elements."""
    given = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if not all(isinstance(each, (int, np.integer)) for each in given):
        raise MXNetError(f"Invalid Parameter format for shape expect Shape(tuple) but value='{given}'")
    made = tuple(int(each) for each in given)
    if not made or any(d < 1 for d in made):
        raise MXNetError(f"Shape {made} has no elements: MXNet's legacy arrays have at least one")
    return made


def _refuse_unknown(operator: str, kwargs: dict[str, Any]) -> None:
    for key in kwargs:
        # A name, and attributes between underscores, are for symbols.
        if key not in ("name", "out") and not (key.startswith("__") and key.endswith("__")):
            raise MXNetError(f"Cannot find argument '{key}', Possible Arguments: shape, ctx, dtype, in {operator}")


def _filled(
    operator: str, value: float, shape: Any, ctx: Context | None, dtype: Any, kwargs: dict[str, Any]
) -> NDArray:
    place = home(ctx, operator)
    _refuse_unknown(operator, kwargs)
    made = NDArray(np.full(legacy_shape(shape), value, resolve_dtype(dtype)), home=place)
    out: NDArray | None = kwargs.get("out")
    if out is None:
        return made
    out[:] = made
    return out


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """A new array: float32 unless ``dtype`` is given or the source is an NDArray."""
    place = home(ctx)
    if isinstance(source_array, NDArray):
        if source_array.stype != "default":
            return source_array.astype(source_array.dtype if dtype is None else dtype)
        return NDArray(
            np.array(source_array._data, source_array._data.dtype if dtype is None else resolve_dtype(dtype)),
            home=place,
        )
    wanted = resolve_dtype(dtype)
    if not isinstance(source_array, np.ndarray):
        try:
            source_array = np.array(source_array, dtype=None if wanted.kind in "iu" else wanted)
        except (ValueError, TypeError) as error:
            raise TypeError(f"source_array must be array like object ({error})") from None
        if source_array.dtype.kind not in "biufV":
            raise TypeError(f"source_array must be array like object, not {source_array.dtype}")
    return NDArray(np.array(source_array.astype(wanted), order="C"), home=place)


def zeros(
    shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None, **kwargs: Any
) -> NDArray:
    """Zeros; ``stype`` may be ``row_sparse`` or ``csr``."""
    if stype not in (None, "default"):
        from offboard.mxnet.ndarray import sparse

        made: NDArray = sparse.zeros(str(stype), shape, ctx, dtype, **kwargs)
        return made
    return _filled("_zeros", 0, shape, ctx, dtype, kwargs)


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """Ones."""
    return _filled("_ones", 1, shape, ctx, dtype, kwargs)


def full(
    shape: Any, val: float, ctx: Context | None = None, dtype: Any = np.float32, out: NDArray | None = None
) -> NDArray:
    """One value everywhere."""
    return _filled("_full", val, shape, ctx, dtype, {"out": out})


def empty(shape: Any, ctx: Context | None = None, dtype: Any = None, stype: str | None = None) -> NDArray:
    """An array of unspecified content (zeros)."""
    return zeros(shape, ctx, dtype, stype)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Context | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Evenly spaced values."""
    place = home(ctx, "_arange")
    given = {"start": start, "stop": stop, "step": step, "repeat": repeat, "dtype": resolve_dtype(dtype).name}
    made: NDArray = apply("_arange", [], given)
    made._home = place
    return made


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None, dtype: Any = np.float32
) -> NDArray:
    """``num`` values from start to stop."""
    place = home(ctx, "_linspace")
    given = {"start": start, "stop": stop, "num": num, "endpoint": endpoint, "dtype": resolve_dtype(dtype).name}
    made: NDArray = apply("_linspace", [], given)
    made._home = place
    return made


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """Ones on the k-th diagonal."""
    place = home(ctx, "_eye")
    made: NDArray = apply("_eye", [], {"N": N, "M": M, "k": k, "dtype": resolve_dtype(dtype).name}, kwargs.get("out"))
    made._home = place
    return made


def from_numpy(ndarray: npt.NDArray[Any], zero_copy: bool = True, array_cls: type[NDArray] = NDArray) -> NDArray:
    """An array over NumPy's memory, read-only for NumPy from then on unless it is copied."""
    if not zero_copy:
        return array_cls(np.array(ndarray, order="C"))
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy takes a NumPy array, not {type(ndarray)}")
    if not ndarray.flags.c_contiguous:
        raise ValueError("Only c-contiguous arrays are supported for zero-copy")
    return array_cls(ndarray, Storage(foreign=True))


class _Capsule:
    """A DLPack capsule as an object that NumPy takes."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def from_dlpack(dlpack: Any) -> NDArray:
    """An array over the memory of a DLPack capsule, or of an object that gives one."""
    data = np.from_dlpack(dlpack if hasattr(dlpack, "__dlpack__") else _Capsule(dlpack))
    if not data.flags.c_contiguous:
        data = np.ascontiguousarray(data)
    return NDArray(data, Storage(foreign=True))
