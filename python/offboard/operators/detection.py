"""Detection: anchor boxes, their decoding, and greedy non-maximum suppression, all on the accelerator.

Boxes are (left, top, right, bottom). Suppression is a Loop over the boxes in order of score that carries which are
alive; its trip count is how many are valid, so images with few candidates cost little.
"""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import BOOL, INT64, Builder, Value
from offboard.operators.record import Params, operator
from offboard.operators.sorting import sorted_along


@operator("_contrib_MultiBoxPrior")
def multibox_prior(p: Params, x: Value) -> Value:
    """Anchors of every cell, shape (1, height * width * (sizes + ratios - 1), 4), in relative coordinates."""
    height, width = x.shape[2:4]
    step_y = p.steps[0] if p.steps[0] > 0 else 1.0 / height
    step_x = p.steps[1] if p.steps[1] > 0 else 1.0 / width
    aspect = np.float32(height) / np.float32(width)
    halves = [(size * aspect / 2, size / 2) for size in p.sizes]
    roots = [math.sqrt(ratio) for ratio in p.ratios[1:]]
    halves += [(p.sizes[0] * aspect * root / 2, p.sizes[0] / root / 2) for root in roots]
    y = (np.arange(height, dtype=np.float32) + np.float32(p.offsets[0])) * np.float32(step_y)
    x_centre = (np.arange(width, dtype=np.float32) + np.float32(p.offsets[1])) * np.float32(step_x)
    centres = np.stack(np.broadcast_arrays(x_centre[None, :], y[:, None]), -1).reshape(-1, 1, 2)
    extent = np.array(halves, np.float32)[None]
    boxes = np.concatenate([centres - extent, centres + extent], -1).reshape(1, -1, 4)
    return x.graph.const((boxes.clip(0, 1) if p.clip else boxes).astype(x.dtype))


def _columns(boxes: Value) -> list[Value]:
    return [boxes.slice(-1, i, i + 1) for i in range(4)]


def _overlap(one: Value, all_boxes: Value) -> Value:
    """Intersection over union of one box (n, 1, 4) with many (n, m, 4): (n, m); 0 where the union is empty."""
    g = one.graph
    left, top, right, bottom = (each.squeeze(2) for each in _columns(one))
    lefts, tops, rights, bottoms = (each.squeeze(2) for each in _columns(all_boxes))
    zero = g.const(0, one.dtype)
    width = g.maximum(g.minimum(right, rights) - g.maximum(left, lefts), zero)
    height = g.maximum(g.minimum(bottom, bottoms) - g.maximum(top, tops), zero)
    common = width * height
    union = (right - left) * (bottom - top) + (rights - lefts) * (bottoms - tops) - common
    positive = union > 0
    return g.where(positive, common / g.where(positive, union, g.const(1, one.dtype)), zero)


def suppress(
    boxes: Value, classes: Value | None, alive: Value, count: Value, threshold: float, *, inclusive: bool
) -> Value:
    """Which of ``boxes`` (n, m, 4), in order of score, survive: (n, m) bool.

    Each survivor among the first ``count`` of a sample (n, 1) removes the later ones of its class that overlap it by
    the threshold (``inclusive``) or more.
    """
    g = boxes.graph
    n, m = boxes.shape[:2]
    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    going = body.value(body.fresh("going"), (), BOOL)
    current = body.value(body.fresh("alive"), (n, m), BOOL)
    body.inputs = [index, going, current]
    at = index.reshape((1,))
    everything = boxes.seen_from(body)
    chosen = everything.gather(at, 1)
    overlap = _overlap(chosen, everything)
    hit = overlap >= threshold if inclusive else overlap > threshold
    if classes is not None:
        labels = classes.seen_from(body)
        hit = hit & labels.gather(at, 1).equals(labels)
    positions = body.const(np.arange(m, dtype=np.int64).reshape(1, m))
    limit = count.seen_from(body)
    hit = hit & (positions > index) & (positions < limit) & current.gather(at, 1)
    left = current & ~hit
    same = going.unary("Identity")
    body.outputs = [same, left]
    trips = count.max([0, 1]).reshape(())
    return g.emit_many("Loop", [trips, g.const(True, BOOL), alive], [((n, m), BOOL)], body=body)[0]


def _rows(x: Value, order: Value) -> Value:
    """Rows of each sample in another order: (n, m, k) by (n, r)."""
    return x.graph.emit("GatherND", [x, order.unsqueeze(2)], (*order.shape, x.shape[2]), batch_dims=1)


def _front(alive: Value) -> Value:
    """The order that brings survivors to the front, otherwise as they were."""
    m = alive.shape[1]
    positions = alive.graph.const(np.arange(m, dtype=np.int64).reshape(1, m))
    keys = alive.graph.where(alive, positions.expand(alive.shape), (positions + m).expand(alive.shape))
    return sorted_along(keys, 1, m, True)[1]


