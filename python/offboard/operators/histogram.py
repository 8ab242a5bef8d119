"""Histograms."""

from __future__ import annotations

import numpy as np

from offboard.operators.builder import FLOAT64, INT64, Value
from offboard.operators.record import Params, operator


def _equal_bins(p: Params, x: Value, data: Value) -> tuple[Value, Value]:
    """The edges of equal bins in a range, and the bin of each element inside it."""
    g = p.graph
    start, stop = (float(bound) for bound in p.range)
    count = p.bin_cnt
    if start > stop or count < 1:
        raise ValueError(f"a histogram needs bins and an ascending range, not {count} bins in {p.range}")
    if start == stop:
        start, stop = start - 0.5, stop + 0.5
    steps = np.arange(count + 1)
    edges = g.const(((stop * steps + (count - steps) * start) / count).astype(x.dtype))
    bounds = edges.cast(FLOAT64)
    guess = (data - start) * float(count) / (stop - start)
    first = g.where(data.isnan(), g.const(0.0), guess).clip(0, count - 1).cast(INT64)
    # Rounding may have put it one too far on either side of the edges.
    first = (first - (data < bounds.gather(first, 0)).cast(INT64)).clip(0, count - 1)
    over = (data >= bounds.gather(first + 1, 0)) & (first < count - 1)
    inside = (data >= start) & (data <= stop)
    return edges, g.where(inside, first + over.cast(INT64), g.const(count, INT64))


def _given_bins(bins: Value, x: Value, data: Value) -> tuple[Value, Value]:
    """The edges given, and the bin of each element between the first and the last."""
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
    return bins, g.where(inside, chosen, g.const(count, INT64))


@operator("_histogram", types=lambda p, dtypes: (dtypes, [INT64, dtypes[0]]))
def histogram(p: Params, x: Value, bins: Value | None = None) -> list[Value]:
    """Counts (int64) and edges of bins, equal ones in a range or between given edges; the last edge is inside."""
    g = p.graph
    if (p.bin_cnt is None) != (p.range is None):
        raise ValueError("cnt and range should both or neither specified")
    data = x.reshape((x.size,)).cast(FLOAT64)
    edges, chosen = _equal_bins(p, x, data) if bins is None else _given_bins(bins, x, data)
    count = edges.size - 1
    # What is outside is counted in one bin more, which is dropped.
    inputs = [g.full((count + 1,), 0, INT64), chosen, g.full((x.size,), 1, INT64)]
    counts = g.emit("ScatterElements", inputs, (count + 1,), axis=0, reduction="add")
    return [counts.slice(0, 0, count), edges]
