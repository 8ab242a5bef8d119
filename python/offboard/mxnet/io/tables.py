"""Iterators over tables in text files: CSV and LibSVM."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet.io.rows import MXDataIter
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.ndarray.sparse import csr_matrix

__all__ = ["CSVIter", "LibSVMIter", "dims", "lines"]

_CSV_DTYPES = ("float32", "int32", "int64")


def dims(shape: Any) -> tuple[int, ...]:
    """A shape given as a number or a sequence."""
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(d) for d in shape)


def lines(path: str | os.PathLike[str]) -> list[str]:
    """The lines of a text file that are not blank; raises MXNetError when it is not there."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return [line for line in file.read().splitlines() if line.strip()]
    except OSError:
        raise MXNetError(f"Cannot find any files that matches the URI pattern {path}") from None


def _table(path: str | os.PathLike[str], shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """The rows of a CSV file as (rows, *shape); raises MXNetError for rows of another size."""
    size = int(np.prod(shape, dtype=np.int64))
    rows = list(csv.reader(lines(path)))
    for number, row in enumerate(rows):
        if len(row) != size:
            raise MXNetError(
                "The data size in CSV do not match size of shape: "
                f"specified shape={list(shape)}, the csv row-length={len(row)} (row {number} of {path})"
            )
    try:
        return np.array(rows, np.float64 if dtype == "float32" else dtype).astype(dtype).reshape(-1, *shape)
    except ValueError as error:
        raise MXNetError(f"{path} is no table of numbers: {error}") from None


class CSVIter(MXDataIter):
    """Rows of a CSV file of numbers, and labels of another one (0 without it).

    Args:
        data_csv: the file; each row holds the elements of ``data_shape``.
        data_shape: the shape of a row.
        label_csv: the file of labels.
        label_shape: the shape of a row's label; (1,) gives labels of one dimension.
        batch_size: rows a batch.
        round_batch: whether the last batch is filled from the start.
        dtype: float32, int32 or int64.
        data_name: the name of the data.
        label_name: the name of the labels.
        kwargs: ``prefetch_buffer`` and other settings without effect here.
    """

    def __init__(
        self,
        data_csv: str | os.PathLike[str] | None = None,
        data_shape: Any = None,
        label_csv: str | os.PathLike[str] | None = None,
        label_shape: Any = (1,),
        batch_size: int | None = None,
        round_batch: bool = True,
        dtype: str | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **kwargs: Any,
    ) -> None:
        for name, value in (("data_csv", data_csv), ("data_shape", data_shape), ("batch_size", batch_size)):
            if value is None:
                raise MXNetError(f"Required parameter {name} is not presented, in CSVIter")
        wanted = "float32" if dtype is None else np.dtype(dtype).name
        if wanted not in _CSV_DTYPES:
            raise MXNetError(f"{wanted} is not supported for CSVIter")
        assert data_csv is not None
        assert batch_size is not None
        self._table = _table(data_csv, dims(data_shape), wanted)
        label_dims = dims(label_shape)
        if label_csv is None:
            self._labels: npt.NDArray[Any] = np.zeros((len(self._table), *label_dims), wanted)
        else:
            self._labels = _table(label_csv, label_dims, wanted)
        if label_dims == (1,):
            self._labels = self._labels.reshape(-1)
        if len(self._labels) < len(self._table):
            raise MXNetError(f"{label_csv} holds {len(self._labels)} labels for {len(self._table)} rows")
        super().__init__(len(self._table), batch_size, data_name, label_name, round_batch=round_batch)

    def _shapes(self) -> Sequence[tuple[tuple[int, ...], Any]]:
        return [(each.shape[1:], each.dtype.type) for each in (self._table, self._labels)]

    def _picked(self, part: int, rows: npt.NDArray[np.int64]) -> NDArray:
        return NDArray((self._table, self._labels)[part][rows])


def _sparse_rows(path: str | os.PathLike[str], width: int) -> tuple[npt.NDArray[Any], list[list[tuple[int, float]]]]:
    """Labels and (column, value) pairs of the rows of a LibSVM file."""
    labels, rows = [], []
    for number, line in enumerate(lines(path)):
        first, *rest = line.split("#", 1)[0].split()
        try:
            labels.append([float(each) for each in first.split(",")])
            pairs = [(int(column), float(value)) for column, value in (each.split(":") for each in rest)]
        except ValueError:
            raise MXNetError(f"row {number} of {path} is not of the form LABEL COLUMN:VALUE ...") from None
        if any(not 0 <= column < width for column, _ in pairs):
            raise MXNetError(f"row {number} of {path} has a column beyond the {width} of its shape")
        rows.append(pairs)
    return np.array(labels, np.float32), rows


class LibSVMIter(MXDataIter):
    """Rows of a LibSVM file as csr arrays, with its labels or those of another LibSVM file.

    Columns count from 0. A batch that is not full is filled from the start.
    """

    def __init__(
        self,
        data_libsvm: str | os.PathLike[str],
        data_shape: Any,
        batch_size: int,
        label_libsvm: str | os.PathLike[str] | None = None,
        label_shape: Any = (1,),
        round_batch: bool = True,
        data_name: str = "data",
        label_name: str = "softmax_label",
        num_parts: int = 1,
        part_index: int = 0,
        **kwargs: Any,
    ) -> None:
        if not round_batch:
            raise MXNetError("sparse batch loader doesn't support round_batch == false yet")
        (self._width,) = dims(data_shape)
        (self._label_width,) = dims(label_shape)
        self._labels, self._data_rows = _sparse_rows(data_libsvm, self._width)
        self._label_rows = None if label_libsvm is None else _sparse_rows(label_libsvm, self._label_width)[1]
        if self._label_rows is None and self._labels.shape[1:] != (self._label_width,):
            raise MXNetError(f"{data_libsvm} has {self._labels.shape[1:]} labels a row, not {self._label_width}")
        per_part = -(-len(self._data_rows) // num_parts)
        self._first = min(part_index * per_part, len(self._data_rows))
        count = min(per_part, len(self._data_rows) - self._first)
        super().__init__(count, batch_size, data_name, label_name)

    def _shapes(self) -> Sequence[tuple[tuple[int, ...], Any]]:
        label = () if self._label_rows is None and self._label_width == 1 else (self._label_width,)
        return [((self._width,), np.float32), (label, np.float32)]

    def _picked(self, part: int, rows: npt.NDArray[np.int64]) -> NDArray:
        source, width = (self._data_rows, self._width) if part == 0 else (self._label_rows, self._label_width)
        numbers = rows + self._first
        if source is None:
            labels = self._labels[numbers]
            return NDArray(labels.reshape(-1) if self._label_width == 1 else labels)
        picked = [sorted(source[number]) for number in numbers]
        indptr = np.cumsum([0, *(len(each) for each in picked)])
        flat = [pair for each in picked for pair in each]
        values, columns = [value for _, value in flat], [column for column, _ in flat]
        return csr_matrix((values, columns, indptr), shape=(len(picked), width))
