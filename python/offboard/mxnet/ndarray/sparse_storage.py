"""The storage types ``row_sparse`` and ``csr``: what they store, how they slice, and the casts between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet.base import NotSupportedForSparseNDArray
from offboard.mxnet.context import Context
from offboard.mxnet.ndarray.ndarray import NDArray, Storage, resolve_dtype
from offboard.operators import table

__all__ = ["INDEX", "BaseSparseNDArray", "CSRNDArray", "RowSparseNDArray", "cast_storage", "compressed"]

# The dtype of indices.
INDEX = np.dtype(np.int64)


class BaseSparseNDArray(NDArray):
    """An array of which only some elements are stored; the others are 0."""

    __slots__ = ("_aux", "_shape", "_values")
    _stype = ""

    def __init__(self, shape: tuple[int, ...], values: npt.NDArray[Any], aux: tuple[npt.NDArray[Any], ...]) -> None:
        self._storage = Storage()
        self._home = None
        self._set(shape, values, aux)

    def _set(self, shape: tuple[int, ...], values: npt.NDArray[Any], aux: tuple[npt.NDArray[Any], ...]) -> None:
        self._shape, self._values, self._aux = shape, values, aux
        self.check_format()

    @property
    def _data(self) -> npt.NDArray[Any]:  # type: ignore[override]
        """All elements, the zeros too."""
        return self._dense()

    def _dense(self) -> npt.NDArray[Any]:
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions, as if dense."""
        return self._shape

    @property
    def dtype(self) -> Any:
        """The NumPy scalar type of the values."""
        return self._values.dtype.type

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """Number of elements, the zeros too."""
        return int(np.prod(self._shape, dtype=np.int64))

    @property
    def stype(self) -> str:
        """``row_sparse`` or ``csr``."""
        return self._stype

    @property
    def data(self) -> NDArray:
        """The stored values, copied."""
        return NDArray(self._values.copy())

    def __repr__(self) -> str:
        shape = "x".join(str(d) for d in self.shape)
        return f"\n<{type(self).__name__} {shape} @{self.context}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._shape, self._values, self._aux)

    def asnumpy(self) -> npt.NDArray[Any]:
        """All elements as a dense NumPy array."""
        return self._data

    def check_format(self, full_check: bool = True) -> None:
        """Raises MXNetError when indices do not fit the shape or are not in order."""
        raise NotImplementedError

    def _like(self, values: npt.NDArray[Any]) -> Any:
        return type(self)(self._shape, values, tuple(each.copy() for each in self._aux))

    def tostype(self, stype: str) -> Any:
        """A copy in the same storage, or a dense one; raises ValueError between row_sparse and csr."""
        if stype not in ("default", self._stype):
            raise ValueError(f"cast_storage from {self._stype} to {stype} is not supported")
        return cast_storage(self, stype)

    def copy(self) -> Any:
        """An array of its own memory, in the same storage."""
        return self._like(self._values.copy())

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Another dtype, in the same storage."""
        wanted = resolve_dtype(dtype)
        return self if wanted == self._values.dtype and not copy else self._like(self._values.astype(wanted))

    def copyto(self, other: NDArray | Context) -> Any:
        """Copies to a new array on a context, or into another array in that one's storage."""
        if isinstance(other, BaseSparseNDArray) and other is not self:
            if other.shape != self.shape:
                raise MXNetError(f"Incompatible attr in node  at 0-th output: expected {self.shape}, got {other.shape}")
            other[:] = self
            return other
        return super().copyto(other)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not (key is Ellipsis or (isinstance(key, slice) and key == slice(None))):
            raise ValueError(f"{type(self).__name__} only supports [:] for assignment")
        if isinstance(value, (int, float, np.generic)):
            if self._stype == "csr":
                raise ValueError("Assigning numeric types to CSRNDArray is not implemented yet.")
            value = np.full(self._shape, value, self._values.dtype)
        given = value if isinstance(value, NDArray) else NDArray(np.asarray(value))
        if given.shape != self._shape:
            raise MXNetError(f"Incompatible attr in node  at 0-th output: expected {given.shape}, got {self._shape}")
        made = cast_storage(given, self._stype).astype(self._values.dtype)
        self._set(self._shape, made._values, made._aux)
        self._storage.version += 1

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """Refused: the storage has no other shape."""
        raise NotSupportedForSparseNDArray(self.reshape, None, *shape)


class RowSparseNDArray(BaseSparseNDArray):
    """Some rows are stored, in the order of their indices."""

    __slots__ = ()
    _stype = "row_sparse"

    @property
    def indices(self) -> NDArray:
        """The numbers of the stored rows, int64."""
        return NDArray(self._aux[0].copy())

    def _dense(self) -> npt.NDArray[Any]:
        made = np.zeros(self._shape, self._values.dtype)
        made[self._aux[0]] = self._values
        return made

    def check_format(self, full_check: bool = True) -> None:
        """Raises MXNetError unless there is a row of values for each index and indices rise within the shape."""
        (rows,) = self._aux
        if self._values.shape != (len(rows), *self._shape[1:]):
            raise MXNetError(f"row_sparse values of shape {self._values.shape} for {len(rows)} rows of {self._shape}")
        if full_check and len(rows) and (rows[0] < 0 or rows[-1] >= self._shape[0] or (np.diff(rows) <= 0).any()):
            raise MXNetError(f"row_sparse indices must rise from 0 to below {self._shape[0]}")

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, slice) or key != slice(None):
            raise ValueError("RowSparseNDArray only supports [:] for __getitem__")
        return self

    def retain(self, indices: NDArray) -> RowSparseNDArray:
        """Only the rows with these numbers; others become 0."""
        kept = np.isin(self._aux[0], indices._data.astype(INDEX))
        return RowSparseNDArray(self._shape, self._values[kept], (self._aux[0][kept],))


