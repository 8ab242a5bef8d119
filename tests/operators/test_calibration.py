"""Calibration against the same search written for one histogram with lists."""

import math

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke


def smooth(values: list[float]) -> list[float] | None:
    zeros = sum(value == 0 for value in values)
    filled = len(values) - zeros
    if not filled or zeros * 1e-4 / filled >= 1:
        return None
    made = [value - zeros * 1e-4 / filled if value else 1e-4 for value in values]
    return [value / sum(made) for value in made]


def search(counts: list[int], edges: list[float], levels: int) -> tuple[float, float]:
    best, threshold = math.inf, 0.0
    middle = len(counts) // 2
    for half in range(levels // 2, middle + 1):
        start, stop = middle - half, middle + half + 1
        clipped = [float(count) for count in counts[start:stop]]
        merged = list(clipped)
        merged[0] = 0
        clipped[0] = sum(counts[: start + 1])
        clipped[-1] += sum(counts[stop:])
        width = len(clipped) // levels
        quantized = [0.0] * len(clipped)
        for level in range(levels):
            inside = range(level * width, len(clipped) if level == levels - 1 else (level + 1) * width)
            filled = sum(merged[i] != 0 for i in inside)
            for i in inside:
                if filled and clipped[i]:
                    quantized[i] = sum(merged[j] for j in inside) / filled
        exact, coarse = smooth(clipped), smooth(quantized)
        if exact is None or coarse is None:
            continue
        divergence = sum(a * math.log(a / b) for a, b in zip(exact, coarse, strict=True))
        if divergence < best:
            best, threshold = divergence, edges[stop]
    return threshold, best


@pytest.mark.parametrize("levels", [3, 4, 7])
def test_the_least_divergent_threshold(levels: int) -> None:
    counts = np.random.default_rng(levels).poisson(20 * np.exp(-np.abs(np.linspace(-3, 3, 31)))).astype("float32")
    edges = np.linspace(-1, 1, 32, dtype="float32")
    threshold, divergence = invoke("_contrib_calibrate_entropy", [counts, edges], {"num_quantized_bins": str(levels)})
    expected = search([int(count) for count in counts], edges.tolist(), levels)
    assert (float(threshold[0]), float(divergence[0])) == pytest.approx(expected, rel=1e-5)


def test_an_empty_histogram_has_no_divergence() -> None:
    edges = np.linspace(-1, 1, 10, dtype="float32")
    threshold, divergence = invoke(
        "_contrib_calibrate_entropy", [np.zeros(9, np.float32), edges], {"num_quantized_bins": "3"}
    )
    assert threshold.tolist() == [edges[6]]
    assert divergence.tolist() == [np.finfo(np.float32).max]


def test_refusals() -> None:
    with pytest.raises(MXNetError, match="odd number of bins"):
        invoke("_contrib_calibrate_entropy", [np.ones(8, np.float32), np.ones(9, np.float32)], {})
    with pytest.raises(MXNetError, match="10 edges"):
        invoke("_contrib_calibrate_entropy", [np.ones(9, np.float32), np.ones(9, np.float32)], {})
