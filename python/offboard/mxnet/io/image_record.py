"""ImageRecordIter: batches of the images of a file of records."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet import recordio
from offboard.mxnet.io.rows import MXDataIter
from offboard.mxnet.io.tables import dims, lines
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = [
    "ImageRecordInt8Iter", "ImageRecordIter", "ImageRecordIter_v1", "ImageRecordUInt8Iter", "ImageRecordUInt8Iter_v1",
]  # fmt: skip

_WAYS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4)
_DTYPES = ("float32", "uint8", "int8")
# Augmentations of training that are not there, with the values that leave images as they are.
_ABSENT = {
    "rotate": -1, "max_rotate_angle": 0, "max_shear_ratio": 0.0, "max_aspect_ratio": 0.0, "max_random_scale": 1.0,
    "min_random_scale": 1.0, "max_random_contrast": 0.0, "max_random_illumination": 0.0, "random_h": 0, "random_s": 0,
    "random_l": 0, "brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "pca_noise": 0.0, "mean_img": "",
    "random_resized_crop": False, "max_crop_size": -1, "min_crop_size": -1, "mean_a": 0.0, "std_a": 1.0,
}  # fmt: skip

Colours = tuple[float, float, float]


class ImageRecordIter(MXDataIter):
    """Images (N, C, H, W) and labels of a file of records: resized, cropped, mirrored, normalised.

    Pixels become ``(pixel - mean) * scale / std``. Random choices are not those of MXNet's generator.

    Args:
        path_imgrec: the file of records.
        data_shape: (channels, height, width), channels 1 or 3.
        batch_size: images a batch.
        label_width: numbers a label.
        path_imglist: a list file that gives the labels.
        shuffle: whether each epoch has another order.
        seed: of that order and of the random choices.
        resize: what the shorter side becomes before the crop; 0 leaves it.
        rand_crop: whether the window is random, else it is the middle.
        rand_mirror: whether left and right are swapped at random.
        mirror: whether they are always swapped.
        mean_r: mean of red; ``mean_g`` and ``mean_b`` likewise.
        std_r: deviation of red; ``std_g`` and ``std_b`` likewise.
        scale: a factor for all pixels.
        pad: pixels added on every side, of ``fill_value``.
        inter_method: how to interpolate, 0-4.
        num_parts: how many parts, cut by bytes.
        part_index: which of them.
        round_batch: whether the last batch is filled from the start.
        dtype: float32, uint8 or int8.
        kwargs: settings without effect here (threads, buffers); augmentations that are not there are refused.
    """

    dtype = "float32"

    def __init__(
        self,
        path_imgrec: str | os.PathLike[str] | None = None,
        data_shape: Any = None,
        batch_size: int | None = None,
        label_width: int = 1,
        path_imglist: str = "",
        shuffle: bool = False,
        seed: int = 0,
        resize: int = -1,
        rand_crop: bool = False,
        rand_mirror: bool = False,
        mirror: bool = False,
        mean_r: float = 0,
        mean_g: float = 0,
        mean_b: float = 0,
        std_r: float = 1,
        std_g: float = 1,
        std_b: float = 1,
        scale: float = 1,
        pad: int = 0,
        fill_value: int = 255,
        inter_method: int = 1,
        num_parts: int = 1,
        part_index: int = 0,
        round_batch: bool = True,
        dtype: str | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **kwargs: Any,
    ) -> None:
        for name, value in (("path_imgrec", path_imgrec), ("data_shape", data_shape), ("batch_size", batch_size)):
            if value is None:
                raise MXNetError(f"Required parameter {name} is not presented, in ImageRecordIter")
        for name, neutral in _ABSENT.items():
            if kwargs.get(name, neutral) != neutral:
                raise MXNetError(
                    f"{name} of ImageRecordIter is an augmentation for training, which is not available here: "
                    "use mx.image.ImageIter and its augmenters"
                )
        self.dtype = self.dtype if dtype is None else np.dtype(dtype).name
        if self.dtype not in _DTYPES:
            raise MXNetError("unknown dtype for ImageRecordIter2.")
        if inter_method not in range(5):
            raise MXNetError(f"inter_method of ImageRecordIter is one of 0 to 4, not {inter_method}")
        assert batch_size is not None
        self._shape = dims(data_shape)
        if len(self._shape) != 3 or self._shape[0] not in (1, 3):
            raise MXNetError(f"data_shape of ImageRecordIter is (1 or 3, height, width), not {self._shape}")
        self._file = _open(path_imgrec)
        self._offsets = _offsets(self._file, num_parts, part_index)
        if batch_size > len(self._offsets):
            raise MXNetError(
                "number of input images must be bigger than the batch size: "
                f"{len(self._offsets)} images, batches of {batch_size}"
            )
        self._label_width = label_width
        self._listed = _labels(path_imglist) if path_imglist else None
        self._resize, self._way, self._pad_pixels, self._fill = resize, _WAYS[inter_method], pad, fill_value
        self._rand_crop, self._rand_mirror, self._mirror = bool(rand_crop), bool(rand_mirror), bool(mirror)
        self._mean: Colours = (mean_r, mean_g, mean_b)
        self._std: Colours = (std_r, std_g, std_b)
        self._scale = scale
        self._random, self._shuffle = random.Random(seed), bool(shuffle)
        super().__init__(len(self._offsets), batch_size, data_name, label_name, round_batch=round_batch)
        self._labels_made: npt.NDArray[Any] = np.zeros(0)
        self._shuffle_rows()

    def _shuffle_rows(self) -> None:
        if self._shuffle:
            order = self._order.tolist()
            self._random.shuffle(order)
            self._order = np.array(order)

    def reset(self) -> None:
        """Starts again, in another order when it shuffles."""
        super().reset()
        self._shuffle_rows()

    def _shapes(self) -> Sequence[tuple[tuple[int, ...], Any]]:
        return [
            (self._shape, np.dtype(self.dtype).type),
            (() if self._label_width == 1 else (self._label_width,), np.float32),
        ]

    def getindex(self) -> npt.NDArray[np.uint64]:
        """Zeros: MXNet keeps no numbers of images either."""
        return np.zeros(self.batch_size, np.uint64)

    def _record(self, row: int) -> tuple[Any, bytes]:
        self._file.seek_to(self._offsets[row])
        record = self._file.read()
        assert record is not None
        return recordio.unpack(record)

    def _picked(self, part: int, rows: npt.NDArray[np.int64]) -> NDArray:
        records = [self._record(row) for row in rows]
        if part == 1:
            return NDArray(np.stack([self._label(header) for header, _ in records]))
        return NDArray(np.stack([self._image(encoded) for _, encoded in records]))

    def _label(self, header: Any) -> npt.NDArray[np.float32]:
        values = np.ravel(header.label if self._listed is None else self._listed[header.id]).astype(np.float32)
        if values.size != self._label_width:
            raise MXNetError(
                "label_width must be 1 unless an imglist is provided or the rec file is packed with multi dimensional "
                f"label: it is {self._label_width}, image {header.id} has {values.size} labels"
            )
        return values.reshape(()) if self._label_width == 1 else values

    def _image(self, encoded: bytes) -> npt.NDArray[Any]:
        grey = self._shape[0] == 1
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR)
        if image is None:
            raise MXNetError("Decoding failed. Invalid image file.")
        image = self._cropped(self._resized(image if grey else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)))
        if self._mirror or (self._rand_mirror and self._random.random() < 0.5):
            image = image[:, ::-1]
        planes = np.asarray(image).reshape(*self._shape[1:], -1).transpose(2, 0, 1)
        if self.dtype != "float32":
            return np.asarray(np.minimum(planes, np.iinfo(self.dtype).max), self.dtype)
        channels = len(planes)
        mean, std = (np.array(each[:channels], np.float32).reshape(-1, 1, 1) for each in (self._mean, self._std))
        return np.asarray((planes.astype(np.float32) - mean) * np.float32(self._scale) / std, np.float32)

    def _resized(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        height, width = image.shape[:2]
        if self._resize > 0:
            if height > width:
                size = (self._resize, self._resize * height // width)
            else:
                size = (self._resize * width // height, self._resize)
            image = cv2.resize(image, size, interpolation=self._way)
        if self._pad_pixels:
            side = self._pad_pixels
            image = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_CONSTANT, value=[self._fill] * 4)
        height, width = image.shape[:2]
        if height < self._shape[1]:
            image = cv2.resize(image, (width * self._shape[1] // height, self._shape[1]), interpolation=self._way)
        height, width = image.shape[:2]
        if width < self._shape[2]:
            image = cv2.resize(image, (self._shape[2], height * self._shape[2] // width), interpolation=self._way)
        return image

    def _cropped(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        _, height, width = self._shape
        spare_y, spare_x = image.shape[0] - height, image.shape[1] - width
        if self._rand_crop:
            top, left = self._random.randint(0, spare_y), self._random.randint(0, spare_x)
        else:
            top, left = spare_y // 2, spare_x // 2
        return image[top : top + height, left : left + width]


class ImageRecordUInt8Iter(ImageRecordIter):
    """ImageRecordIter whose images are uint8."""

    dtype = "uint8"


class ImageRecordUInt8Iter_v1(ImageRecordUInt8Iter):
    """The old name."""


class ImageRecordInt8Iter(ImageRecordIter):
    """ImageRecordIter whose images are int8; brighter pixels become 127."""

    dtype = "int8"


class ImageRecordIter_v1(ImageRecordIter):
    """The old name."""


def _open(path: Any) -> recordio.MXRecordIO:
    if not os.path.exists(path):
        raise MXNetError(f"Cannot find any files that matches the URI pattern {path}")
    return recordio.MXRecordIO(path, "r")


def _offsets(file: recordio.MXRecordIO, parts: int, part: int) -> list[int]:
    """Where the records of a part begin: those that begin in its share of the bytes."""
    starts = []
    while True:
        start = file.position()
        if file.read() is None:
            break
        starts.append(start)
    share = -(-file.position() // parts)
    share += -share % 4
    return [start for start in starts if part * share <= start < (part + 1) * share]


def _labels(path: str) -> dict[int, npt.NDArray[np.float32]]:
    found = {}
    for line in lines(path):
        number, *labels, _ = line.split("\t")
        found[int(number)] = np.array(labels, np.float32)
    return found
