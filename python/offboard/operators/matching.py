"""Matching rows with columns by score, greedily, and with it anchors with objects to be found.

The greedy part is a Loop over the matches: each takes the best score left and closes its row and its column.
"""

from __future__ import annotations

import numpy as np

from offboard.operators.builder import BOOL, FLOAT32, INT64, Builder, Value
from offboard.operators.record import Params, operator
from offboard.operators.sorting import sorted_along
from offboard.operators.suppression import columns, reordered


def _line(g: Builder, size: int, *shape: int) -> Value:
    return g.const(np.arange(size, dtype=np.int64).reshape(shape))


def greedy_matches(scores: Value, threshold: float, most: int) -> Value:
    """The column (n, rows) that each row of the scores (n, rows, columns) is matched with, -1 for none.

    Pairs are taken from the highest score down while it exceeds the threshold, at most ``most``; the first of equal
    ones in row-major order wins.
    """
    g = scores.graph
    n, height, width = scores.shape
    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    going = body.value(body.fresh("going"), (), BOOL)
    open_scores = body.value(body.fresh("scores"), scores.shape, scores.dtype)
    matched = body.value(body.fresh("matched"), (n, height), INT64)
    body.inputs = [index, going, open_scores, matched]
    flat = open_scores.reshape((n, height * width))
    best = body.emit("ArgMax", [flat], (n, 1), INT64, axis=1, keepdims=1)
    good = body.emit("GatherElements", [flat, best], (n, 1), axis=1) > threshold
    row = body.emit("Div", [best, body.const(width, INT64)], (n, 1))
    column = best - row * width
    in_row = row.equals(_line(body, height, 1, height)) & good
    in_column = column.equals(_line(body, width, 1, width)) & good
    closed = in_row.unsqueeze(2) | in_column.unsqueeze(1)
    left = body.where(closed, body.const(-np.inf, scores.dtype), open_scores)
    more = good.cast(np.int32).max([0, 1]).reshape(()) > 0
    body.outputs = [more, left, body.where(in_row, column, matched)]
    trips = g.const(min(height, width, most), INT64)
    start = g.full((n, height), -1, INT64)
    return g.emit_many(
        "Loop",
        [trips, g.const(True, BOOL), scores, start],
        [(scores.shape, scores.dtype), ((n, height), INT64)],
        body=body,
    )[1]


