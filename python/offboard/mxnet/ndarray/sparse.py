"""Sparse storage: ``row_sparse`` and ``csr`` arrays, which load, save, convert and slice.

In operators they count as dense arrays, and what operators make is dense: the numbers are MXNet's, the storage of
results is not always.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.graph import params
from offboard.mxnet.context import Context
from offboard.mxnet.ndarray import functions
from offboard.mxnet.ndarray.creation import home
from offboard.mxnet.ndarray.creation import zeros as dense_zeros
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype
from offboard.mxnet.ndarray.operators import named
from offboard.mxnet.ndarray.sparse_storage import (
    INDEX,
    BaseSparseNDArray,
    CSRNDArray,
    RowSparseNDArray,
    cast_storage,
    compressed,
)

__all__ = [
    "BaseSparseNDArray", "CSRNDArray", "RowSparseNDArray", "add", "array", "cast_storage", "csr_matrix", "divide",
    "empty", "from_file", "multiply", "retain", "row_sparse_array", "subtract", "to_file", "zeros", "zeros_like",
]  # fmt: skip


def zeros_like(data: NDArray) -> NDArray:
    """Zeros in an array's shape, dtype and storage."""
    made: NDArray = zeros(data.stype, data.shape, dtype=data.dtype)
    return made


def _plain(value: Any, dtype: Any = None) -> npt.NDArray[Any]:
    """Values as NumPy: what has a dtype keeps it, lists are float32."""
    if isinstance(value, NDArray):
        value = value.asnumpy()
    keeps = isinstance(value, (np.ndarray, np.generic))
    wanted = np.asarray(value).dtype if dtype is None and keeps else resolve_dtype(dtype)
    made: npt.NDArray[Any] = np.array(value).astype(wanted)
    return made


def _indices(value: Any) -> npt.NDArray[Any]:
    return _plain(value, INDEX)


def _is_scipy(value: Any) -> bool:
    return type(value).__module__.startswith("scipy.sparse")


def csr_matrix(
    arg1: Any, shape: tuple[int, int] | None = None, ctx: Context | None = None, dtype: Any = None
) -> CSRNDArray:
    """A csr array of a dense one, of (data, indices, indptr), of (data, (row, column)), or empty of a shape.

    Raises ValueError when ``shape`` is not what the array has.
    """
    home(ctx)
    if isinstance(arg1, tuple) and len(arg1) == 3:
        return _of_parts(*arg1, shape, dtype)
    if isinstance(arg1, tuple) and len(arg1) == 2 and all(isinstance(each, (int, np.integer)) for each in arg1):
        empty_shape = (int(arg1[0]), int(arg1[1]))
        _require_shape(empty_shape, shape)
        return cast(CSRNDArray, zeros("csr", empty_shape, dtype=dtype))
    if isinstance(arg1, tuple) and len(arg1) == 2:
        row, column = arg1[1]
        return _of_coordinates(arg1[0], row, column, shape, dtype)
    if isinstance(arg1, tuple):
        raise ValueError(f"Unexpected length of input tuple: {len(arg1)}")
    if _is_scipy(arg1):
        matrix = arg1.tocsr().sorted_indices()
        return _of_parts(matrix.data, matrix.indices, matrix.indptr, shape or matrix.shape, dtype)
    if isinstance(arg1, RowSparseNDArray):
        raise ValueError(f"Unexpected input type: {type(arg1)}")
    made = arg1.copy() if isinstance(arg1, CSRNDArray) else compressed(_dense(arg1, dtype, 2))
    _require_shape(made.shape, shape)
    return cast(CSRNDArray, made.astype(made.dtype if dtype is None else dtype))


def _dense(value: Any, dtype: Any, ndim: int | None = None) -> npt.NDArray[Any]:
    try:
        made = _plain(value, dtype)
    except (ValueError, TypeError) as error:
        raise ValueError(f"a sparse array cannot be made of {type(value)}: {error}") from None
    if ndim is not None and made.ndim != ndim:
        raise ValueError(f"a csr array has two dimensions, not the shape {made.shape}")
    return made


def _require_shape(own: tuple[int, ...], wanted: Any) -> None:
    if wanted is not None and tuple(wanted) != tuple(own):
        raise ValueError(f"Shape mismatch detected. {tuple(own)} v.s. {tuple(wanted)}")


def _of_parts(data: Any, indices: Any, indptr: Any, shape: Any, dtype: Any) -> CSRNDArray:
    columns, starts = _indices(indices), _indices(indptr)
    if shape is None:
        if not columns.size:
            raise ValueError("invalid shape")
        shape = (len(starts) - 1, int(columns.max()) + 1)
    return CSRNDArray((int(shape[0]), int(shape[1])), _plain(data, dtype), (starts, columns))


