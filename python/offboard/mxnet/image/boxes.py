"""Labels of objects in an image as rows: class, then left, top, right and bottom as shares of the image's sides."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Labels", "areas", "covered", "in_window", "mirrored", "moved"]

Labels: TypeAlias = "npt.NDArray[Any]"
# Left, top, width and height in pixels.
Window = tuple[int, int, int, int]


def areas(boxes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The area of each box (left, top, right, bottom)."""
    made: npt.NDArray[Any] = np.maximum(0, boxes[:, 3] - boxes[:, 1]) * np.maximum(0, boxes[:, 2] - boxes[:, 0])
    return made


def mirrored(labels: Labels) -> Labels:
    """Labels of the image mirrored left to right."""
    made = labels.copy()
    made[:, 1], made[:, 3] = 1.0 - labels[:, 3], 1.0 - labels[:, 1]
    return made


def moved(labels: Labels, window: Window, height: int, width: int) -> Labels:
    """Labels of an image put onto a larger canvas, where it begins at the window's corner."""
    left, top, new_width, new_height = window
    made = labels.copy()
    made[:, (1, 3)] = (labels[:, (1, 3)] * width + left) / new_width
    made[:, (2, 4)] = (labels[:, (2, 4)] * height + top) / new_height
    return made


def covered(labels: Labels, window: Window, height: int, width: int, least: float) -> bool:
    """Whether every object that a window touches is in it by more than a share; False when there is none."""
    left, top, new_width, new_height = window
    if new_width * new_height < 2:
        return False
    boxes = labels[areas(labels[:, 1:]) * width * height > 2, 1:5]
    sides = left / width, top / height, (left + new_width) / width, (top + new_height) / height
    inside = np.concatenate([np.maximum(boxes[:, :2], sides[:2]), np.minimum(boxes[:, 2:], sides[2:])], 1)
    shares = areas(inside) / areas(boxes)
    touched = shares[shares > 0]
    return bool(touched.size and touched.min() > least)


def in_window(labels: Labels, window: Window, height: int, width: int, least: float) -> Labels | None:
    """Labels of a window's image, without objects of which less than a share is left; None when none is."""
    left, top, new_width, new_height = window
    share_x, share_y = new_width / width, new_height / height
    made = labels.copy()
    made[:, (1, 3)] = (labels[:, (1, 3)] - left / width) / share_x
    made[:, (2, 4)] = (labels[:, (2, 4)] - top / height) / share_y
    made[:, 1:5] = np.clip(made[:, 1:5], 0, 1)
    coverage = areas(made[:, 1:]) * share_x * share_y / areas(labels[:, 1:])
    kept = (made[:, 3] > made[:, 1]) & (made[:, 4] > made[:, 2]) & (coverage > least)
    return made[kept] if kept.any() else None