@operator("_contrib_bipartite_matching", numbers=True)
def bipartite_matching(p: Params, x: Value) -> list[Value]:
    """Each row's column and each column's row, -1 for none, pairs taken from the best score on.

    With ``topk`` one pair more than it says, as MXNet does.
    """
    if x.ndim < 2:
        raise ValueError(f"scores must have 2 dimensions or more, got {x.shape}")
    g = p.graph
    height, width = x.shape[-2:]
    # A threshold may be less than float16 has.
    scores = (x.cast(FLOAT32) if x.dtype == np.float16 else x).reshape((x.size // (height * width), height, width))
    threshold = float(np.float32(p.threshold))
    most = p.topk + 1 if p.topk > 0 else min(height, width)
    by_row = greedy_matches(-scores, -threshold, most) if p.is_ascend else greedy_matches(scores, threshold, most)
    hits = by_row.unsqueeze(2).equals(_line(g, width, 1, 1, width))
    by_column = g.where(hits, _line(g, height, 1, height, 1), g.const(-1, INT64)).max([1])
    return [
        by_row.cast(x.dtype).reshape(x.shape[:-1]),
        by_column.cast(x.dtype).reshape((*x.shape[:-2], width)),
    ]


def _overlaps(anchors: Value, objects: Value) -> Value:
    """Intersection over union (n, anchors, objects) of (1, anchors, 4) with (n, objects, 4); 0 over an empty union."""
    g = anchors.graph
    left, top, right, bottom = columns(anchors)
    lefts, tops, rights, bottoms = (each.transpose([0, 2, 1]) for each in columns(objects))
    zero = g.const(0, anchors.dtype)
    common = g.maximum(g.minimum(right, rights) - g.maximum(left, lefts), zero) * g.maximum(
        g.minimum(bottom, bottoms) - g.maximum(top, tops), zero
    )
    union = (right - left) * (bottom - top) + (rights - lefts) * (bottoms - tops) - common
    empty = union.equals(0)
    return g.where(empty, zero, common / g.where(empty, g.const(1, anchors.dtype), union))


def _offsets(anchors: Value, objects: Value, variances: tuple[float, ...]) -> Value:
    """What takes the anchors (1, m, 4) to the objects (n, m, 4): (n, m, 4)."""
    g = anchors.graph
    made: list[Value] = []
    spans = []
    for boxes in (anchors, objects):
        left, top, right, bottom = columns(boxes)
        spans.append((right - left, bottom - top, (left + right) * 0.5, (top + bottom) * 0.5))
    (width, height, x, y), (object_width, object_height, object_x, object_y) = spans
    made = [
        (object_x - x) / width,
        (object_y - y) / height,
        (object_width / width).log(),
        (object_height / height).log(),
    ]
    scale = g.const(np.array(variances, np.float32))
    return g.concat(made, 2) / scale


def _mined(p: Params, predictions: Value, candidates: Value, positives: Value) -> Value:
    """The candidates (n, m) that look least like background, ``negative_mining_ratio`` to a positive.

    Where there are fewer candidates, which MXNet refuses, all are taken.
    """
    g = p.graph
    m = candidates.shape[1]
    count = positives.cast(INT64).sum([1], True)
    wanted = (count.cast(FLOAT32) * float(np.float32(p.negative_mining_ratio))).cast(INT64)
    wanted = g.minimum(wanted, g.const(m, INT64) - count)
    background = predictions.softmax(1).slice(1, 0, 1).squeeze(1)
    keys = g.where(candidates, background, g.const(np.inf, background.dtype))
    order = sorted_along(keys, 1, m, True)[1]
    rank = sorted_along(order, 1, m, True)[1]
    return candidates & (rank < wanted)


@operator("_contrib_MultiBoxTarget")
def multibox_target(p: Params, anchors: Value, labels: Value, predictions: Value) -> list[Value]:
    """What each anchor is to learn: offsets (n, m * 4), their mask, and the class (n, m), 0 the background.

    ``anchors`` (1, m, 4); ``labels`` (n, objects, 5 or more) end with a row of -1; ``predictions`` (n, classes, m).
    First every object takes its best anchor, then anchors take an object that they overlap enough.
    """
    if anchors.dtype != FLOAT32:
        raise ValueError("anchors must be float32")
    if anchors.ndim != 3 or anchors.shape[0] != 1 or anchors.shape[2] != 4:
        raise ValueError(f"anchors must be (1, anchors, 4), got {anchors.shape}")
    if labels.ndim != 3 or labels.shape[2] < 5:
        raise ValueError(f"labels must be (batch, objects, 5 or more), got {labels.shape}")
    if predictions.ndim != 3 or predictions.shape[2] != anchors.shape[1]:
        raise ValueError(f"predictions must be (batch, classes, {anchors.shape[1]}), got {predictions.shape}")
    if len(p.variances) != 4:
        raise ValueError(f"variances {p.variances} must be 4 numbers")
    if p.negative_mining_ratio > 0 and p.negative_mining_thresh <= 0:
        raise ValueError(f"negative_mining_thresh {p.negative_mining_thresh} must be positive")
    g = p.graph
    n, m = labels.shape[0], anchors.shape[1]
    ended = labels.slice(2, 0, 1).equals(-1).cast(np.int32)
    ended = g.emit("CumSum", [ended, g.const(1, INT64)], ended.shape)
    valid = ended.equals(0).transpose([0, 2, 1])
    some = valid.cast(np.int32).max([1, 2]).reshape((n, 1)) > 0

    nothing = g.const(-np.inf, FLOAT32)
    overlaps = g.where(valid, _overlaps(anchors, labels.slice(2, 1, 5)), nothing)
    first = greedy_matches(overlaps, float(np.float32(1e-6)), labels.shape[1])
    best = g.emit("ArgMax", [overlaps], (n, m), INT64, axis=2, keepdims=0)
    most = overlaps.max([2])
    positive = first >= 0
    matched = g.where(positive, first, best)
    if p.overlap_threshold > 0:
        positive = positive | (most > float(np.float32(p.overlap_threshold)))
    positive = positive & some
    negative = ~positive
    if p.negative_mining_ratio > 0:
        candidates = negative & (most < float(np.float32(p.negative_mining_thresh)))
        negative = _mined(p, predictions, candidates, positive)

    objects = reordered(labels, matched)
    zero = g.const(0, FLOAT32)
    classes = objects.slice(2, 0, 1).squeeze(2) + 1.0
    ignored = g.const(float(np.float32(p.ignore_label)), FLOAT32)
    target = g.where(some, g.where(positive, classes, g.where(negative, zero, ignored)), ignored)
    mask = positive.unsqueeze(2).expand((n, m, 4))
    offsets = g.where(mask, _offsets(anchors, objects.slice(2, 1, 5), p.variances), zero)
    return [offsets.reshape((n, m * 4)), mask.cast(FLOAT32).reshape((n, m * 4)), target]
