"""Greedy suppression of boxes that overlap better ones: what detectors share, all on the accelerator.

Boxes are (left, top, right, bottom), in order of score. Suppression is a Loop that goes from survivor to survivor, so
its cost is how many survive, not how many there are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from offboard.operators.builder import BOOL, INT64, Builder, Value
from offboard.operators.sorting import sorted_along

__all__ = ["columns", "common_area", "overlap", "reordered", "suppress", "survivors_first"]


def columns(boxes: Value) -> list[Value]:
    """The four columns (..., 1) of boxes."""
    return [boxes.slice(-1, i, i + 1) for i in range(4)]


def reordered(x: Value, order: Value) -> Value:
    """Rows of each sample in another order: (n, m, k) by (n, r)."""
    return x.graph.emit("GatherND", [x, order.unsqueeze(2)], (*order.shape, x.shape[2]), batch_dims=1)


def common_area(one: Value, others: Value) -> Value:
    """The area that one box (n, 1, 4 or more) shares with each of many (n, m, 4 or more): (n, m)."""
    g = one.graph
    left, top, right, bottom = (each.squeeze(2) for each in columns(one))
    lefts, tops, rights, bottoms = (each.squeeze(2) for each in columns(others))
    zero = g.const(0, one.dtype)
    width = g.maximum(g.minimum(right, rights) - g.maximum(left, lefts), zero)
    height = g.maximum(g.minimum(bottom, bottoms) - g.maximum(top, tops), zero)
    return width * height


def overlap(one: Value, others: Value) -> Value:
    """Intersection over union of one box (n, 1, 4) with many (n, m, 4): (n, m); 0 where the union is empty."""
    g = one.graph
    common = common_area(one, others)
    union = _product(one) + _product(others) - common
    positive = union > 0
    return g.where(positive, common / g.where(positive, union, g.const(1, one.dtype)), g.const(0, one.dtype))


def _product(boxes: Value) -> Value:
    left, top, right, bottom = (each.squeeze(2) for each in columns(boxes))
    return (right - left) * (bottom - top)


def suppress(
    boxes: Value,
    classes: Value | None,
    alive: Value,
    threshold: float,
    *,
    inclusive: bool,
    measure: Callable[[Value, Value], Value] = overlap,
    most: int | None = None,
) -> Value:
    """Which of the boxes (n, m, ...) that are ``alive`` (n, m) survive, at most the first ``most`` of a sample.

    Each survivor removes the later ones of its class that overlap it by the threshold (``inclusive``) or more.
    """
    g = boxes.graph
    n, m = boxes.shape[:2]
    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    going = body.value(body.fresh("going"), (), BOOL)
    current = body.value(body.fresh("alive"), (n, m), BOOL)
    last = body.value(body.fresh("last"), (n, 1), INT64)
    body.inputs = [index, going, current, last]

    def seen(value: Value) -> Value:
        return Value(body, value.name, value.shape, value.dtype, value.known)

    positions = body.const(np.arange(m, dtype=np.int64).reshape(1, m))
    pending = (current & (positions > last)).cast(np.int32)
    at = body.emit("ArgMax", [pending], (n, 1), INT64, axis=1, keepdims=1)
    found = pending.max([1], True) > 0
    hit = measure(reordered(seen(boxes), at), seen(boxes))
    hit = hit >= threshold if inclusive else hit > threshold
    if classes is not None:
        labels = seen(classes)
        chosen = body.emit("GatherElements", [labels, at], (n, 1), axis=1)
        hit = hit & chosen.equals(labels)
    left = current & ~(hit & (positions > at) & found)
    now = body.where(found, at, last)
    more = (left & (positions > now)).cast(np.int32).max([0, 1]).reshape(()) > 0
    body.outputs = [more, left, now]
    trips = g.const(m if most is None else min(m, most), INT64)
    start = g.full((n, 1), -1, INT64)
    survivors, end = g.emit_many(
        "Loop", [trips, g.const(True, BOOL), alive, start], [((n, m), BOOL), ((n, 1), INT64)], body=body
    )
    if most is None:
        return survivors
    return survivors & (g.const(np.arange(m, dtype=np.int64).reshape(1, m)) <= end)


def survivors_first(alive: Value) -> Value:
    """The order (n, m) that brings survivors to the front, otherwise as they were."""
    m = alive.shape[1]
    positions = alive.graph.const(np.arange(m, dtype=np.int64).reshape(1, m))
    keys = alive.graph.where(alive, positions.expand(alive.shape), (positions + m).expand(alive.shape))
    return sorted_along(keys, 1, m, True)[1]
