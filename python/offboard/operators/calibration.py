"""Calibration for quantization: where to clip, so that the least information is lost."""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, INT64, Builder, Value
from offboard.operators.loops import outer, repeat
from offboard.operators.record import Params, operator

# What an empty bin is given, as a part of 1, and the others pay for.
_SMOOTHING = 0.0001


def _smooth(distribution: Value, window: Value) -> tuple[Value, Value]:
    """The distribution inside a window without zeros, normalized, and whether there is one."""
    g = distribution.graph
    filled = window & ~distribution.equals(0)
    count = filled.cast(FLOAT64).sum([0])
    zeros = window.cast(FLOAT64).sum([0]) - count
    taken = zeros * _SMOOTHING / g.maximum(count, g.const(1.0))
    smoothed = g.where(filled, distribution - taken, g.where(window, g.const(_SMOOTHING), g.const(0.0)))
    return smoothed / smoothed.sum([0]), (count > 0) & (taken < 1.0)


@operator("_contrib_calibrate_entropy")
def calibrate_entropy(p: Params, histogram: Value, edges: Value) -> list[Value]:
    """The threshold (1,) and divergence (1,) of the clipping whose quantized distribution diverges least.

    Clippings are windows around the middle bin, each one bin wider on both sides than the last; what is outside is
    counted in the window's outermost bins, and its bins are merged into ``num_quantized_bins``.
    """
    g = p.graph
    bins, levels = histogram.size, p.num_quantized_bins
    if histogram.dtype != FLOAT32 or edges.dtype != FLOAT32:
        raise ValueError("calibrate_entropy takes float32")
    if edges.size != bins + 1:
        raise ValueError(f"{bins} bins have {bins + 1} edges, not {edges.size}")
    if bins % 2 == 0 or not 1 <= levels <= bins:
        raise ValueError(f"calibrate_entropy needs an odd number of bins, at least {levels}, not {bins}")
    counts = histogram.reshape((bins,)).cast(FLOAT64)
    bounds = edges.reshape((bins + 1,)).cast(FLOAT64)
    middle = bins // 2

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        divergence, threshold = carried
        everything = outer(body, counts)
        half = index + levels // 2
        position = body.const(np.arange(bins, dtype=np.int64))
        start, stop = middle - half, half + (middle + 1)
        window = (position >= start) & (position < stop)
        zero, none = body.const(0.0), body.const(0, INT64)
        # The first bin of the window holds all that is left of it, and counts for nothing when bins are merged.
        inner = body.where(window & (position > start), everything.floor(), zero)
        below = body.where(position <= start, everything, zero).sum([0])
        above = body.where(position >= stop, everything, zero).sum([0])
        clipped = body.where(window, everything, zero)
        clipped = body.where(position.equals(start), below, clipped)
        clipped = clipped + body.where(position.equals(stop - 1), above, zero)

        merged = (half * 2 + 1) / levels
        level = body.minimum((position - start) / merged, body.const(levels - 1, INT64))
        level = body.where(window, level, none)
        empty = body.full((levels,), 0.0, FLOAT64)
        totals, filled = (
            body.emit("ScatterElements", [empty, level, each], (levels,), axis=0, reduction="add")
            for each in (inner, (~inner.equals(0)).cast(FLOAT64))
        )
        share = totals / body.maximum(filled, body.const(1.0))
        quantized = body.where(window & ~clipped.equals(0), share.gather(level, 0), zero)
        quantized = body.where(filled.gather(level, 0).equals(0), zero, quantized)
        exact, _ = _smooth(clipped, window)
        coarse, fine = _smooth(quantized, window)
        ratio = body.where(window, exact, body.const(1.0)) / body.where(window, coarse, body.const(1.0))
        terms = body.where(window, exact * ratio.log(), zero)
        found = body.where(fine, terms.sum([0]), body.const(math.inf))
        better = found < divergence
        bound = outer(body, bounds).gather(stop, 0)
        return [body.where(better, found, divergence), body.where(better, bound, threshold)]

    largest = float(np.finfo(np.float32).max)
    first = bounds.slice(0, middle + levels // 2 + 1, middle + levels // 2 + 2).reshape(())
    divergence, threshold = repeat(middle + 1 - levels // 2, [g.const(largest), first], step)
    return [threshold.cast(FLOAT32).reshape((1,)), divergence.cast(FLOAT32).reshape((1,))]
