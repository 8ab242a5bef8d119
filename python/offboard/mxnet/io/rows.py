"""Batches of rows that a file holds: what CSVIter, LibSVMIter, MNISTIter and ImageRecordIter have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.mxnet.io.batch import DataBatch, DataDesc, DataIter
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["MXDataIter"]


class MXDataIter(DataIter):
    """Rows in batches as MXNet's own iterators make them.

    With ``round_batch`` the last batch is filled from the start, and the next epoch begins behind what filled it.
    Without, the rows that a batch lacks are those of the batch before.
    """

    def __init__(
        self,
        count: int,
        batch_size: int,
        data_name: str = "data",
        label_name: str = "softmax_label",
        *,
        round_batch: bool = True,
    ) -> None:
        super().__init__(int(batch_size))
        self._count, self._round = count, bool(round_batch)
        self._names = data_name, label_name
        self._next = 0
        self._overflow = 0
        self._rows: npt.NDArray[np.int64] = np.zeros(self.batch_size, np.int64)
        self._pad = 0
        self._order = np.arange(count)

    def _picked(self, part: int, rows: npt.NDArray[np.int64]) -> NDArray:
        """Data (part 0) or labels (part 1) of rows."""
        raise NotImplementedError

    def _shapes(self) -> Sequence[tuple[tuple[int, ...], Any]]:
        """Shape of a row and dtype, of data and of labels."""
        raise NotImplementedError

    def _describe(self, part: int) -> list[DataDesc]:
        shape, dtype = self._shapes()[part]
        return [DataDesc(self._names[part], (self.batch_size, *shape), dtype)]

    @property
    def provide_data(self) -> list[DataDesc]:
        """The description of the data."""
        return self._describe(0)

    @property
    def provide_label(self) -> list[DataDesc]:
        """The description of the labels."""
        return self._describe(1)

    def reset(self) -> None:
        """Starts again, behind the rows that filled the last batch."""
        self._next = self._overflow if self._round else 0
        self._overflow = 0

    def iter_next(self) -> bool:
        """Steps to the next batch; false after the last."""
        if self._next >= self._count:
            return False
        rows = np.arange(self._next, self._next + self.batch_size)
        self._next += self.batch_size
        self._pad = max(self._next - self._count, 0)
        if self._round:
            self._overflow = self._pad % self._count
            rows = rows % self._count
        else:
            rows = np.where(rows < self._count, rows, self._rows)
        self._rows = rows
        return True

    def next(self) -> DataBatch:
        """The next batch; raises StopIteration after the last."""
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def getdata(self) -> list[NDArray]:
        """The array of the current batch."""
        return [self._picked(0, self._order[self._rows])]

    def getlabel(self) -> list[NDArray]:
        """The labels of the current batch."""
        return [self._picked(1, self._order[self._rows])]

    def getindex(self) -> npt.NDArray[np.uint64]:
        """The numbers of the rows."""
        return self._order[self._rows].astype(np.uint64)

    def getpad(self) -> int:
        """How many last rows only fill the batch up."""
        return self._pad
