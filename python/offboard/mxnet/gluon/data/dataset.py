"""Data sets: things with a length whose samples are asked for by index."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from offboard.mxnet import recordio
from offboard.mxnet.gluon.data.sampler import FilterSampler, Sampler, SequentialSampler
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["ArrayDataset", "Dataset", "RecordFileDataset", "SimpleDataset"]


class Dataset:
    """Subclasses say how long it is and give the sample of an index."""

    def __getitem__(self, idx: Any) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def filter(self, fn: Callable[[Any], Any]) -> Dataset:
        """The samples for which ``fn`` holds."""
        return _Sampled(self, FilterSampler(fn, self))

    def shard(self, num_shards: int, index: int) -> Dataset:
        """One of several parts whose sizes differ by at most one."""
        assert index < num_shards, f"Shard index of out bound: {index} out of {num_shards}"
        assert num_shards > 0, "Number of shards must be greater than 0"
        assert index >= 0, "Index must be non-negative"
        size, rest = divmod(len(self), num_shards)
        return _Sampled(self, SequentialSampler(size + (index < rest), size * index + min(index, rest)))

    def take(self, count: int | None) -> Dataset:
        """The first samples; all when ``count`` is None or more than there are."""
        return _Sampled(self, SequentialSampler(len(self) if count is None else min(count, len(self))))

    def sample(self, sampler: Sampler) -> Dataset:
        """The samples that a sampler chooses, in its order."""
        if not isinstance(sampler, Sampler):
            raise TypeError(f"Invalid sampler type: {type(sampler)}. Expected gluon.data.Sampler instead.")
        return _Sampled(self, sampler)

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """Samples as ``fn`` makes them, each time they are asked for unless ``lazy`` is False."""
        made = _Transformed(self, fn)
        return made if lazy else SimpleDataset([made[index] for index in range(len(made))])

    def transform_first(self, fn: Callable[[Any], Any], lazy: bool = True) -> Dataset:
        """Samples whose first part ``fn`` made; the others stay."""
        return self.transform(_OfFirst(fn), lazy)


class SimpleDataset(Dataset):
    """Anything that has a length and indices."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: Any) -> Any:
        return self._data[idx]


class _Sampled(Dataset):
    def __init__(self, data: Dataset, sampler: Sampler) -> None:
        self._data, self._indices = data, list(sampler)

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, idx: Any) -> Any:
        return self._data[self._indices[idx]]


class _Transformed(Dataset):
    def __init__(self, data: Dataset, fn: Callable[..., Any]) -> None:
        self._data, self._fn = data, fn

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: Any) -> Any:
        item = self._data[idx]
        return self._fn(*item) if isinstance(item, tuple) else self._fn(item)


class _OfFirst:
    """A class, so that it can be pickled."""

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self._fn = fn

    def __call__(self, x: Any, *rest: Any) -> Any:
        return (self._fn(x), *rest) if rest else self._fn(x)


class ArrayDataset(Dataset):
    """Arrays, lists and data sets of one length side by side: a sample is a tuple unless there is only one."""

    def __init__(self, *args: Any) -> None:
        assert args, "Needs at least 1 arrays"
        self._length = len(args[0])
        for number, data in enumerate(args):
            assert len(data) == self._length, (
                f"All arrays must have the same length; array[0] has length {self._length} while array[{number}] has "
                f"{len(data)}."
            )
        # Of an array of one dimension samples are numbers.
        self._data = [each.asnumpy() if isinstance(each, NDArray) and each.ndim == 1 else each for each in args]

    def __getitem__(self, idx: Any) -> Any:
        return self._data[0][idx] if len(self._data) == 1 else tuple(data[idx] for data in self._data)

    def __len__(self) -> int:
        return self._length


class RecordFileDataset(Dataset):
    """The records of a RecordIO file with an index beside it (``.idx``), as bytes."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.idx_file = os.path.splitext(filename)[0] + ".idx"
        self._record = recordio.MXIndexedRecordIO(self.idx_file, filename, "r")

    def __getitem__(self, idx: Any) -> Any:
        return self._record.read_idx(self._record.keys[idx])

    def __len__(self) -> int:
        return len(self._record.keys)
