"""``mx.io``: batches and the iterators that make them from arrays."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.mxnet import ndarray as nd
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["DataBatch", "DataDesc", "DataIter", "NDArrayIter", "ResizeIter"]


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
        assert data is None or isinstance(data, (list, tuple)), "Data must be list of NDArrays"
        self.data, self.label, self.pad, self.index = data, label, pad, index
        self.bucket_key, self.provide_data, self.provide_label = bucket_key, provide_data, provide_label


class DataIter:
    """Iterates over batches."""

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> DataIter:
        return self

    def reset(self) -> None:
        """Starts again."""

    def next(self) -> DataBatch:
        """The next batch."""
        raise StopIteration

    def __next__(self) -> DataBatch:
        return self.next()


def _named(data: Any, default: str) -> list[tuple[str, NDArray]]:
    if data is None:
        return []
    if isinstance(data, (NDArray, np.ndarray)):
        data = [data]
    if isinstance(data, (list, tuple)):
        names = [default] if len(data) == 1 else [f"_{i}_{default}" for i in range(len(data))]
        data = dict(zip(names, data, strict=True))
    return [(key, value if isinstance(value, NDArray) else nd.array(value)) for key, value in data.items()]


class NDArrayIter(DataIter):
    """Batches of arrays; the last is padded from the start, dropped, or rolled over."""

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
    ) -> None:
        super().__init__(batch_size)
        self.data, self.label = _named(data, data_name), _named(label, label_name)
        self.num_data = self.data[0][1].shape[0]
        self.idx = np.arange(self.num_data)
        self._shuffle, self.last_batch_handle = shuffle, last_batch_handle
        self._held: np.ndarray = np.empty(0, np.int64)
        if last_batch_handle == "discard" and self.num_data < batch_size:
            raise AssertionError("batch_size needs to be smaller than data size.")
        self._start()

    def _start(self) -> None:
        if self._shuffle:
            np.random.shuffle(self.idx)
        self._order = np.concatenate([self._held, self.idx])
        self._held = np.empty(0, np.int64)
        self.cursor = 0

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the data."""
        return [DataDesc(name, (self.batch_size, *array.shape[1:]), array.dtype) for name, array in self.data]

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the labels."""
        return [DataDesc(name, (self.batch_size, *array.shape[1:]), array.dtype) for name, array in self.label]

    def hard_reset(self) -> None:
        """Starts again and forgets what was rolled over."""
        self._held = np.empty(0, np.int64)
        self._start()

    def reset(self) -> None:
        """Starts again."""
        self._start()

    def next(self) -> DataBatch:
        """The next batch."""
        rows = self._order[self.cursor : self.cursor + self.batch_size]
        missing = self.batch_size - len(rows)
        if len(rows) == 0 or (missing and self.last_batch_handle == "discard"):
            raise StopIteration
        if missing and self.last_batch_handle == "roll_over":
            self._held = rows
            self.cursor = len(self._order)
            raise StopIteration
        self.cursor += self.batch_size
        if missing:
            rows = np.concatenate([rows, np.resize(self.idx, missing)])
        picked = [[NDArray(array._data[rows]) for _, array in part] for part in (self.data, self.label)]
        return DataBatch(
            picked[0], picked[1], missing, rows, provide_data=self.provide_data, provide_label=self.provide_label
        )


class ResizeIter(DataIter):
    """Another iterator's batches, ``size`` of them, starting it again as often as needed."""

    def __init__(self, data_iter: DataIter, size: int, reset_internal: bool = True) -> None:
        super().__init__(data_iter.batch_size)
        self._inner, self._size, self._reset_internal = data_iter, size, reset_internal
        self._done = 0

    def reset(self) -> None:
        """Starts again."""
        self._done = 0
        if self._reset_internal:
            self._inner.reset()

    def next(self) -> DataBatch:
        """The next batch."""
        if self._done == self._size:
            raise StopIteration
        self._done += 1
        try:
            return self._inner.next()
        except StopIteration:
            self._inner.reset()
            return self._inner.next()
