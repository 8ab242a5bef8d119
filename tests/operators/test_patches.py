"""Patches, correlation, deformable convolutions and first pooling by numbers worked out by hand."""

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


def test_patches_have_a_row_an_element_and_a_column_a_patch() -> None:
    made = run("im2col", ramp(1, 1, 3, 3), kernel=(2, 2), stride=(1, 1))
    assert made.tolist() == [[[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]]
    padded = run("im2col", ramp(1, 1, 2, 2), kernel=(2, 1), stride=(2, 1), pad=(1, 0), dilate=(1, 1))
    assert padded.tolist() == [[[0, 0, 2, 3], [0, 1, 0, 0]]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_columns_are_added_where_patches_overlap(dtype: Any) -> None:
    attrs = {"kernel": (2, 2), "output_size": (3, 3)}
    made = run("col2im", np.ones((1, 4, 4), dtype), **attrs)
    assert made.dtype == dtype
    assert made.tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
    # What falls on the padding is lost.
    made = run("col2im", np.ones((1, 4, 16), dtype), kernel=(2, 2), output_size=(3, 3), pad=(1, 1))
    assert made.tolist() == [[[[4] * 3] * 3]]


def test_correlation_has_a_channel_a_displacement() -> None:
    left, right = ramp(1, 2, 1, 3) + 1, np.float32([[[[1, 0, 0]], [[0, 0, 1]]]])
    attrs = {"kernel_size": 1, "max_displacement": 1, "pad_size": 1}
    made = run("Correlation", left, right, **attrs)
    assert made.shape == (1, 9, 1, 3)
    # The middle row of displacements is left, none, right; the others fall on padding.
    assert made[0, 3:6, 0].tolist() == [[0, 1, 0], [0.5, 0, 3], [0, 2.5, 0]]
    assert not made[0, :3].any()
    differences = run("Correlation", left, right, is_multiply=False, **attrs)
    assert differences[0, 4, 0].tolist() == [2, 3.5, 4]


def test_deformable_convolution_without_offsets_is_a_convolution() -> None:
    x, weight = ramp(1, 1, 3, 3), ramp(2, 1, 2, 2)
    attrs = {"kernel": (2, 2), "num_filter": 2, "no_bias": True}
    expected = run("Convolution", x, weight, **attrs)
    still = np.zeros((1, 8, 2, 2), np.float32)
    assert run("_contrib_DeformableConvolution", x, still, weight, **attrs).tolist() == expected.tolist()
    mask = np.full((1, 4, 2, 2), 0.5, np.float32)
    made = run("_contrib_ModulatedDeformableConvolution", x, still, mask, weight, **attrs)
    assert made.tolist() == (expected / 2).tolist()


def test_the_two_deformable_convolutions_differ_half_outside() -> None:
    x, weight = np.float32([[[[4, 8]]]]), np.ones((1, 1, 1, 1), np.float32)
    attrs = {"kernel": (1, 1), "num_filter": 1, "no_bias": True}
    # Half a pixel right: between the two, and half behind the last.
    offset = np.float32([[[[0, 0]], [[0.5, 0.5]]]])
    assert run("_contrib_DeformableConvolution", x, offset, weight, **attrs).ravel().tolist() == [6, 8]
    ones = np.ones((1, 1, 1, 2), np.float32)
    assert run("_contrib_ModulatedDeformableConvolution", x, offset, ones, weight, **attrs).ravel().tolist() == [6, 4]
    # Half a pixel left of the first, one outside and one in part.
    assert run("_contrib_DeformableConvolution", x, -offset, weight, **attrs).ravel().tolist() == [0, 6]
    made = run("_contrib_ModulatedDeformableConvolution", x, -offset, ones, weight, **attrs)
    assert made.ravel().tolist() == [2, 6]


def test_first_pooling_counts_padding_as_zeros_in_the_maximum() -> None:
    x = np.full((1, 1, 2, 2), -3, np.float32)
    attrs = {"kernel": (2, 2), "stride": (2, 2), "pad": (1, 1)}
    assert not run("Pooling_v1", x, pool_type="max", **attrs).any()
    assert (run("Pooling_v1", x, pool_type="avg", **attrs) == -0.75).all()
    assert run("Pooling_v1", x, pool_type="sum", global_pool=True, kernel=(1, 1)).item() == -12


def test_average_of_padding_alone_is_zero_but_nan_in_three_dimensions() -> None:
    attrs = {"pool_type": "avg", "pooling_convention": "full"}
    flat = run("Pooling", np.ones((1, 1, 4), np.float32), kernel=(2,), stride=(3,), pad=(1,), **attrs)
    assert flat.ravel().tolist() == [0.5, 1, 0]
    deep = run(
        "Pooling", np.ones((1, 1, 4, 1, 1), np.float32), kernel=(2, 1, 1), stride=(3, 1, 1), pad=(1, 0, 0), **attrs
    )
    assert deep.ravel() == pytest.approx([0.5, 1, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("operator", "shapes", "attrs"),
    [
        ("im2col", [(1, 1, 2, 2)], {"kernel": (3, 3)}),
        ("col2im", [(1, 3, 4)], {"kernel": (2, 2), "output_size": (3, 3)}),
        ("Correlation", [(1, 1, 4, 4), (1, 1, 4, 4)], {"kernel_size": 2}),
        ("Correlation", [(1, 1, 4, 4), (1, 1, 4, 4)], {"max_displacement": 2}),
        ("_contrib_DeformableConvolution", [(1, 1, 3, 3), (1, 2, 3, 3), (1, 1, 2, 2), (1,)], {"kernel": (2, 2)}),
        ("Pooling_v1", [(1, 1, 2, 2)], {"kernel": (3, 3)}),
        ("Pooling_v1", [(1, 1, 2, 2, 2)], {"kernel": (1, 1, 1)}),
    ],
)
def test_what_does_not_fit_is_refused(operator: str, shapes: list[tuple[int, ...]], attrs: dict[str, object]) -> None:
    filters = {"num_filter": 1} if "Convolution" in operator else {}
    with pytest.raises(MXNetError, match="Error in operator"):
        run(operator, *(np.zeros(shape, np.float32) for shape in shapes), **attrs, **filters)
