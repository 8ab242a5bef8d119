"""Greedy suppression of boxes that overlap better ones: what detectors share, all on the accelerator.

Boxes are (left, top, right, bottom), in order of score. Suppression is a Loop that goes from survivor to survivor, so
its cost is how many survive, not how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from offboard.operators.builder import BOOL, INT64, Builder, Value
from offboard.operators.sorting import sorted_along

__all__ = ["Boxes", "columns", "common_area", "corners", "overlap", "reordered", "suppress", "survivors_first"]

# Columns, each (boxes of a sample): left, top, right, bottom, and what a measure takes besides.
Boxes: TypeAlias = Sequence[Value]


def columns(boxes: Value) -> list[Value]:
    """The four columns (..., 1) of boxes."""
    return [boxes.slice(-1, i, i + 1) for i in range(4)]


def reordered(x: Value, order: Value) -> Value:
    """Rows of each sample in another order, all of them in range: (n, m, k) by (n, r)."""
    n, m, k = x.shape
    return x.reshape((n * m, k)).gather(order + x.graph.steps(n, m).reshape((n, 1)), 0)


def corners(boxes: Value) -> list[Value]:
    """The four columns of boxes (n, m, 4), each (n, m): the form in which they are compared."""
    return [each.squeeze(2) for each in columns(boxes)]


def common_area(one: Boxes, others: Boxes) -> Value:
    """The area that one box (n, 1) shares with each of many (n, m): (n, m)."""
    left, top, right, bottom = one[:4]
    lefts, tops, rights, bottoms = others[:4]
    g = left.graph
    zero = g.const(0, left.dtype)
    width = g.maximum(g.minimum(right, rights) - g.maximum(left, lefts), zero)
    height = g.maximum(g.minimum(bottom, bottoms) - g.maximum(top, tops), zero)
    return width * height


def overlap(one: Boxes, others: Boxes) -> Value:
    """Intersection over union of one box (n, 1) with many (n, m): (n, m); 0 where the union is empty."""
    g = one[0].graph
    common = common_area(one, others)
    union = _product(one) + _product(others) - common
    positive = union > 0
    return g.where(positive, common / g.where(positive, union, g.const(1, common.dtype)), g.const(0, common.dtype))


def _product(boxes: Boxes) -> Value:
    left, top, right, bottom = boxes
    return (right - left) * (bottom - top)


def suppress(
    boxes: Boxes,
    classes: Value | None,
    alive: Value,
    threshold: float,
    *,
    inclusive: bool,
    measure: Callable[[Boxes, Boxes], Value] = overlap,
    most: int | None = None,
) -> Value:
    """Which of the boxes (n, m) that are ``alive`` (n, m) survive, at most the first ``most`` of a sample.

    Each survivor removes the later ones of its class that overlap it by the threshold (``inclusive``) or more.
    """
    g = alive.graph
    n, m = alive.shape
    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    going = body.value(body.fresh("going"), (), BOOL)
    pending = body.value(body.fresh("pending"), (n, m), BOOL)
    kept = body.value(body.fresh("kept"), (n, m), BOOL)
    body.inputs = [index, going, pending, kept]

    def chosen(value: Value) -> Value:
        return body.emit("GatherElements", [value, at], (n, 1), axis=1)

    at = body.emit("ArgMax", [pending.cast(np.uint8)], (n, 1), INT64, axis=1, keepdims=1)
    found = chosen(pending)
    others = [column.seen_from(body) for column in boxes]
    hit = measure([chosen(column) for column in others], others)
    hit = hit >= threshold if inclusive else hit > threshold
    if classes is not None:
        labels = classes.seen_from(body)
        hit = hit & chosen(labels).equals(labels)
    here = body.const(np.arange(m, dtype=np.int32).reshape(1, m)).equals(at.cast(np.int32))
    body.outputs = [found.cast(np.int32).max([0, 1]).reshape(()) > 0, pending & ~(hit | here), kept | (here & found)]
    trips = g.const(m if most is None else min(m, most), INT64)
    nothing = g.full((n, m), False, BOOL)
    shape = ((n, m), BOOL)
    return g.emit_many("Loop", [trips, g.const(True, BOOL), alive, nothing], [shape, shape], body=body)[1]


def survivors_first(alive: Value) -> Value:
    """The order (n, m) that brings survivors to the front, otherwise as they were."""
    m = alive.shape[1]
    positions = alive.graph.const(np.arange(m, dtype=np.int64).reshape(1, m))
    keys = alive.graph.where(alive, positions.expand(alive.shape), (positions + m).expand(alive.shape))
    return sorted_along(keys, 1, m, True)[1]
