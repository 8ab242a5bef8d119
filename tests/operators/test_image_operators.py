"""Image operators by numbers worked out by hand."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke

Array = npt.NDArray[Any]


def run(operator: str, *inputs: Array, **attrs: object) -> Array:
    return invoke(operator, inputs, {key: str(value) for key, value in attrs.items()})[0]


def picture(*shape: int, dtype: Any = np.uint8) -> Array:
    return (np.arange(np.prod(shape)) % 251).astype(dtype).reshape(shape)


def line(values: list[float], dtype: Any = np.uint8) -> Array:
    return np.array(values, dtype).reshape(1, -1, 1)


def test_tensor_has_channels_first_from_zero_to_one() -> None:
    x = np.array([[[0, 51, 255]], [[102, 0, 0]]], np.uint8)
    made = run("_image_to_tensor", x)
    assert made.dtype == np.float32
    assert made == pytest.approx(np.float32([[[0], [0.4]], [[0.2], [0]], [[1], [0]]]))
    assert run("_image_to_tensor", x[None]).shape == (1, 3, 2, 1)


def test_normalizing_floats_and_integers() -> None:
    x = np.float32([[[3]], [[5]], [[7]]])
    assert run("_image_normalize", x, mean="(1, 2, 3)", std="(2,)").ravel().tolist() == [1, 1.5, 2]
    whole = run("_image_normalize", x.astype(np.int32), mean="(0.5,)", std="(1.5,)")
    assert whole.dtype == np.int32
    assert whole.ravel().tolist() == [1, 3, 4]


def test_crop_and_flips() -> None:
    x = picture(3, 4, 1)
    assert run("_image_crop", x, x=1, y=1, width=2, height=2).ravel().tolist() == [5, 6, 9, 10]
    assert run("_image_crop", np.stack([x, x]), x=0, y=2, width=4, height=1).shape == (2, 1, 4, 1)
    odd = picture(3, 3, 1)
    assert run("_image_flip_left_right", odd)[..., 0].tolist() == [[2, 1, 0], [5, 4, 3], [8, 7, 6]]
    assert run("_image_flip_top_bottom", odd)[..., 0].tolist() == [[6, 7, 8], [3, 4, 5], [0, 1, 2]]


def test_lighting_saturates_bytes_and_leaves_grey_alone() -> None:
    # The first component alone: 55.46 times -0.5675, -0.5808 and -0.5836.
    expected = [-31.47355, -32.211168, -32.366456]
    made = run("_image_adjust_lighting", np.zeros((1, 1, 3), np.float32), alpha="(1, 0, 0)")
    assert made.ravel() == pytest.approx(expected, rel=1e-5)
    bright = np.array([[[10, 100, 255]]], np.uint8)
    assert run("_image_adjust_lighting", bright, alpha="(1, 0, 0)").ravel().tolist() == [0, 67, 222]
    assert run("_image_adjust_lighting", bright, alpha="(-1, 0, 0)").ravel().tolist() == [41, 132, 255]
    assert run("_image_adjust_lighting", line([7, 8]), alpha="(1, 0, 0)").ravel().tolist() == [7, 8]


@pytest.mark.parametrize(
    ("interp", "values", "width", "expected"),
    [
        (0, [10, 20, 30], 5, [10, 10, 20, 20, 30]),
        (1, [0, 100], 4, [0, 25, 75, 100]),
        # Half the width in one direction only: the centre between two.
        (1, [0, 100, 200, 250], 2, [50, 225]),
        (3, [0, 90, 30, 60], 2, [45, 45]),
        # Cells of 4 / 3: the first is all of one element and a third of the next.
        (3, [0, 120, 60, 100], 3, [30, 90, 90]),
        # A quarter on, the cubic weights (a = -0.75) of the two elements behind are 0.26171875 and -0.03515625.
        (2, [0, 100], 4, [0, 23, 77, 100]),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_resizing_a_line(interp: int, values: list[float], width: int, expected: list[float], dtype: Any) -> None:
    made = run("_image_resize", line(values, dtype), size=(width, 1), interp=interp)
    assert made.dtype == dtype
    inside = slice(1, -1) if interp == 2 else slice(None)
    assert made.ravel()[inside] == pytest.approx(expected[inside], abs=0 if dtype == np.uint8 else 0.4)


def test_halving_both_directions_averages_and_rounds_up() -> None:
    x = np.array([[[1], [2]], [[2], [1]]], np.uint8)
    assert run("_image_resize", x, size=(1,), interp=1).item() == 2
    assert run("_image_resize", x, size=(1,), interp=3).item() == 2


def test_what_lies_between_two_bytes_is_rounded_as_opencv_does() -> None:
    # Eight numbers of a cubic line are summed at once, in float32, and what is left of it in whole numbers.
    grey = line([77, 190, 136, 139])
    assert run("_image_resize", grey, size=(8, 1), interp=2).ravel().tolist() == [65, 104, 170, 190, 152, 131, 136, 139]
    assert run("_image_resize", grey, size=(7, 1), interp=2).ravel().tolist() == [66, 119, 186, 173, 134, 135, 139]
    # Areas are summed in float32 one after the other, and at once where they are of whole elements.
    rows = np.array([[117, 198, 217, 141], [41, 124, 81, 224], [235, 85, 0, 0]], np.uint8)[..., None]
    assert run("_image_resize", rows, size=(3, 2), interp=3).ravel().tolist() == [112, 173, 169, 152, 62, 63]
    whole = np.full((6, 6, 1), 106, np.uint8)
    whole[::2] += 1
    assert run("_image_resize", whole, size=(1, 1), interp=3).item() == 106


def test_lanczos_keeps_a_plain_colour_and_the_mean_of_a_ramp() -> None:
    plain = np.full((3, 3, 3), 77, np.uint8)
    assert (run("_image_resize", plain, size=(7, 5), interp=4) == 77).all()
    ramp = line([*range(0, 200, 10)], np.float32)
    assert run("_image_resize", ramp, size=(40, 1), interp=4).mean() == pytest.approx(95, rel=1e-3)


@pytest.mark.parametrize(
    ("shape", "attrs", "expected"),
    [
        ((4, 8, 3), {"size": (5,)}, (5, 5, 3)),
        ((4, 8, 3), {"size": (5,), "keep_ratio": True}, (5, 10, 3)),
        ((8, 4, 3), {"size": (5,), "keep_ratio": True}, (10, 5, 3)),
        ((2, 4, 8, 3), {"size": (3, 7)}, (2, 7, 3, 3)),
        ((4, 8, 3), {"size": (8, 4)}, (4, 8, 3)),
    ],
)
def test_size_is_width_before_height(
    shape: tuple[int, ...], attrs: dict[str, object], expected: tuple[int, ...]
) -> None:
    assert run("_image_resize", picture(*shape), **attrs).shape == expected


@pytest.mark.parametrize(
    ("operator", "x", "attrs"),
    [
        ("_image_crop", picture(3, 4, 1), {"x": 3, "y": 0, "width": 2, "height": 1}),
        ("_image_crop", picture(3, 4, 2), {"x": 0, "y": 0, "width": 2, "height": 1}),
        ("_image_flip_left_right", picture(1, 3, 4, 1), {}),
        ("_image_normalize", picture(3, 2, 2), {"mean": "(1, 2)", "std": "(1,)"}),
        ("_image_normalize", picture(3, 2, 2), {}),
        ("_image_resize", picture(2, 2), {"size": (2, 2)}),
        ("_image_resize", picture(2, 2, 1), {"size": (2, 2), "interp": 5}),
        ("_image_resize", picture(2, 2, 1, dtype=np.int32), {"size": (3, 3)}),
        ("_image_resize", picture(2, 2, 1, dtype=np.float16), {"size": (3, 3)}),
        ("_image_adjust_lighting", picture(2, 2, 3), {"alpha": "(1, 2)"}),
    ],
)
def test_what_does_not_fit_is_refused(operator: str, x: Array, attrs: dict[str, object]) -> None:
    with pytest.raises(MXNetError, match="Error in operator"):
        run(operator, x, **attrs)
