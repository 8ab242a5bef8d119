"""Histograms."""

from __future__ import annotations

import numpy as np

from offboard.operators.builder import FLOAT64, INT64, Value
from offboard.operators.record import Params, operator


def _equal_bins(p: Params, x: Value, data: Value) -> tuple[Value, Value, Value]:
    """The edges of equal bins in a range, the bin of each element, and whether it is inside."""
    g = p.graph
    start, stop = (float(bound) for bound in p.range)
    count = p.bin_cnt
    if start > stop or count < 1:
        raise ValueError(f"a histogram needs bins and an ascending range, not {count} bins in {p.range}")
    if start == stop:
        start, stop = start - 0.5, stop + 0.5
    steps = np.arange(count + 1)
    edges = ((stop * steps + (count - steps) * start) / count).astype(x.dtype)
    guess = ((data - start) * float(count) / (stop - start)).cast(np.int32).clip(0, count - 1)
    # Rounding may have put it one too far on either side of the edges. Nothing is beyond the outermost, as nothing is
    # beyond NaN.
    lower, upper = edges[:-1].astype(np.float64), edges[1:].astype(np.float64)
    lower[0] = upper[-1] = np.nan
    below, above = data < g.const(lower).gather(guess, 0), data >= g.const(upper).gather(guess, 0)
    chosen = guess - below.cast(np.int32) + above.cast(np.int32)
    return g.const(edges), chosen, (data >= start) & (data <= stop)


def _given_bins(bins: Value, x: Value, data: Value) -> tuple[Value, Value, Value]:
    """The edges given, the bin of each element, and whether it is between the first and the last."""
    g = x.graph
    if bins.ndim != 1 or bins.size < 2 or bins.dtype != x.dtype:
        raise ValueError(f"bins are a vector of two or more {x.dtype}, not {bins.shape} {bins.dtype}")
    count = bins.size - 1
    bounds = bins.cast(FLOAT64)
    # The first edge beyond an element ends its bin, as far as edges ascend or not.
    beyond = (data.unsqueeze(1) < bounds.unsqueeze(0)).cast(np.int32)
    first = g.emit("ArgMax", [beyond], (x.size,), INT64, axis=1, keepdims=0)
    chosen = g.where(beyond.max([1]), first - 1, g.const(count - 1, INT64))
    inside = (data >= bounds.slice(0, 0, 1)) & (data <= bounds.slice(0, count, count + 1))
    return bins, chosen, inside


@operator("_histogram", types=lambda p, dtypes: (dtypes, [INT64, dtypes[0]]))
def histogram(p: Params, x: Value, bins: Value | None = None) -> list[Value]:
    """Counts (int64) and edges of bins, equal ones in a range or between given edges; the last edge is inside."""
    g = p.graph
    if (p.bin_cnt is None) != (p.range is None):
        raise ValueError("cnt and range should both or neither specified")
    data = x.reshape((x.size,)).cast(FLOAT64)
    edges, chosen, inside = _equal_bins(p, x, data) if bins is None else _given_bins(bins, x, data)
    count = edges.size - 1
    # What is outside adds nothing to whatever bin it has.
    inputs = [g.full((count,), 0, INT64), chosen, inside.cast(INT64)]
    return [g.emit("ScatterElements", inputs, (count,), axis=0, reduction="add"), edges]
