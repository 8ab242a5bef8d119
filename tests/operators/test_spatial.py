"""Spatial operators by small cases with numbers worked out by hand."""

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


def test_upsampling_repeats_pixels_and_joins_maps_of_several_sizes() -> None:
    small, large = ramp(1, 1, 1, 2), ramp(1, 1, 2, 4)
    joined = run("UpSampling", small, large, scale=2, sample_type="nearest", num_args=2)
    assert joined.tolist() == [[[[0, 0, 1, 1], [0, 0, 1, 1]], [[0, 1, 2, 3], [4, 5, 6, 7]]]]
    summed = run("UpSampling", small, large, scale=2, sample_type="nearest", num_args=2, multi_input_mode="sum")
    assert summed.tolist() == [[[[0, 1, 3, 4], [4, 5, 7, 8]]]]


def test_upsampling_by_weight_is_a_transposed_convolution() -> None:
    made = run(
        "UpSampling", np.float32([[[[3]]]]), ramp(1, 1, 4, 4), scale=2, sample_type="bilinear", num_args=2, num_filter=1
    )
    assert made.tolist() == [[[[15, 18], [27, 30]]]]


@pytest.mark.parametrize(
    ("align_corners", "expected"), [(True, [0, 0.75, 1.5, 2.25, 3]), (False, [0, 0.7, 1.5, 2.3, 3])]
)
def test_bilinear_resize_aligns_corners_or_centres(align_corners: bool, expected: list[float]) -> None:
    made = run("_contrib_BilinearResize2D", ramp(1, 1, 1, 4), height=1, width=5, align_corners=align_corners)
    assert made.ravel() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("attrs", "size"),
    [
        ({"mode": "to_even_down"}, (4, 4)),
        ({"mode": "to_even_up"}, (6, 4)),
        ({"mode": "to_odd_down"}, (5, 3)),
        ({"mode": "to_odd_up"}, (5, 5)),
        ({"mode": "odd_scale", "scale_height": 2, "scale_width": 2}, (9, 8)),
        ({"mode": "size", "scale_height": 0.5, "scale_width": 1.5}, (2, 6)),
    ],
)
def test_bilinear_resize_modes_say_the_size(attrs: dict[str, object], size: tuple[int, int]) -> None:
    assert run("_contrib_BilinearResize2D", ramp(1, 1, 5, 4), **attrs).shape == (1, 1, *size)


def test_bilinear_resize_like_another_map() -> None:
    assert run("_contrib_BilinearResize2D", ramp(1, 2, 5, 4), ramp(3, 1, 2, 7), mode="like").shape == (1, 2, 2, 7)


def test_affine_grid_of_identity_and_flow_of_nothing_agree() -> None:
    expected = [[[[-1, 0, 1], [-1, 0, 1]], [[-1, -1, -1], [1, 1, 1]]]]
    identity = np.float32([[1, 0, 0, 0, 1, 0]])
    assert run("GridGenerator", identity, transform_type="affine", target_shape=(2, 3)).tolist() == expected
    assert run("GridGenerator", np.zeros((1, 2, 2, 3), np.float32), transform_type="warp").tolist() == expected


def test_sampler_takes_zero_outside_and_interpolates_across_the_edge() -> None:
    x = np.float32([[[[2, 4]]]])
    right = np.float32([-3, -2, -1, 0, 1, 2, 5])
    grid = np.stack([right, np.full(7, -1, np.float32)]).reshape(1, 2, 1, 7)
    assert run("BilinearSampler", x, grid).ravel().tolist() == [0, 1, 2, 3, 4, 2, 0]


def test_sampler_keeps_nan_of_a_map_where_it_is() -> None:
    x = np.float32([[[[1, np.nan, 3]]]])
    grid = np.float32([-1, 0.5, -3, -1, -1, -1]).reshape(1, 2, 1, 3)
    assert np.isnan(run("BilinearSampler", x, grid)).ravel().tolist() == [True, True, False]


def test_transformer_shifts_by_its_matrix() -> None:
    loc = np.float32([[1, 0, 1, 0, 1, 0]])
    attrs = {"transform_type": "affine", "sampler_type": "bilinear", "target_shape": (2, 3)}
    made = run("SpatialTransformer", ramp(1, 1, 2, 3), loc, **attrs)
    assert made.tolist() == [[[[1, 2, 0], [4, 5, 0]]]]


def test_crop_at_an_offset_in_the_centre_and_like_another() -> None:
    x = ramp(1, 1, 4, 4)
    assert run("Crop", x, num_args=1, h_w=(2, 2), offset=(1, 2)).ravel().tolist() == [6, 7, 10, 11]
    assert run("Crop", x, num_args=1, h_w=(2, 2), center_crop=True).ravel().tolist() == [5, 6, 9, 10]
    assert run("Crop", x, ramp(1, 3, 1, 2), num_args=2).ravel().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("operator", "inputs", "attrs"),
    [
        ("Crop", [ramp(1, 1, 4, 4)], {"num_args": 1, "h_w": (5, 2)}),
        ("Crop", [ramp(1, 1, 4, 4)], {"num_args": 1, "h_w": (3, 3), "offset": (2, 0)}),
        ("GridGenerator", [ramp(1, 5)], {"transform_type": "affine", "target_shape": (2, 2)}),
        ("GridGenerator", [ramp(1, 6)], {"transform_type": "affine"}),
        ("GridGenerator", [ramp(1, 6).astype(np.float64)], {"transform_type": "affine", "target_shape": (2, 2)}),
        ("BilinearSampler", [ramp(2, 1, 2, 2), ramp(1, 2, 2, 2)], {}),
        ("UpSampling", [ramp(1, 1, 2, 2), ramp(1, 1, 3, 3)], {"scale": 2, "sample_type": "nearest", "num_args": 2}),
    ],
)
def test_what_does_not_fit_is_refused(operator: str, inputs: list[Array], attrs: dict[str, object]) -> None:
    with pytest.raises(MXNetError, match="Error in operator"):
        run(operator, *inputs, **attrs)


@pytest.mark.parametrize("scale", [2, 3, 7, 16, 17])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_upsampling_repeats_pixels(scale: int, dtype: str) -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 61, 43)).astype(dtype)
    attrs = {"scale": str(scale), "sample_type": "nearest", "num_args": "1"}
    (made,) = invoke("UpSampling", [x], attrs)
    np.testing.assert_array_equal(made, x.repeat(scale, 2).repeat(scale, 3))
