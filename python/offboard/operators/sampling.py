"""Bilinear interpolation at computed positions: what samplers, deformable kernels and regions share.

A feature map (n, c, h, w) is read as a table: of its pixels (n * h * w, c), so that a position gathers all channels, or
flat, where a position also says its channel.
"""

from __future__ import annotations

import numpy as np

from offboard.operators.builder import BOOL, INT64, Shape, Value

__all__ = ["images", "pixels", "sampled", "sampled_at_edge"]


def pixels(x: Value) -> Value:
    """The table (n * h * w, c) of a feature map (n, c, h, w)."""
    n, c, h, w = x.shape
    return x.transpose([0, 2, 3, 1]).reshape((n * h * w, c))


def images(x: Value, ndim: int) -> Value:
    """Where each image starts in the table of pixels: (n, 1, ...) of ``ndim`` dimensions."""
    n, _, h, w = x.shape
    return x.graph.const((np.arange(n) * h * w).reshape((n,) + (1,) * (ndim - 1)))


def _beside(value: Value, table: Value) -> Value:
    """A value of the positions' shape, made to go with what ``table`` holds at each."""
    return value.reshape((*value.shape, *(1,) * (table.ndim - 1)))


def _within(position: Value, size: int) -> Value:
    return (position >= 0) & (position <= size - 1)


def sampled(table: Value, size: Shape, start: Value, down: Value, right: Value) -> Value:
    """The map of ``size`` at (down, right), where every pixel outside is 0.

    ``start`` (int64, broadcastable to the positions) is where a position's map starts in ``table``.
    """
    zero = table.graph.const(0, table.dtype)
    top, left = down.floor(), right.floor()
    above, before = 1.0 - (down - top), 1.0 - (right - left)
    made = []
    for y, weight_y in ((top, above), (top + 1.0, 1.0 - above)):
        for x, weight_x in ((left, before), (left + 1.0, 1.0 - before)):
            inside = _within(y, size[0]) & _within(x, size[1])
            row, column = (table.graph.where(inside, each, zero).cast(INT64) for each in (y, x))
            found = table.gather(row * size[1] + column + start, 0)
            found = table.graph.where(_beside(inside, table), found, zero)
            made.append(found * _beside(weight_y, table) * _beside(weight_x, table))
    return made[0] + made[1] + made[2] + made[3]


def inside_of(size: Shape, down: Value, right: Value, low: float, margin: float) -> Value:
    """Which positions lie in ``low`` .. size + ``margin``, both included, in both directions."""
    inside: Value = down.graph.const(True, BOOL)
    for position, extent in ((down, size[0]), (right, size[1])):
        inside = inside & (position >= low) & (position <= extent + margin)
    return inside


def sampled_at_edge(table: Value, size: Shape, start: Value, down: Value, right: Value, inside: Value) -> Value:
    """The map at (down, right) with its edge pixels repeated outwards; 0 where not ``inside``."""
    g = table.graph
    zero = g.const(0, table.dtype)
    lines = []
    for position, extent in ((down, size[0]), (right, size[1])):
        held = g.minimum(g.maximum(g.where(inside, position, zero), zero), g.const(extent - 1, table.dtype))
        first = held.floor()
        index = first.cast(INT64)
        second = g.minimum(index + 1, g.const(extent - 1, INT64))
        part = held - first
        lines.append(((index, 1.0 - part), (second, part)))
    rows, columns = lines
    made = [
        table.gather(y * size[1] + x + start, 0) * _beside(weight_y * weight_x, table)
        for y, weight_y in rows
        for x, weight_x in columns
    ]
    return g.where(_beside(inside, table), made[0] + made[1] + made[2] + made[3], zero)
