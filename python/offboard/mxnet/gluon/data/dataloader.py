"""Batches of a data set, read ahead by threads where that is asked for."""

from __future__ import annotations

# Loaded for programs that name it without importing it: MXNet's loader does, and they never noticed.
import multiprocessing.pool  # noqa: F401
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np

from offboard.mxnet import ndarray as nd
from offboard.mxnet.context import Context
from offboard.mxnet.gluon.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["DataLoader", "ForkingPickler", "default_batchify_fn", "default_mp_batchify_fn"]


def default_batchify_fn(data: Any) -> Any:
    """Samples along a new first axis; of tuples a list, part by part."""
    if isinstance(data[0], NDArray):
        return NDArray(np.stack([each._data for each in data]))
    if isinstance(data[0], tuple):
        return [default_batchify_fn(part) for part in zip(*data, strict=True)]
    array = np.asarray(data)
    return nd.array(array, dtype=array.dtype)


def default_mp_batchify_fn(data: Any) -> Any:
    """:func:`default_batchify_fn`: batches are made in this process."""
    return default_batchify_fn(data)


def _as_in_context(data: Any, ctx: Context) -> Any:
    """Arrays, in lists too, on a context; packages with loaders of their own import it."""
    if isinstance(data, NDArray):
        return data.as_in_context(ctx)
    return [_as_in_context(each, ctx) for each in data] if isinstance(data, (list, tuple)) else data


class DataLoader:
    """Iterates over batches, as often as it is asked to.

    ``num_workers`` counts threads, which read up to ``prefetch`` batches ahead, in order: what they do in NumPy and
    OpenCV runs side by side, and nothing is forked. A batch that takes longer than ``timeout`` seconds raises
    TimeoutError.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: Any = None,
        last_batch: str | None = None,
        batch_sampler: Any = None,
        batchify_fn: Callable[[Any], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: float = 120,
        auto_reload: bool = False,
    ) -> None:
        assert timeout > 0, f"timeout must be positive, given {timeout}"
        if batch_sampler is None:
            if batch_size is None:
                raise ValueError("batch_size must be specified unless batch_sampler is specified")
            if sampler is None:
                sampler = (RandomSampler if shuffle else SequentialSampler)(len(dataset))
            elif shuffle:
                raise ValueError("shuffle must not be specified if sampler is specified")
            batch_sampler = BatchSampler(sampler, batch_size, last_batch or "keep")
        elif batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise ValueError(
                "batch_size, shuffle, sampler and last_batch must not be specified if batch_sampler is specified."
            )
        self._dataset, self._batch_sampler = dataset, batch_sampler
        self._batchify_fn = batchify_fn or default_batchify_fn
        self._num_workers = max(num_workers, 0)
        self._prefetch = max(2 * self._num_workers if prefetch is None else int(prefetch), self._num_workers)
        self._timeout = timeout

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if not self._num_workers:
            return map(self._made, self._batch_sampler)
        return _MultiWorkerIter(self._num_workers, self._made, self._batch_sampler, self._prefetch, self._timeout)

    def _made(self, batch: Any) -> Any:
        return self._batchify_fn([self._dataset[index] for index in batch])


class _MultiWorkerIter:
    """Batches in order, read ahead by threads; programs that know MXNet well subclass it by this name."""

    def __init__(
        self, workers: int, made: Callable[[Any], Any], batches: Iterable[Any], prefetch: int, timeout: float
    ) -> None:
        self._pool = ThreadPoolExecutor(workers, "data-loader")
        self._made, self._batches, self._timeout = made, iter(batches), timeout
        self._pending: deque[Future[Any]] = deque()
        for _ in range(prefetch):
            self._push_next()

    def _push_next(self) -> None:
        for batch in self._batches:
            self._pending.append(self._pool.submit(self._made, batch))
            return

    def __iter__(self) -> _MultiWorkerIter:
        return self

    def __next__(self) -> Any:
        self._push_next()
        if not self._pending:
            self._pool.shutdown(wait=False)
            raise StopIteration
        return self._pending.popleft().result(self._timeout)

    def __del__(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
