"""ImageDetRecordIter: batches of the images of a file of records, with labels of objects as they were packed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet.io.image_record import ImageRecordIter
from offboard.mxnet.io.rows import MXDataIter

__all__ = ["ImageDetRecordIter"]


class ImageDetRecordIter(ImageRecordIter):
    """Images (N, C, H, W), stretched to their size, and labels (N, 4 + most numbers of a label).

    A row of labels is channels, height and width of the image, how many numbers its label has, the label, and
    ``label_pad_value`` behind it.

    Args:
        label_pad_width: room for labels; 0 is that of the longest.
        label_pad_value: stands behind shorter labels.
        label_width: how many numbers every label has; -1 takes any.
        kwargs: those of :class:`ImageRecordIter`.
    """

    def __init__(
        self, *args: Any, label_pad_width: int = 0, label_pad_value: float = -1.0, label_width: int = -1, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._pad_value = label_pad_value
        widths = [np.size(self._values(self._record(row)[0])) for row in range(len(self._offsets))]
        for width in widths:
            if label_width not in (-1, width):
                raise MXNetError(f"rec file provide {width}-dimensional label but label_width is set to {label_width}")
        if 0 < label_pad_width < max(widths):
            raise MXNetError(f"label_pad_width: {label_pad_width} smaller than estimated width: {max(widths)}")
        self._label_size = 4 + max(label_pad_width, *widths)

    def _values(self, header: Any) -> npt.NDArray[np.float32]:
        given = header.label if self._listed is None else self._listed[header.id]
        return np.ravel(given).astype(np.float32)

    def _label(self, header: Any) -> npt.NDArray[np.float32]:
        values = self._values(header)
        row = np.full(self._label_size, self._pad_value, np.float32)
        row[: 4 + values.size] = [*self._shape, values.size, *values]
        return row

    def _shapes(self) -> Sequence[tuple[tuple[int, ...], Any]]:
        return [super()._shapes()[0], ((self._label_size,), np.float32)]

    def _resized(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        _, height, width = self._shape
        return np.asarray(cv2.resize(image, (width, height), interpolation=self._way))

    def getindex(self) -> npt.NDArray[np.uint64]:
        """The numbers of the images."""
        return MXDataIter.getindex(self)
