"""ImageDetIter: batches of images with labelled objects, through augmenters that move the objects too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from offboard.mxnet.image.augmenters import DEVIATION, MEAN
from offboard.mxnet.image.detection_augmenters import (
    CreateDetAugmenter,
    CreateMultiRandCropAugmenter,
    DetAugmenter,
    DetBorrowAug,
    DetHorizontalFlipAug,
    DetRandomCropAug,
    DetRandomPadAug,
    DetRandomSelectAug,
)
from offboard.mxnet.image.iterator import ImageIter, InvalidSampleError
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = [
    "CreateDetAugmenter", "CreateMultiRandCropAugmenter", "DetAugmenter", "DetBorrowAug", "DetHorizontalFlipAug",
    "DetRandomCropAug", "DetRandomPadAug", "DetRandomSelectAug", "ImageDetIter",
]  # fmt: skip


class ImageDetIter(ImageIter):
    """Batches of images (N, C, H, W) with objects (N, most objects of an image, width of an object), filled with -1.

    A label is: width of the header (2 or more), width of an object (5 or more), the rest of the header, and the
    objects: class, left, top, right, bottom and more. The arguments are :class:`ImageIter`'s; ``kwargs`` are for
    :func:`CreateDetAugmenter`.
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
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
        label_name: str = "label",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            batch_size,
            data_shape,
            path_imgrec=path_imgrec,
            path_imglist=path_imglist,
            path_root=path_root,
            path_imgidx=path_imgidx,
            shuffle=shuffle,
            part_index=part_index,
            num_parts=num_parts,
            aug_list=[],
            imglist=imglist,
            data_name=data_name,
            label_name=label_name,
            last_batch_handle=last_batch_handle,
        )
        self.auglist = CreateDetAugmenter(data_shape, **kwargs) if aug_list is None else list(aug_list)
        self.label_shape = self._estimate_label_shape()
        self.provide_label = [(label_name, (batch_size, *self.label_shape))]

    def _estimate_label_shape(self) -> tuple[int, int]:
        """Most objects of an image, and numbers of an object."""
        most, width = 0, 0
        self.reset()
        while True:
            try:
                labels = self._parse_label(self.next_sample()[0])
            except StopIteration:
                self.reset()
                return most, width
            most, width = max(most, len(labels)), labels.shape[1]

    def _parse_label(self, label: Any) -> npt.NDArray[Any]:
        """The objects of a label that have an area; raises RuntimeError for a label of another form."""
        raw = np.ravel(label.asnumpy() if isinstance(label, NDArray) else label)
        if raw.size < 7:
            raise InvalidSampleError(f"Label shape is invalid: {raw.shape}")
        header, width = int(raw[0]), int(raw[1])
        if (raw.size - header) % width:
            raise InvalidSampleError(f"Label shape {raw.shape} inconsistent with annotation width {width}.")
        rows = raw[header:].reshape(-1, width)
        valid = (rows[:, 3] > rows[:, 1]) & (rows[:, 4] > rows[:, 2])
        if not valid.any():
            raise InvalidSampleError("Encounter sample with no valid label.")
        return np.array(rows[valid], np.float32)

    def _prepared(self, image: NDArray, label: Any) -> tuple[NDArray, Any]:
        made, rows = self.augmentation_transform(image, self._parse_label(label))
        if rows.ndim != 2 or rows.shape[1] < 5:
            raise InvalidSampleError(f"Label with shape (1+, 5+) required, {rows.shape} received.")
        filled = np.full(self.label_shape, -1, np.float32)
        filled[: len(rows)] = rows
        return made, filled

    def augmentation_transform(self, data: Any, label: Any = None) -> Any:
        """An image and its labels after all augmenters."""
        for each in self.auglist:
            data, label = each(data, label)
        return data, label

    def reshape(self, data_shape: Any = None, label_shape: Any = None) -> None:
        """Another size of images, or room for more objects."""
        if data_shape is not None:
            self.check_data_shape(data_shape)
            self.provide_data = [(self.provide_data[0][0], (self.batch_size, *data_shape))]
            self.data_shape = tuple(data_shape)
        if label_shape is not None:
            self.check_label_shape(label_shape)
            self.provide_label = [(self.provide_label[0][0], (self.batch_size, *label_shape))]
            self.label_shape = tuple(label_shape)

    def check_label_shape(self, label_shape: Any) -> None:
        """Raises ValueError unless there is room for the objects there are."""
        if len(label_shape) != 2:
            raise ValueError("label_shape should have length 2")
        if label_shape[0] < self.label_shape[0]:
            raise ValueError(
                f"Attempts to reduce label count from {self.label_shape[0]} to {label_shape[0]}, not allowed."
            )
        if label_shape[1] != self.label_shape[1]:
            raise ValueError(f"label_shape object width inconsistent: {self.label_shape[1]} vs {label_shape[1]}.")

    def sync_label_shape(self, it: ImageDetIter, verbose: bool = False) -> ImageDetIter:
        """Makes room in both iterators for the most objects of either, and gives the other."""
        assert isinstance(it, ImageDetIter), "Synchronize with invalid iterator."
        assert self.label_shape[1] == it.label_shape[1], "object width mismatch."
        shape = (max(self.label_shape[0], it.label_shape[0]), self.label_shape[1])
        for each in (self, it):
            each.reshape(None, shape)
        return it

    def draw_next(
        self,
        color: Any = None,
        thickness: int = 2,
        mean: Any = None,
        std: Any = None,
        clip: bool = True,
        waitKey: int | None = None,
        window_name: str = "draw_next",
        id2labels: dict[int, str] | None = None,
    ) -> Iterator[npt.NDArray[np.uint8]]:
        """Images (BGR) with their boxes drawn, in ``color`` (RGB) or random ones; nothing is shown in a window.

        ``mean`` and ``std`` undo what normalizing augmenters did; True means ImageNet's.
        """
        while True:
            try:
                label, encoded = self.next_sample()
            except StopIteration:
                return
            try:
                data, rows = self.augmentation_transform(self.imdecode(encoded), self._parse_label(label))
            except InvalidSampleError:
                continue
            image = data.asnumpy().astype(np.float64)
            image = image * (1 if std is None else np.array(DEVIATION) if std is True else std)
            image = image + (0 if mean is None else np.array(MEAN) if mean is True else mean)
            image = np.ascontiguousarray((np.clip(image, 0, 255) if clip else image)[:, :, ::-1].astype(np.uint8))
            _drawn(image, rows, color, thickness, id2labels or {})
            yield image


def _drawn(image: Any, rows: npt.NDArray[Any], color: Any, thickness: int, names: dict[int, str]) -> None:
    height, width = image.shape[:2]
    for row in rows:
        left, top, right, bottom = (
            int(share * size) for share, size in zip(row[1:5], (width, height) * 2, strict=True)
        )
        shade = [float(each) for each in (np.random.rand(3) * 255 if color is None else color[::-1])]
        cv2.rectangle(image, (left, top), (right, bottom), shade, thickness)
        if int(row[0]) in names:
            cv2.putText(image, names[int(row[0])], (left + 5, top + 15), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3, 2)
