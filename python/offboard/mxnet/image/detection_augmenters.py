"""Augmenters of images with the objects in them: ``image, labels = augmenter(image, labels)``."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from offboard.mxnet.image import boxes, pixels
from offboard.mxnet.image.augmenters import (
    Augmenter,
    CastAug,
    ColorJitterAug,
    ForceResizeAug,
    HueJitterAug,
    RandomGrayAug,
    ResizeAug,
    lighting,
    normalizing,
    plain,
)
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = [
    "CreateDetAugmenter", "CreateMultiRandCropAugmenter", "DetAugmenter", "DetBorrowAug", "DetHorizontalFlipAug",
    "DetRandomCropAug", "DetRandomPadAug", "DetRandomSelectAug",
]  # fmt: skip

Sample = tuple[NDArray, boxes.Labels]


class DetAugmenter:
    """Takes an image (HWC) and its labels (NumPy) and gives both; its arguments are kept for :meth:`dumps`."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = {key: plain(value) for key, value in kwargs.items()}

    def dumps(self) -> Any:
        """The class and its arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray, label: boxes.Labels) -> Sample:
        """Both, changed."""
        raise NotImplementedError("Must override implementation.")


class DetBorrowAug(DetAugmenter):
    """An augmenter that does not move objects."""

    def __init__(self, augmenter: Augmenter) -> None:
        if not isinstance(augmenter, Augmenter):
            raise TypeError("Borrowing from invalid Augmenter")
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> Any:
        """The class and what the augmenter dumps."""
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: boxes.Labels) -> Sample:
        """The image changed, the labels as they were."""
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """One of several at random, or none with ``skip_prob``."""

    def __init__(self, aug_list: Any, skip_prob: float = 0) -> None:
        chosen = list(aug_list) if isinstance(aug_list, (list, tuple)) else [aug_list]
        if not all(isinstance(each, DetAugmenter) for each in chosen):
            raise ValueError("Allow DetAugmenter in list only")
        super().__init__(skip_prob=skip_prob)
        self.aug_list, self.skip_prob = chosen, skip_prob if chosen else 1

    def dumps(self) -> Any:
        """The class and what its members dump."""
        return [type(self).__name__.lower(), [each.dumps() for each in self.aug_list]]

    def __call__(self, src: NDArray, label: boxes.Labels) -> Sample:
        """What the one chosen makes of both."""
        if random.random() < self.skip_prob:
            return src, label
        random.shuffle(self.aug_list)
        made: Sample = self.aug_list[0](src, label)
        return made


class DetHorizontalFlipAug(DetAugmenter):
    """Mirrored left to right with probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: boxes.Labels) -> Sample:
        """Both, mirrored or as they were."""
        if random.random() >= self.p:
            return src, label
        return NDArray(np.ascontiguousarray(src._data[:, ::-1])), boxes.mirrored(label)


def _range(value: Any) -> tuple[float, float]:
    return (value, value) if isinstance(value, (int, float)) else tuple(value)


class _RandomArea(DetAugmenter):
    """What a random window and a random canvas have in common: an area and a ratio of sides from ranges."""

    _LEAST_AREA: float

    def __init__(self, aspect_ratio_range: Any, area_range: Any, max_attempts: int, **kwargs: Any) -> None:
        ratios, shares = _range(aspect_ratio_range), _range(area_range)
        super().__init__(aspect_ratio_range=ratios, area_range=shares, max_attempts=max_attempts, **kwargs)
        self.aspect_ratio_range, self.area_range, self.max_attempts = ratios, shares, max_attempts
        self.enabled = self._LEAST_AREA < shares[1] >= shares[0] and 0 < ratios[0] <= ratios[1]
        if not self.enabled:
            warnings.warn(
                f"Skip {type(self).__name__} due to invalid ranges: area {shares}, ratio {ratios}", stacklevel=3
            )

    def _heights(self, ratio: float, height: int, width: int) -> tuple[int, int]:
        """The least and the largest height of the areas allowed."""
        least, most = (round(sqrt(share * height * width / ratio)) for share in self.area_range)
        return least, most