def _of_coordinates(data: Any, row: Any, column: Any, shape: Any, dtype: Any) -> CSRNDArray:
    values, rows, columns = _plain(data, dtype), _indices(row), _indices(column)
    if shape is None:
        shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    order = np.lexsort((columns, rows))
    indptr = np.zeros(int(shape[0]) + 1, INDEX)
    np.cumsum(np.bincount(rows, minlength=int(shape[0])), out=indptr[1:])
    return CSRNDArray((int(shape[0]), int(shape[1])), values[order], (indptr, columns[order]))


def row_sparse_array(
    arg1: Any, shape: tuple[int, ...] | None = None, ctx: Context | None = None, dtype: Any = None
) -> RowSparseNDArray:
    """A row_sparse array of a dense one, of (data, indices), or empty of a shape."""
    home(ctx)
    if isinstance(arg1, tuple):
        if len(arg1) < 2:
            raise ValueError(f"Unexpected length of input tuple: {len(arg1)}")
        if len(arg1) > 2 or isinstance(arg1[0], (int, np.integer)):
            _require_shape(arg1, shape)
            return cast(RowSparseNDArray, zeros("row_sparse", arg1, dtype=dtype))
        values, rows = _plain(arg1[0], dtype), _indices(arg1[1])
        if shape is None:
            if not rows.size:
                raise ValueError("invalid shape")
            shape = (int(rows.max()) + 1, *values.shape[1:])
        order = np.argsort(rows)
        return RowSparseNDArray(tuple(int(d) for d in shape), values[order], (rows[order],))
    if isinstance(arg1, CSRNDArray):
        raise ValueError(f"Unexpected input type: {type(arg1)}")
    source = arg1 if isinstance(arg1, NDArray) else NDArray(_dense(arg1, dtype))
    _require_shape(source.shape, shape)
    made = cast_storage(source, "row_sparse")
    return cast(RowSparseNDArray, made.astype(made.dtype if dtype is None else dtype))


def zeros(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> Any:
    """Zeros in storage ``stype``."""
    home(ctx)
    if stype == "default":
        return dense_zeros(shape, ctx, dtype, **kwargs)
    dims = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(d) for d in shape)
    wanted = resolve_dtype(dtype)
    if stype == "row_sparse":
        return RowSparseNDArray(dims, np.zeros((0, *dims[1:]), wanted), (np.zeros(0, INDEX),))
    if stype == "csr":
        aux = (np.zeros(dims[0] + 1, INDEX), np.zeros(0, INDEX))
        return CSRNDArray(dims, np.zeros(0, wanted), aux)
    raise ValueError(f"unknown storage type: {stype}")


def empty(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None) -> Any:
    """Zeros in storage ``stype``."""
    return zeros(stype, shape, ctx, dtype)


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> Any:
    """A copy of a sparse array, or of a SciPy csr matrix."""
    home(ctx)
    if isinstance(source_array, CSRNDArray) or _is_scipy(source_array):
        return csr_matrix(source_array, dtype=dtype)
    if isinstance(source_array, RowSparseNDArray):
        return row_sparse_array(source_array, dtype=dtype)
    if isinstance(source_array, (NDArray, np.ndarray)):
        raise ValueError("Please use mx.nd.array to create an NDArray with a dense source array")
    raise ValueError(f"Unexpected source_array type: {type(source_array)}")


def retain(data: RowSparseNDArray, indices: NDArray, out: Any = None, name: str | None = None) -> RowSparseNDArray:
    """Only the rows of ``data`` with these numbers; others become 0."""
    if not isinstance(data, RowSparseNDArray):
        raise MXNetError("sparse.retain takes a row_sparse array")
    made = data.retain(indices)
    if out is None:
        return made
    out[:] = made
    return cast(RowSparseNDArray, out)


add = functions.arithmetic_function("add")
subtract = functions.arithmetic_function("subtract")
multiply = functions.arithmetic_function("multiply")
divide = functions.arithmetic_function("divide")


def from_file(stored: params.SparseArray) -> BaseSparseNDArray:
    """The array of a file's entry."""
    kind = RowSparseNDArray if stored.stype == "row_sparse" else CSRNDArray
    return kind(stored.shape, stored.data, tuple(each.astype(INDEX) for each in stored.aux))


def to_file(value: NDArray) -> params.Array:
    """A file's entry of an array."""
    if isinstance(value, BaseSparseNDArray):
        return params.SparseArray(value.stype, value.shape, value._values, value._aux)
    return value._data


def __getattr__(name: str) -> Any:
    """``mx.nd.sparse.dot`` and its like: operators of the table."""
    function = named("sparse", name)
    if function is None:
        raise AttributeError(f"module 'mxnet.ndarray.sparse' has no attribute '{name}'")
    return function
