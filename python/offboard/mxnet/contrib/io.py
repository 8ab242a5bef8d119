"""``mx.contrib.io``: a Gluon data loader as an iterator for modules."""

from __future__ import annotations

from typing import Any

from offboard.mxnet import ndarray as nd
from offboard.mxnet.io import DataDesc, DataIter
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["DataLoaderIter"]


class DataLoaderIter(DataIter):
    """Batches of (data, label) of a loader; a last batch that is smaller is filled up."""

    def __init__(
        self, loader: Any, data_name: str = "data", label_name: str = "softmax_label", dtype: Any = "float32"
    ) -> None:
        super().__init__()
        self._loader, self.dtype = loader, dtype
        data, label = next(iter(loader))
        self.batch_size = data.shape[0]
        self.provide_data = [DataDesc(data_name, data.shape, dtype)]
        self.provide_label = [DataDesc(label_name, label.shape, dtype)]
        self._batch: Any = None
        self.reset()

    def reset(self) -> None:
        """Starts again."""
        self._iter = iter(self._loader)

    def iter_next(self) -> bool:
        """Steps to the next batch; false after the last."""
        self._batch = next(self._iter, None)
        return self._batch is not None

    def _filled(self, array: NDArray) -> list[NDArray]:
        made = nd.zeros((self.batch_size, *array.shape[1:]), dtype=self.dtype)
        made[: array.shape[0]] = array
        return [made]

    def getdata(self) -> list[NDArray]:
        """The array of the current batch."""
        return self._filled(self._batch[0])

    def getlabel(self) -> list[NDArray]:
        """The labels of the current batch."""
        return self._filled(self._batch[1])

    def getpad(self) -> int:
        """How many last rows only fill the batch up."""
        return int(self.batch_size - self._batch[0].shape[0])

    def getindex(self) -> None:
        """Loaders keep no numbers."""
