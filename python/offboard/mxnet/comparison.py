"""Whether arrays agree, within tolerances that follow their types; for ``mx.test_utils``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "almost_equal", "assert_allclose", "assert_almost_equal", "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err", "assert_exception", "default_atols", "default_rtols", "effective_dtype", "get_atol",
    "get_etol", "get_rtol", "same", "same_array",
]  # fmt: skip

Tolerance: TypeAlias = "float | Mapping[Any, float] | None"

_EXACT = (np.bool_, np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64)


def default_rtols() -> dict[Any, float]:
    """The relative tolerance of each dtype."""
    return {np.dtype(np.float16): 1e-2, np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-5, **_exact()}


def default_atols() -> dict[Any, float]:
    """The absolute tolerance of each dtype."""
    return {np.dtype(np.float16): 1e-1, np.dtype(np.float32): 1e-3, np.dtype(np.float64): 1e-20, **_exact()}


def _exact() -> dict[Any, float]:
    return {np.dtype(kind): 0 for kind in _EXACT}


def get_rtol(rtol: float | None = None, dtype: Any = np.float64) -> float:
    """What is given, or the dtype's."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = np.float64) -> float:
    """What is given, or the dtype's."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """What is given, or 0: the share of elements that may disagree."""
    return 0 if etol is None else etol


def effective_dtype(dat: Any) -> np.dtype[Any]:
    """The dtype that tolerances follow."""
    made: np.dtype[Any] = np.dtype(dat.dtype)
    return made


def _tolerances(a: Any, b: Any, rtol: Tolerance, atol: Tolerance) -> tuple[float, float]:
    """The larger of both arrays' tolerances, as numbers or by dtype."""
    dtypes = [np.dtype(each.dtype) if hasattr(each, "dtype") else np.asarray(each).dtype for each in (a, b)]

    def chosen(given: Tolerance, defaults: dict[Any, float]) -> float:
        if isinstance(given, (int, float, np.generic)):
            return float(given)
        by_dtype = given or {}
        return max(by_dtype.get(dtype, defaults.get(dtype, 0)) for dtype in dtypes)

    return chosen(rtol, default_rtols()), chosen(atol, default_atols())


def same(a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
    """Whether shapes and elements are equal."""
    return np.array_equal(np.asarray(a), np.asarray(b))


def same_array(array1: Any, array2: Any) -> bool:
    """Whether two arrays share memory, found by writing to one for a moment."""
    array1[:] += 1
    shared = same(array1, array2)
    array1[:] -= 1
    return shared and same(array1, array2)


def almost_equal(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Whether arrays agree within tolerances (1e-5 of the value unless given)."""
    one, other = np.asarray(a), np.asarray(b)
    _require_shapes(one, other, use_broadcast)
    return np.allclose(one, other, rtol=get_rtol(rtol), atol=get_atol(atol), equal_nan=equal_nan)


def _require_shapes(a: Any, b: Any, use_broadcast: bool) -> None:
    if not use_broadcast and a.shape != b.shape:
        raise AssertionError(f"a.shape = {a.shape} and b.shape = {b.shape} are not equal")


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raises AssertionError, which says where the largest difference is, unless arrays agree within tolerances.

    Tolerances are numbers, or numbers by dtype; by default they follow the dtypes.
    """
    assert_almost_equal_with_err(a, b, rtol, atol, 0, names, equal_nan, mismatches, use_broadcast)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    etol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
    use_broadcast: bool = True,
) -> None:
    """:func:`assert_almost_equal`, but a share ``etol`` of the elements may disagree."""
    relative, absolute = _tolerances(a, b, rtol, atol)
    one, other = np.asarray(a), np.asarray(b)
    _require_shapes(one, other, use_broadcast)
    close = np.isclose(one, other, rtol=relative, atol=absolute, equal_nan=equal_nan)
    if 1 - np.count_nonzero(close) / max(close.size, 1) <= get_etol(etol):
        return
    one, other = np.broadcast_arrays(one.astype(np.float64), other.astype(np.float64))
    error = np.where(close, 0, np.abs(one - other) / (absolute + relative * np.abs(other) + 1e-30))
    place = np.unravel_index(int(np.nanargmax(error)), error.shape)
    raise AssertionError(
        f"Error {error[place]:f} exceeds tolerance rtol={relative:e}, atol={absolute:e} "
        f"(mismatch {100 * np.mean(~close):f}%).\nLocation of maximum error: {tuple(int(each) for each in place)}, "
        f"{names[0]}={one[place]:.8f}, {names[1]}={other[place]:.8f}"
    )


def assert_allclose(a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True) -> None:
    """:func:`assert_almost_equal` with NumPy's tolerances."""
    assert_almost_equal(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def assert_almost_equal_ignore_nan(
    a: Any, b: Any, rtol: Tolerance = None, atol: Tolerance = None, names: tuple[str, str] = ("a", "b")
) -> None:
    """:func:`assert_almost_equal` where neither is NaN."""
    one, other = np.array(a), np.array(b)
    unknown = np.isnan(one) | np.isnan(other)
    one[unknown] = other[unknown] = 0
    assert_almost_equal(one, other, rtol, atol, names)


def assert_exception(f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any) -> None:
    """Raises AssertionError unless a call raises an error of a type."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{exception_type.__name__} was not raised")