class DetRandomCropAug(_RandomArea):
    """A window in which more than ``min_object_covered`` of the objects that it touches is seen.

    Objects of which less than ``min_eject_coverage`` is left are left out; without such a window all stays.
    """

    _LEAST_AREA = 0.0

    def __init__(
        self,
        min_object_covered: float = 0.1,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (0.05, 1.0),
        min_eject_coverage: float = 0.3,
        max_attempts: int = 50,
    ) -> None:
        super().__init__(
            aspect_ratio_range,
            area_range,
            max_attempts,
            min_object_covered=min_object_covered,
            min_eject_coverage=min_eject_coverage,
        )
        self.min_object_covered, self.min_eject_coverage = min_object_covered, min_eject_coverage

    def __call__(self, src: NDArray, label: boxes.Labels) -> Sample:
        """The window and its labels."""
        height, width = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled else 0):
            window = self._drawn(height, width)
            if window is None or not boxes.covered(label, window, height, width, self.min_object_covered):
                continue
            kept = boxes.in_window(label, window, height, width, self.min_eject_coverage)
            if kept is not None:
                return pixels.fixed_crop(src, *window), kept
        return src, label

    def _drawn(self, height: int, width: int) -> tuple[int, int, int, int] | None:
        ratio = random.uniform(*self.aspect_ratio_range)
        low, high = self._heights(ratio, height, width)
        if round(high * ratio) > width:
            high = int((width + 0.4999999) / ratio)
        high = min(high, height)
        rows = random.randint(low, high) if low < high else high
        least, most = (share * height * width for share in self.area_range)
        if rows * round(rows * ratio) < least:
            rows += 1
        elif rows * round(rows * ratio) > most:
            rows -= 1
        columns = round(rows * ratio)
        if not (least <= rows * columns <= most and 0 <= columns <= width and 0 <= rows <= height):
            return None
        y = random.randint(0, height - rows)
        return random.randint(0, width - columns), y, columns, rows


class DetRandomPadAug(_RandomArea):
    """The image somewhere on a larger canvas of one colour."""

    _LEAST_AREA = 1.0

    def __init__(
        self,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (1.0, 3.0),
        max_attempts: int = 50,
        pad_val: Any = (128, 128, 128),
    ) -> None:
        self.pad_val = tuple(pad_val) if isinstance(pad_val, (list, tuple)) else (pad_val,) * 3
        super().__init__(aspect_ratio_range, area_range, max_attempts, pad_val=self.pad_val)

    def __call__(self, src: NDArray, label: boxes.Labels) -> Sample:
        """The canvas and the moved labels."""
        height, width = src.shape[:2]
        for _ in range(self.max_attempts if self.enabled else 0):
            ratio = random.uniform(*self.aspect_ratio_range)
            low, high = self._heights(ratio, height, width)
            if round(low * ratio) < width:
                low = int((width + 0.499999) / ratio)
            low = min(max(low, height), high)
            rows = random.randint(low, high) if low < high else low
            columns = round(rows * ratio)
            if rows - height < 2 or columns - width < 2:
                continue
            y = random.randint(0, rows - height)
            x = random.randint(0, columns - width)
            border = (y, rows - y - height, x, columns - x - width)
            padded = pixels.copyMakeBorder(src, *border, 16, values=self.pad_val)
            return padded, boxes.moved(label, (x, y, columns, rows), height, width)
        return src, label


def CreateMultiRandCropAugmenter(
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    skip_prob: float = 0,
) -> DetRandomSelectAug:
    """One of several random windows; arguments that are lists say how many, others are for all."""
    given = (min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts)
    count = max(len(each) if isinstance(each, list) else 1 for each in given)
    columns = [each if isinstance(each, list) and len(each) == count else _single(each) * count for each in given]
    return DetRandomSelectAug([DetRandomCropAug(*row) for row in zip(*columns, strict=True)], skip_prob)


def _single(value: Any) -> list[Any]:
    assert not isinstance(value, list) or len(value) == 1
    return value if isinstance(value, list) else [value]


def CreateDetAugmenter(
    data_shape: Sequence[int],
    resize: int = 0,
    rand_crop: float = 0,
    rand_pad: float = 0,
    rand_gray: float = 0,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    pca_noise: float = 0,
    hue: float = 0,
    inter_method: int = 2,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 3.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    pad_val: Any = (127, 127, 127),
) -> list[DetAugmenter]:
    """The usual augmenters for images of ``data_shape`` (channels, height, width) with objects."""
    made: list[DetAugmenter] = [DetBorrowAug(ResizeAug(resize, inter_method))] if resize > 0 else []
    if rand_crop > 0:
        made.append(
            CreateMultiRandCropAugmenter(
                min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts, 1 - rand_crop
            )
        )
    if rand_mirror:
        made.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        pad = DetRandomPadAug(aspect_ratio_range, (1.0, area_range[1]), max_attempts, pad_val)
        made.append(DetRandomSelectAug([pad], 1 - rand_pad))
    plain_ones: list[Augmenter] = [ForceResizeAug((data_shape[2], data_shape[1]), inter_method), CastAug()]
    if brightness or contrast or saturation:
        plain_ones.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        plain_ones.append(HueJitterAug(hue))
    if pca_noise > 0:
        plain_ones.append(lighting(pca_noise))
    if rand_gray > 0:
        plain_ones.append(RandomGrayAug(rand_gray))
    return made + [DetBorrowAug(each) for each in (*plain_ones, *normalizing(mean, std))]
