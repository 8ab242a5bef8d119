"""Batches, their descriptions, and what all iterators have in common."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["DataBatch", "DataDesc", "DataIter"]


class DataDesc(namedtuple("DataDesc", ["name", "shape"])):
    """Name and shape of an input, with its dtype and layout."""

    dtype: Any
    layout: str | None

    def __new__(cls, name: str, shape: Any, dtype: Any = np.float32, layout: str | None = "NCHW") -> DataDesc:
        """As in MXNet: a (name, shape) pair with two attributes."""
        made = super().__new__(cls, name, tuple(int(d) for d in shape))
        made.dtype, made.layout = dtype, layout
        return made

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @classmethod
    def of(cls, given: Any) -> DataDesc:
        """A description from one, or from a (name, shape[, dtype]) tuple."""
        return given if isinstance(given, cls) else cls(*given)

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Where the batch stands in a layout."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(shapes: Sequence[tuple[str, Any]], types: Sequence[tuple[str, Any]] | None) -> list[DataDesc]:
        """Descriptions of (name, shape) pairs, with dtypes of (name, dtype) pairs."""
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        dtypes = dict(types)
        return [DataDesc(name, shape, dtypes[name]) for name, shape in shapes]


class DataBatch:
    """Arrays of one batch; ``pad`` is how many of its last rows only fill it up."""

    def __init__(
        self,
        data: Sequence[NDArray],
        label: Sequence[NDArray] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Any = None,
        provide_label: Any = None,
    ) -> None:
        if data is not None:
            assert isinstance(data, (list, tuple)), "Data must be list of NDArrays"
        if label is not None:
            assert isinstance(label, (list, tuple)), "Label must be list of NDArrays"
        self.data, self.label, self.pad, self.index = data, label, pad, index
        self.bucket_key, self.provide_data, self.provide_label = bucket_key, provide_data, provide_label

    def __str__(self) -> str:
        labels = [each.shape for each in self.label] if self.label else None
        return f"DataBatch: data shapes: {[each.shape for each in self.data]} label shapes: {labels}"


class DataIter:
    """Iterates over batches: a subclass says what is next and what it holds."""

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> DataIter:
        return self

    def reset(self) -> None:
        """Starts again."""

    def next(self) -> DataBatch:
        """The next batch; raises StopIteration after the last."""
        if self.iter_next():
            return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())
        raise StopIteration

    def __next__(self) -> DataBatch:
        return self.next()

    def iter_next(self) -> Any:
        """Steps to the next batch; false after the last."""

    def getdata(self) -> Any:
        """The arrays of the current batch."""

    def getlabel(self) -> Any:
        """The labels of the current batch."""

    def getindex(self) -> Any:
        """Where the rows of the current batch come from; None when that is not kept."""
        return None

    def getpad(self) -> Any:
        """How many last rows of the current batch only fill it up."""
