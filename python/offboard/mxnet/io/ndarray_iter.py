"""NDArrayIter: batches of arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from offboard.errors import MXNetError
from offboard.mxnet.io.batch import DataBatch, DataDesc, DataIter
from offboard.mxnet.ndarray.creation import array
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.ndarray.sparse import CSRNDArray

__all__ = ["NDArrayIter"]


def _named(data: Any, default: str, allow_empty: bool) -> list[tuple[str, NDArray]]:
    """(name, array) pairs of an array, a list of them, or a dict by name, which is sorted."""
    given = [] if data is None else [data] if isinstance(data, (NDArray, np.ndarray)) else data
    if isinstance(given, list):
        assert given or allow_empty
        names = [default] if len(given) == 1 else [f"_{number}_{default}" for number in range(len(given))]
        given = dict(zip(names, given, strict=True))
    if not isinstance(given, Mapping):
        raise TypeError("Input must be NDArray, numpy.ndarray, h5py.Dataset a list of them or dict with them as values")
    return [(key, value if isinstance(value, NDArray) else array(value)) for key, value in sorted(given.items())]


class NDArrayIter(DataIter):
    """Batches of arrays; the last is padded from the start, dropped, or rolled over into the next epoch.

    Args:
        data: an array, a list of arrays, or a dict by name; csr arrays only with ``discard``.
        label: likewise; may be None.
        batch_size: rows a batch.
        shuffle: whether rows come in another order in each epoch (NumPy's global generator).
        last_batch_handle: ``pad``, ``discard`` or ``roll_over``.
        data_name: the name of an only array of data.
        label_name: the name of an only array of labels.
        layout: what the descriptions say.
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(batch_size)
        self.data, self.label = _named(data, data_name, False), _named(label, label_name, True)
        if not self.data:
            raise IndexError("there are no arrays of data")
        self.num_source = len(self._sources())
        if last_batch_handle != "discard" and any(isinstance(each, CSRNDArray) for _, each in self._sources()):
            raise NotImplementedError(
                "`NDArrayIter` only supports ``CSRNDArray`` with `last_batch_handle` set to `discard`."
            )
        self.shuffle, self.last_batch_handle, self._layout = shuffle, last_batch_handle, layout
        self.idx = np.arange(self.data[0][1].shape[0])
        self.num_data = len(self.idx)
        if last_batch_handle == "discard":
            self.num_data -= self.num_data % batch_size
        self.cursor = -batch_size
        # The rows of a last batch that was not full, as far as roll_over keeps them.
        self._held: tuple[list[NDArray], list[NDArray]] | None = None
        self.reset()

    def _sources(self) -> list[tuple[str, NDArray]]:
        return [*self.data, *self.label]

    def _describe(self, sources: list[tuple[str, NDArray]]) -> list[DataDesc]:
        return [
            DataDesc(name, (self.batch_size, *each.shape[1:]), each.dtype, layout=self._layout)
            for name, each in sources
        ]

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the data."""
        return self._describe(self.data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the labels."""
        return self._describe(self.label)

    def hard_reset(self) -> None:
        """Starts again and forgets what was rolled over."""
        if self.shuffle:
            self._shuffle()
        self.cursor = -self.batch_size
        self._held = None

    def reset(self) -> None:
        """Starts again; rows held over come first."""
        if self.shuffle:
            self._shuffle()
        held = self.last_batch_handle == "roll_over" and self.num_data - self.batch_size < self.cursor < self.num_data
        self.cursor = self.cursor - self.num_data - self.batch_size if held else -self.batch_size

    def _shuffle(self) -> None:
        np.random.shuffle(self.idx)
        self.data = [(name, _rows(each, self.idx)) for name, each in self.data]
        self.label = [(name, _rows(each, self.idx)) for name, each in self.label]

    def iter_next(self) -> bool:
        """Steps to the next batch; false after the last."""
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        """The next batch; raises StopIteration after the last."""
        if not self.iter_next():
            raise StopIteration
        data, label = self.getdata(), self.getlabel()
        if data[0].shape[0] != self.batch_size:
            self._held = data, label
            raise StopIteration
        return DataBatch(data, label, self.getpad(), None)

    def getdata(self) -> list[NDArray]:
        """The arrays of the current batch."""
        return self._batch(0)

    def getlabel(self) -> list[NDArray]:
        """The labels of the current batch."""
        return self._batch(1)

    def getpad(self) -> int:
        """How many last rows only fill the batch up."""
        if self.last_batch_handle == "pad" and self.cursor + self.batch_size > self.num_data:
            return self.cursor + self.batch_size - self.num_data
        if self.last_batch_handle == "roll_over" and -self.batch_size < self.cursor < 0:
            return -self.cursor
        return 0

    def _batch(self, part: int) -> list[NDArray]:
        sources = (self.data, self.label)[part]
        start, stop = self.cursor, self.cursor + self.batch_size
        if self.last_batch_handle == "roll_over" and -self.batch_size < start < 0:
            assert self._held is not None, "next epoch should have cached data"
            return [_joined(held, each[0:stop]) for held, (_, each) in zip(self._held[part], sources, strict=True)]
        if self.last_batch_handle == "pad" and stop > self.num_data:
            rows = np.resize(np.arange(self.num_data), stop - self.num_data)
            return [_joined(_span(each, start, self.num_data), _rows(each, rows)) for _, each in sources]
        return [_span(each, start, min(stop, self.num_data)) for _, each in sources]


def _span(source: NDArray, start: int, stop: int) -> NDArray:
    if stop > source.shape[0]:
        raise MXNetError(f"Invalid end for end={stop} as axis_size is {source.shape[0]}")
    return source[start:stop]


def _joined(first: NDArray, second: NDArray) -> NDArray:
    return NDArray(np.concatenate([first._data, second._data]))


def _rows(source: NDArray, order: np.ndarray) -> NDArray:
    picked = NDArray(source._data[order])
    return picked.tostype(source.stype)