class CSRNDArray(BaseSparseNDArray):
    """A matrix in compressed rows: the elements of row i are ``data[indptr[i]:indptr[i + 1]]`` at ``indices``."""

    __slots__ = ()
    _stype = "csr"

    @property
    def indptr(self) -> NDArray:
        """Where rows begin in the values, int64, one more than rows."""
        return NDArray(self._aux[0].copy())

    @property
    def indices(self) -> NDArray:
        """Columns of the values, int64."""
        return NDArray(self._aux[1].copy())

    @property
    def _rows(self) -> npt.NDArray[Any]:
        return np.repeat(np.arange(self._shape[0]), np.diff(self._aux[0]))

    def _dense(self) -> npt.NDArray[Any]:
        made = np.zeros(self._shape, self._values.dtype)
        made[self._rows, self._aux[1]] = self._values
        return made

    def check_format(self, full_check: bool = True) -> None:
        """Raises MXNetError unless indptr and indices describe the values within the shape."""
        if len(self._shape) != 2:
            raise MXNetError(f"a csr array has two dimensions, not {self._shape}")
        indptr, columns = self._aux
        if not indptr.size and not columns.size:
            # The file of an empty csr array holds no indptr.
            indptr = np.zeros(self._shape[0] + 1, INDEX)
            self._aux = (indptr, columns)
        fits = len(indptr) == self._shape[0] + 1 and indptr[0] == 0 and indptr[-1] == len(columns) == len(self._values)
        if not fits or (full_check and (np.diff(indptr) < 0).any()):
            raise MXNetError(f"csr indptr must rise from 0 to {len(self._values)} in {self._shape[0] + 1} steps")
        if full_check and len(columns) and (columns.min() < 0 or columns.max() >= self._shape[1]):
            raise MXNetError(f"csr indices must be from 0 to below {self._shape[1]}")

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (int, np.integer)):
            index = int(key) + (self._shape[0] if key < 0 else 0)
            if not 0 <= index < self._shape[0]:
                raise IndexError(f"index {key} is out of bounds for {self._shape[0]} rows")
            return self._sliced(index, index + 1)
        if isinstance(key, slice):
            start, stop, step = key.indices(self._shape[0])
            if step != 1:
                raise ValueError("CSRNDArray only supports continuous slicing on axis 0")
            if key.start is None and key.stop is None:
                return self
            return self._sliced(start, stop)
        if isinstance(key, tuple):
            raise ValueError("Multi-dimension indexing is not supported for CSRNDArray")
        raise ValueError(f"Undefined behaviour for {key}")

    def _sliced(self, start: int, stop: int) -> CSRNDArray:
        if stop <= start:
            raise MXNetError(f"the slice of rows {start} to {stop} is empty")
        indptr = self._aux[0]
        span = slice(indptr[start], indptr[stop])
        aux = (indptr[start : stop + 1] - indptr[start], self._aux[1][span].copy())
        return CSRNDArray((stop - start, self._shape[1]), self._values[span].copy(), aux)

    def asscipy(self) -> Any:
        """A ``scipy.sparse.csr_matrix`` of the same elements; needs SciPy."""
        from scipy.sparse import csr_matrix as scipy_csr

        return scipy_csr((self._values.copy(), self._aux[1].copy(), self._aux[0].copy()), shape=self._shape)


def cast_storage(data: NDArray, stype: str, out: NDArray | None = None) -> Any:
    """The same elements in storage ``stype``: a copy."""
    table.find("cast_storage").parse({"stype": stype})
    if stype == "default":
        made: NDArray = NDArray(np.array(data._data))
    elif stype == data.stype:
        made = data.copy()
    elif stype == "csr":
        if data.ndim != 2:
            raise MXNetError(f"cast_storage to csr takes a matrix, not an array of shape {data.shape}")
        made = compressed(data._data)
    else:
        values = data._data
        rows = np.flatnonzero(values.reshape(len(values), -1).any(1)).astype(INDEX)
        made = RowSparseNDArray(data.shape, values[rows], (rows,))
    if out is None:
        return made
    out[:] = made
    return out


def compressed(values: npt.NDArray[Any]) -> CSRNDArray:
    """The csr array of a dense matrix."""
    rows, columns = np.nonzero(values)
    indptr = np.zeros(len(values) + 1, INDEX)
    np.cumsum(np.bincount(rows, minlength=len(values)), out=indptr[1:])
    return CSRNDArray(values.shape, values[rows, columns], (indptr, columns.astype(INDEX)))