@operator("_contrib_MultiBoxDetection")
def multibox_detection(p: Params, scores: Value, offsets: Value, anchors: Value) -> Value:
    """Rows (class, score, box) of each sample, by score; what is suppressed keeps its row with class -1.

    ``scores`` (n, classes, anchors), the background first; ``offsets`` (n, anchors * 4); ``anchors`` (1, anchors, 4).
    """
    g = scores.graph
    n, _, m = scores.shape
    dtype = scores.dtype
    foreground = scores.slice(1, 1, scores.shape[1])
    best = foreground.max([1])
    label = g.emit("ArgMax", [foreground], (n, m), INT64, axis=1, keepdims=0).cast(dtype)
    valid = best >= float(p.threshold)

    left, top, right, bottom = _columns(anchors)
    width, height = right - left, bottom - top
    dx, dy, dw, dh = _columns(offsets.reshape((n, m, 4)))
    vx, vy, vw, vh = (float(v) for v in p.variances)
    x = dx * vx * width + (left + right) * 0.5
    y = dy * vy * height + (top + bottom) * 0.5
    half_width, half_height = (dw * vw).exp() * width * 0.5, (dh * vh).exp() * height * 0.5
    boxes = g.concat([x - half_width, y - half_height, x + half_width, y + half_height], 2)
    boxes = boxes.clip(0.0, 1.0) if p.clip else boxes
    rows = g.concat([label.unsqueeze(2), best.unsqueeze(2), boxes], 2)

    valid_count = valid.cast(INT64).sum([1], True)
    positions = g.const(np.arange(m, dtype=np.int64).reshape(1, m))
    filled = (positions < valid_count).unsqueeze(2)
    blank = g.const(-1, dtype)
    compact = _front(valid)
    unsorted = g.where(filled, _rows(rows, compact), blank)
    if not 0 < p.nms_threshold <= 1:
        return unsorted
    keys = g.where(valid, best, g.const(-np.inf, dtype))
    ordered = g.where(filled, _rows(rows, sorted_along(keys, 1, m, False)[1]), blank)
    kept = valid_count
    if p.nms_topk > 0:
        kept = g.minimum(valid_count, g.const(np.array([[p.nms_topk]], np.int64)))
        # Rows past the limit stay as they were before the sort, but for their class.
        ordered = g.where((positions < kept).unsqueeze(2), ordered, unsorted)
    classes = None if p.force_suppress else ordered.slice(2, 0, 1).squeeze(2)
    alive = suppress(
        ordered.slice(2, 2, 6), classes, g.full((n, m), True, BOOL), kept, float(p.nms_threshold), inclusive=True
    )
    named = g.where((alive & (positions < kept)).unsqueeze(2), ordered.slice(2, 0, 1), blank)
    return g.concat([named, ordered.slice(2, 1, 6)], 2)


def _corners(boxes: Value, form: str) -> Value:
    if form == "corner":
        return boxes
    x, y, width, height = _columns(boxes)
    return boxes.graph.concat([x - width * 0.5, y - height * 0.5, x + width * 0.5, y + height * 0.5], 2)


def _centres(boxes: Value) -> Value:
    left, top, right, bottom = _columns(boxes)
    return boxes.graph.concat([(left + right) * 0.5, (top + bottom) * 0.5, right - left, bottom - top], 2)


@operator("_contrib_box_nms")
def box_nms(p: Params, x: Value) -> Value:
    """Survivors of greedy suppression first, in order of score; every other row is -1."""
    g = x.graph
    n = math.prod(x.shape[:-2])
    m, k = x.shape[-2:]
    rows = x.reshape((n, m, k))
    blank = g.const(-1, x.dtype)
    score = rows.slice(2, p.score_index, p.score_index + 1).squeeze(2)
    valid = score > float(p.valid_thresh)
    classes = None
    if p.id_index >= 0:
        label = rows.slice(2, p.id_index, p.id_index + 1).squeeze(2)
        if p.background_id >= 0:
            valid = valid & ~label.equals(p.background_id)
        classes = label
    limit = m if p.topk <= 0 else min(p.topk, m)
    keys = g.where(valid, score, g.const(-np.inf, x.dtype))
    order = sorted_along(keys, 1, m, False)[1]
    ordered = _rows(rows, order)
    count = g.minimum(valid.cast(INT64).sum([1], True), g.const(np.array([[limit]], np.int64)))
    if classes is not None:
        classes = None if p.force_suppress else ordered.slice(2, p.id_index, p.id_index + 1).squeeze(2)
    boxes = _corners(ordered.slice(2, p.coord_start, p.coord_start + 4), p.in_format)
    positions = g.const(np.arange(m, dtype=np.int64).reshape(1, m))
    candidates = positions < count
    alive = candidates & suppress(boxes, classes, candidates, count, float(p.overlap_thresh), inclusive=False)
    if p.in_format != p.out_format:
        converted = boxes if p.out_format == "corner" else _centres(boxes)
        parts = [ordered.slice(2, 0, p.coord_start), converted, ordered.slice(2, p.coord_start + 4, k)]
        ordered = g.concat([part for part in parts if part.shape[2]], 2)
    front = _rows(ordered, _front(alive))
    survivors = (positions < alive.cast(INT64).sum([1], True)).unsqueeze(2)
    return g.where(survivors, front, blank).reshape(x.shape)
