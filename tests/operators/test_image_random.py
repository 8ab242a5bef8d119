"""Random image operators where their range is one number, as real MXNet computes them."""

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.operators import draws
from offboard.runtime.imperative import invoke

IMAGE = np.array([[[172, 47, 117], [192, 67, 251]], [[195, 103, 9], [211, 21, 242]]], np.uint8)

# With both factors 0.5; computed by MXNet 1.9.1.
EXPECTED = {
    "brightness": [[[86, 23, 58], [96, 33, 125]], [[97, 51, 4], [105, 10, 121]]],
    "contrast": [[[141, 78, 113], [151, 88, 180]], [[152, 106, 59], [160, 65, 176]]],
    "saturation": [[[92, 30, 65], [110, 47, 139]], [[98, 52, 5], [119, 24, 134]]],
    "hue": [[[46, 172, 102], [125, 250, 67]], [[8, 100, 195], [51, 242, 20]]],
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_one_factor(kind: str) -> None:
    (made,) = invoke(f"_image_random_{kind}", [IMAGE], {"min_factor": "0.5", "max_factor": "0.5"})
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made, EXPECTED[kind])


def test_nothing_to_change() -> None:
    still = {"brightness": "0", "contrast": "0", "saturation": "0", "hue": "0"}
    np.testing.assert_array_equal(invoke("_image_random_color_jitter", [IMAGE], still)[0], IMAGE)
    np.testing.assert_array_equal(invoke("_image_random_lighting", [IMAGE], {"alpha_std": "0"})[0], IMAGE)
    grey = IMAGE[:, :, :1]
    for kind in ("hue", "saturation"):
        (made,) = invoke(f"_image_random_{kind}", [grey], {"min_factor": "0.5", "max_factor": "0.5"})
        np.testing.assert_array_equal(made, grey)


def test_flips_half_of_the_time() -> None:
    draws.seed(1)
    flips = [(invoke("_image_random_flip_left_right", [IMAGE], {})[0] != IMAGE).any() for _ in range(200)]
    assert 60 < sum(flips) < 140


def test_one_image_only() -> None:
    with pytest.raises(MXNetError, match="must have shape"):
        invoke("_image_random_hue", [IMAGE[None]], {"min_factor": "0.5", "max_factor": "0.5"})
