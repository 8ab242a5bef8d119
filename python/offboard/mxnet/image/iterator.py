"""ImageIter: batches of images from a file of records, a list file, or a list of paths, through augmenters."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.mxnet import io, recordio
from offboard.mxnet.image import pixels
from offboard.mxnet.image.augmenters import Augmenter, CreateAugmenter
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["ImageIter", "InvalidSampleError", "read_list"]

Label = Any
_DTYPES = ("int32", "float32", "int64", "float64")


def read_list(path: str | os.PathLike[str]) -> dict[int, tuple[npt.NDArray[np.float32], str]]:
    """(label, path) by number of a list file: lines of number, labels and path with tabs between."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            number, *labels, name = line.strip().split("\t")
            found[int(number)] = np.array(labels, np.float32), name
    return found


class InvalidSampleError(RuntimeError):
    """An image or a label that an iterator leaves out."""


class ImageIter(io.DataIter):
    """Batches of images (N, C, H, W) with labels.

    Args:
        batch_size: images a batch.
        data_shape: (3, height, width) that the augmenters give.
        label_width: numbers a label.
        path_imgrec: a file of records.
        path_imglist: a list file; with records it only gives their labels.
        path_root: where the paths of a list begin.
        path_imgidx: the index of the file of records, wanted to shuffle and to take parts.
        shuffle: whether each epoch has another order.
        part_index: which of ``num_parts`` parts.
        num_parts: how many parts.
        aug_list: augmenters; those of :func:`CreateAugmenter` by default.
        imglist: a list of [label, path].
        data_name: the name of the data.
        label_name: the name of the labels.
        dtype: of the labels and of the images.
        last_batch_handle: ``pad`` from the start, ``discard`` or ``roll_over``.
        kwargs: for :func:`CreateAugmenter`.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
        label_width: int = 1,
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence[Any] | None = None,
        imglist: list[Any] | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ) -> None:
        super().__init__(batch_size)
        assert path_imgrec or path_imglist or isinstance(imglist, list)
        assert dtype in _DTYPES, f"{dtype} label not supported"
        self.imgrec: Any = None
        self.imglist: dict[Any, tuple[Any, str]] | None = None
        self.imgidx: Any = None
        if path_imgrec:
            self.imgrec = (
                recordio.MXIndexedRecordIO(path_imgidx, path_imgrec, "r")
                if path_imgidx
                else recordio.MXRecordIO(path_imgrec, "r")
            )
            self.imgidx = list(self.imgrec.keys) if path_imgidx else None
        if path_imglist:
            self.imglist = dict(read_list(path_imglist))
        elif isinstance(imglist, list):
            self.imglist = {number: (np.ravel(label), path) for number, (label, path) in enumerate(imglist)}
        self.path_root, self.shuffle = path_root or "", shuffle
        self.check_data_shape(data_shape)
        self.data_shape, self.label_width, self.dtype = tuple(data_shape), label_width, dtype
        label_shape = (batch_size, label_width) if label_width > 1 else (batch_size,)
        self.provide_data: list[Any] = [(data_name, (batch_size, *self.data_shape))]
        self.provide_label: list[Any] = [(label_name, label_shape)]
        # Records without an index have no order but their own.
        self.seq: list[Any] | None = self.imgidx
        if self.imglist is not None and (self.imgrec is None or self.imgidx is not None):
            self.seq = list(self.imglist) if self.imgrec is None else self.imgidx
        if shuffle or num_parts > 1:
            assert self.seq is not None, "shuffling and taking parts of a file of records need path_imgidx"
        if num_parts > 1:
            assert self.seq is not None
            assert part_index < num_parts
            share = len(self.seq) // num_parts
            self.seq = self.seq[part_index * share : (part_index + 1) * share]
        self.num_image = None if self.seq is None else len(self.seq)
        self.auglist: list[Any] = list(aug_list) if aug_list is not None else self._augmenters(kwargs)
        self.last_batch_handle = last_batch_handle
        self.cur = 0
        self._rolled = self._ended = False
        self.reset()

    def _augmenters(self, kwargs: dict[str, Any]) -> list[Any]:
        made: list[Augmenter] = CreateAugmenter(self.data_shape, **kwargs)  # type: ignore[arg-type]
        return list(made)

    def reset(self) -> None:
        """Starts again; what rolled over is not given twice."""
        self._ended = False
        if self._rolled:
            self._rolled = False
            return
        if self.shuffle:
            assert self.seq is not None
            random.shuffle(self.seq)
        self._rewind()

    def hard_reset(self) -> None:
        """Starts again at the first image, whatever rolled over."""
        self._rolled = False
        self.reset()

    def _rewind(self) -> None:
        if self.imgrec is not None and self.seq is None:
            self.imgrec.reset()
        self.cur = 0

    def next_sample(self) -> tuple[Label, bytes]:
        """The label and the encoded bytes of the next image; raises StopIteration after the last."""
        if self.seq is None:
            record = self.imgrec.read()
            if record is None:
                raise StopIteration
            header, encoded = recordio.unpack(record)
            return header.label, encoded
        if self.cur >= len(self.seq):
            raise StopIteration
        number = self.seq[self.cur]
        self.cur += 1
        if self.imgrec is not None:
            header, encoded = recordio.unpack(self.imgrec.read_idx(number))
            return (header.label if self.imglist is None else self.imglist[number][0]), encoded
        assert self.imglist is not None
        label, name = self.imglist[number]
        return label, self.read_image(name)

    def next(self) -> io.DataBatch:
        """The next batch; raises StopIteration after the last."""
        if self._ended:
            raise StopIteration
        data = np.zeros((self.batch_size, *self.data_shape), self.dtype)
        labels = np.zeros(self.provide_label[0][1], self.dtype)
        filled = self._fill(data, labels, 0)
        pad = self.batch_size - filled
        if not filled or (pad and self.last_batch_handle == "discard"):
            raise StopIteration
        if pad:
            rolls = self.last_batch_handle == "roll_over"
            if rolls:
                self.reset()
            while filled < self.batch_size:
                self._rewind()
                filled = self._fill(data, labels, filled)
            # With roll_over the next epoch goes on behind what filled this batch.
            self._rolled, self._ended = rolls, True
        return io.DataBatch([NDArray(data)], [NDArray(labels)], pad=pad)

    def _fill(self, data: npt.NDArray[Any], labels: npt.NDArray[Any], start: int) -> int:
        place = start
        while place < self.batch_size:
            try:
                label, encoded = self.next_sample()
            except StopIteration:
                break
            image = self.imdecode(encoded)
            try:
                self.check_valid_image([image])
                made, row = self._prepared(image, label)
            except InvalidSampleError as error:
                logging.debug("Invalid image, skipping:  %s", error)
                continue
            self._place(data, place, self.postprocess_data(made)._data)
            labels[place] = row
            place += 1
        return place

    def _prepared(self, image: NDArray, label: Any) -> tuple[NDArray, Any]:
        """What goes into a batch; raises InvalidSampleError for a sample to leave out."""
        return self.augmentation_transform(image), self._label(label)

    def _place(self, data: npt.NDArray[Any], place: int, image: npt.NDArray[Any]) -> None:
        if image.shape != data.shape[1:]:
            raise ValueError(f"the augmenters give images of shape {image.shape}, not {data.shape[1:]}")
        data[place] = image

    def _label(self, label: Any) -> Any:
        values = np.ravel(label)
        if values.size != self.label_width:
            raise ValueError(f"an image has {values.size} labels, label_width is {self.label_width}")
        return values if self.label_width > 1 else values[0]

    def check_data_shape(self, data_shape: Any) -> None:
        """Raises ValueError unless a shape is (3, height, width)."""
        if len(data_shape) != 3:
            raise ValueError("data_shape should have length 3, with dimensions CxHxW")
        if data_shape[0] != 3:
            raise ValueError("This iterator expects inputs to have 3 channels.")

    def check_valid_image(self, data: Sequence[NDArray]) -> None:
        """Raises RuntimeError for an image without pixels."""
        if len(data[0].shape) == 0:
            raise InvalidSampleError("Data shape is wrong")

    def imdecode(self, s: bytes) -> NDArray:
        """The image of encoded bytes."""
        return pixels.imdecode(s)

    def read_image(self, fname: str) -> bytes:
        """The bytes of an image file."""
        with open(os.path.join(self.path_root, fname), "rb") as file:
            return file.read()

    def augmentation_transform(self, data: Any) -> Any:
        """An image after all augmenters."""
        for each in self.auglist:
            data = each(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """(channels, height, width) of (height, width, channels)."""
        return NDArray(np.ascontiguousarray(datum._data.transpose(2, 0, 1)))
