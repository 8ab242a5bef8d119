"""Iterators over iterators: another length, or several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offboard.mxnet.io.batch import DataBatch, DataDesc, DataIter

__all__ = ["PrefetchingIter", "ResizeIter"]


class _BatchIter(DataIter):
    """An iterator that keeps the whole batch that it stands at."""

    current_batch: DataBatch | None = None

    def getdata(self) -> Any:
        """The arrays of the current batch."""
        assert self.current_batch is not None
        return self.current_batch.data

    def getlabel(self) -> Any:
        """The labels of the current batch."""
        assert self.current_batch is not None
        return self.current_batch.label

    def getindex(self) -> Any:
        """Where the rows of the current batch come from."""
        assert self.current_batch is not None
        return self.current_batch.index

    def getpad(self) -> Any:
        """How many last rows of the current batch only fill it up."""
        assert self.current_batch is not None
        return self.current_batch.pad


class ResizeIter(_BatchIter):
    """Another iterator's batches, ``size`` of them, starting it again as often as needed."""

    def __init__(self, data_iter: Any, size: int, reset_internal: bool = True) -> None:
        super().__init__()
        self.data_iter = data_iter
        self.size, self.reset_internal = size, reset_internal
        self.cur = 0
        self.provide_data, self.provide_label = self.data_iter.provide_data, self.data_iter.provide_label
        self.batch_size = data_iter.batch_size
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Starts again."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Steps to the next batch; false after ``size``."""
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True


class PrefetchingIter(_BatchIter):
    """Several iterators side by side, renamed where asked.

    Batches are made when they are asked for: data in memory gains nothing from a thread.
    """

    def __init__(
        self,
        iters: DataIter | Sequence[DataIter],
        rename_data: Sequence[Mapping[str, str]] | None = None,
        rename_label: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self.iters: list[Any] = list(iters) if isinstance(iters, (list, tuple)) else [iters]
        assert self.iters
        self.n_iter = len(self.iters)
        self.rename_data, self.rename_label = rename_data, rename_label
        self.batch_size = self.provide_data[0].shape[0]

    def _described(self, descriptions: list[Any], renamed: Sequence[Mapping[str, str]] | None) -> list[DataDesc]:
        made = []
        for number, own in enumerate(descriptions):
            for each in own:
                if renamed is None:
                    made.append(each)
                else:
                    description = DataDesc.of(each)
                    name = renamed[number][description.name]
                    made.append(DataDesc(name, description.shape, description.dtype))
        return made

    @property
    def provide_data(self) -> list[DataDesc]:
        """Descriptions of the data."""
        return self._described([each.provide_data for each in self.iters], self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Descriptions of the labels."""
        return self._described([each.provide_label for each in self.iters], self.rename_label)

    def reset(self) -> None:
        """Starts all again."""
        for each in self.iters:
            each.reset()

    def iter_next(self) -> bool:
        """Steps all; raises AssertionError unless they end together and pad alike."""
        batches = []
        for each in self.iters:
            try:
                batches.append(each.next())
            except StopIteration:
                batches.append(None)
        if None in batches:
            assert not any(batches), "Number of entry mismatches between iterators"
            return False
        assert all(each.pad == batches[0].pad for each in batches), "Different pad size in iterators"
        self.current_batch = DataBatch(
            [array for each in batches for array in each.data],
            [array for each in batches for array in each.label],
            batches[0].pad,
            batches[0].index,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        return True

    def next(self) -> DataBatch:
        """The next batch; raises StopIteration after the last."""
        if self.iter_next():
            assert self.current_batch is not None
            return self.current_batch
        raise StopIteration
