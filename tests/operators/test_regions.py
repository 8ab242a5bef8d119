"""Pooling and alignment of regions by numbers worked out by hand."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke

Array = npt.NDArray[Any]


def run(operator: str, *inputs: Array, **attrs: object) -> Array:
    return invoke(operator, inputs, {key: str(value) for key, value in attrs.items()})[0]


def ramp(*shape: int) -> Array:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


ONE = {"pooled_size": (1, 1), "spatial_scale": 1.0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_roi_pooling_rounds_regions_and_makes_empty_bins_zero(dtype: Any) -> None:
    x = ramp(2, 1, 4, 4).astype(dtype)
    rois = np.array([[0, 0, 0, 3, 3], [1, 1.5, 0.4, 1.5, 0.4], [0, 9, 9, 12, 12]], dtype)
    made = run("ROIPooling", x, rois, pooled_size=(2, 2), spatial_scale=1.0)
    assert made.reshape(3, 4).tolist() == [[5, 7, 13, 15], [18, 18, 18, 18], [0, 0, 0, 0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_roi_pooling_ignores_nan(dtype: Any) -> None:
    x = np.array([[[[np.nan, 3], [-1, np.nan]]]], dtype)
    assert run("ROIPooling", x, np.array([[0, 0, 0, 1, 1]], dtype), **ONE).item() == 3


def test_roi_align_averages_samples_and_reads_image_zero_without_a_column() -> None:
    x = ramp(1, 1, 4, 4)
    boxes = np.float32([[0, 0, 2, 2]])
    # Samples at 0.5 and 1.5 in both directions: the value is 4 * down + right.
    assert run("_contrib_ROIAlign", x, boxes, sample_ratio=2, **ONE).item() == 5
    # Aligned, everything is half a pixel before.
    assert run("_contrib_ROIAlign", x, boxes, sample_ratio=2, aligned=True, **ONE).item() == 2.5


def test_roi_align_of_a_negative_image_is_zero() -> None:
    made = run("_contrib_ROIAlign", ramp(2, 1, 4, 4) + 1, np.float32([[-1, 0, 0, 2, 2], [1, 0, 0, 2, 2]]), **ONE)
    assert made.ravel().tolist() == [0, 22]


def test_roi_align_by_position_reads_one_channel_a_bin() -> None:
    x = np.repeat(np.float32([1, 2, 3, 4]), 9).reshape(1, 4, 3, 3)
    attrs = {"pooled_size": (2, 2), "spatial_scale": 1.0, "position_sensitive": True, "sample_ratio": 1}
    assert run("_contrib_ROIAlign", x, np.float32([[0, 0, 0, 2, 2]]), **attrs).tolist() == [[[[1, 2], [3, 4]]]]


def test_rotated_region_of_a_quarter_turn() -> None:
    x = ramp(1, 1, 5, 5)
    rois = np.float32([[0, 2, 2, 2, 2, 0], [0, 2, 2, 2, 2, 90]])
    made = run("_contrib_RROIAlign", x, rois, pooled_size=(1, 2), spatial_scale=1.0, sampling_ratio=1)
    assert made.reshape(2, 2) == pytest.approx(np.float32([[11.5, 12.5], [14.5, 9.5]]), rel=1e-5)


def test_position_sensitive_pooling_averages_whole_pixels() -> None:
    x = np.concatenate([ramp(1, 1, 4, 4) + 100 * channel for channel in range(4)], 1)
    attrs = {"pooled_size": 2, "output_dim": 1, "spatial_scale": 1.0}
    made = run("_contrib_PSROIPooling", x, np.float32([[0, 0, 0, 3, 3], [0, 8, 8, 9, 9]]), **attrs)
    assert made.reshape(2, 4).tolist() == [[2.5, 104.5, 210.5, 312.5], [0, 0, 0, 0]]


def test_deformable_pooling_moves_bins_by_shares_of_the_region() -> None:
    x = ramp(1, 1, 8, 8)
    rois = np.float32([[0, 2, 2, 3, 3]])
    attrs = {"pooled_size": 1, "output_dim": 1, "group_size": 1, "spatial_scale": 1.0, "sample_per_part": 1}
    # The region starts at 1.5 and is 2 wide; a move by (0.5 right, 1 down) times 0.5 is 0.5 and 1 pixels.
    trans = np.float32([[[[0.5]], [[1.0]]]])
    assert run("_contrib_DeformablePSROIPooling", x, rois, no_trans=True, **attrs).item() == 13.5
    assert run("_contrib_DeformablePSROIPooling", x, rois, trans, trans_std=0.5, **attrs).item() == 22


@pytest.mark.parametrize(
    ("operator", "shapes", "attrs"),
    [
        ("ROIPooling", [(1, 1, 4, 4), (1, 4)], ONE),
        ("_contrib_ROIAlign", [(1, 1, 4), (1, 5)], ONE),
        ("_contrib_RROIAlign", [(1, 1, 4, 4), (1, 5)], ONE),
        ("_contrib_PSROIPooling", [(1, 3, 4, 4), (1, 5)], {"pooled_size": 2, "output_dim": 1, "spatial_scale": 1}),
    ],
)
def test_what_does_not_fit_is_refused(operator: str, shapes: list[tuple[int, ...]], attrs: dict[str, object]) -> None:
    with pytest.raises(MXNetError, match="Error in operator"):
        run(operator, *(ramp(*shape) for shape in shapes), **attrs)
