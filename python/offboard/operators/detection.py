"""Detection: anchor boxes, their decoding, and non-maximum suppression. Boxes are (left, top, right, bottom)."""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import FLOAT32, INT64, Value
from offboard.operators.record import Params, operator
from offboard.operators.sorting import sorted_along
from offboard.operators.suppression import (
    Boxes,
    columns,
    common_area,
    corners,
    reordered,
    suppress,
    survivors_first,
)


@operator("_contrib_MultiBoxPrior", floats=True)
def multibox_prior(p: Params, x: Value) -> Value:
    """Anchors of every cell, shape (1, height * width * (sizes + ratios - 1), 4), in relative coordinates."""
    height, width = x.shape[2:4]
    if len(p.steps) != 2:
        raise ValueError("Step ndim must be 2: (step_y, step_x)")
    step_y = p.steps[0] if p.steps[0] > 0 else 1.0 / height
    step_x = p.steps[1] if p.steps[1] > 0 else 1.0 / width
    aspect = np.float32(height) / np.float32(width)
    # All sizes in the first ratio, then the first size in the other ratios.
    roots = [float(np.sqrt(ratio)) for ratio in p.ratios] or [1.0]
    shapes = [(size, roots[0]) for size in p.sizes] + [(p.sizes[0], root) for root in roots[1:]]
    halves = [(size * aspect * root / 2, size / root / 2) for size, root in shapes]
    y = (np.arange(height, dtype=np.float32) + np.float32(p.offsets[0])) * np.float32(step_y)
    x_centre = (np.arange(width, dtype=np.float32) + np.float32(p.offsets[1])) * np.float32(step_x)
    centres = np.stack(np.broadcast_arrays(x_centre[None, :], y[:, None]), -1).reshape(-1, 1, 2)
    extent = np.array(halves, np.float32)[None]
    boxes = np.concatenate([centres - extent, centres + extent], -1).reshape(1, -1, 4)
    return x.graph.const((boxes.clip(0, 1) if p.clip else boxes).astype(x.dtype))


@operator("_contrib_MultiBoxDetection")
def multibox_detection(p: Params, scores: Value, offsets: Value, anchors: Value) -> Value:
    """Rows (class, score, box) of each sample, by score; what is suppressed keeps its row with class -1.

    ``scores`` (n, classes, anchors), the background first; ``offsets`` (n, anchors * 4); ``anchors`` (1, anchors, 4).
    """
    if scores.dtype != FLOAT32:
        raise ValueError("cls_prob must be float32")
    g = scores.graph
    if scores.ndim != 3 or offsets.ndim != 2 or anchors.ndim != 3 or anchors.shape[2] != 4:
        raise ValueError(f"MultiBoxDetection takes no shapes {scores.shape}, {offsets.shape}, {anchors.shape}")
    n, _, m = scores.shape
    if anchors.shape[1] != m:
        raise ValueError("Number of anchors mismatch")
    if offsets.shape != (n, m * 4):
        raise ValueError("# anchors mismatch with # loc")
    dtype = scores.dtype
    foreground = scores.slice(1, 1, scores.shape[1])
    best = foreground.max([1])
    label = g.emit("ArgMax", [foreground], (n, m), INT64, axis=1, keepdims=0).cast(dtype)
    valid = best >= float(p.threshold)

    left, top, right, bottom = columns(anchors)
    width, height = right - left, bottom - top
    dx, dy, dw, dh = columns(offsets.reshape((n, m, 4)))
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
    compact = survivors_first(valid)
    unsorted = g.where(filled, reordered(rows, compact), blank)
    if not 0 < p.nms_threshold <= 1:
        return unsorted
    keys = g.where(valid, best, g.const(-np.inf, dtype))
    ordered = g.where(filled, reordered(rows, sorted_along(keys, 1, m, False)[1]), blank)
    kept, limit = valid_count, m
    if 0 < p.nms_topk < m:
        limit = p.nms_topk
        kept = g.minimum(valid_count, g.const(np.array([[limit]], np.int64)))
        # Rows past the limit stay as they were before the sort, but for their class.
        ordered = g.where((positions < kept).unsqueeze(2), ordered, unsorted)
    first = ordered.slice(1, 0, limit)
    label = first.slice(2, 0, 1)
    alive = suppress(
        corners(first.slice(2, 2, 6)),
        None if p.force_suppress else label.squeeze(2),
        positions.slice(1, 0, limit) < kept,
        float(p.nms_threshold),
        inclusive=True,
    )
    named = g.where(alive.unsqueeze(2), label, blank)
    if limit < m:
        named = g.concat([named, g.full((n, m - limit, 1), -1, dtype)], 1)
    return g.concat([named, ordered.slice(2, 1, 6)], 2)


def _with_area(boxes: Value, form: str) -> list[Value]:
    """Corners and area of boxes (n, m, 4), each (n, m); a box of negative size has no area."""
    g = boxes.graph
    first, second, third, fourth = made = corners(boxes)
    if form == "corner":
        width, height = third - first, fourth - second
    else:
        width, height = third, fourth
        across, down = width * 0.5, height * 0.5
        made = [first - across, second - down, first + across, second + down]
    whole = (width >= 0) & (height >= 0)
    return [*made, g.where(whole, width * height, g.const(0, boxes.dtype))]


def _overlap_of_areas(one: Boxes, others: Boxes) -> Value:
    """Intersection over union of one box (n, 1) with many (n, m), whose last column is their area."""
    common = common_area(one, others)
    return common / (one[4] + others[4] - common)


def _converted(boxes: Value, form: str) -> Value:
    """Boxes in the other form; those that begin at a negative number stay as they are, as in MXNet."""
    g = boxes.graph
    first, second, third, fourth = columns(boxes)
    if form == "center":
        made = [(first + third) * 0.5, (second + fourth) * 0.5, third - first, fourth - second]
    else:
        across, down = third * 0.5, fourth * 0.5
        made = [first - across, second - down, first + across, second + down]
    return g.where(first < 0, boxes, g.concat(made, 2))


@operator("_contrib_box_nms")
def box_nms(p: Params, x: Value) -> Value:
    """Survivors of greedy suppression first, in order of score; every other row is -1. With ``topk`` 0 nothing is done.

    A box counts whose score exceeds ``valid_thresh`` and whose class is not the background.
    """
    _require_rows(p, x)
    if p.topk == 0:
        return x.unary("Identity")
    g = p.graph
    n = math.prod(x.shape[:-2])
    m, k = x.shape[-2:]
    rows = x.reshape((n, m, k))
    blank = g.const(-1, x.dtype)
    score = rows.slice(2, p.score_index, p.score_index + 1).squeeze(2)
    valid = score > float(np.float32(p.valid_thresh))
    if p.id_index >= 0:
        valid = valid & ~rows.slice(2, p.id_index, p.id_index + 1).squeeze(2).equals(p.background_id)
    limit = m if p.topk < 0 else min(p.topk, m)
    keys = g.where(valid, score, g.const(-np.inf, x.dtype))
    # What stands behind the limit cannot survive.
    ordered = reordered(rows, sorted_along(keys, 1, limit, False)[1])
    classes = None
    if p.id_index >= 0 and not p.force_suppress:
        classes = ordered.slice(2, p.id_index, p.id_index + 1).squeeze(2).cast(INT64)
    boxes = ordered.slice(2, p.coord_start, p.coord_start + 4)
    positions = g.const(np.arange(limit, dtype=np.int64).reshape(1, limit))
    count = g.minimum(valid.cast(INT64).sum([1], True), g.const(np.array([[limit]], np.int64)))
    alive = suppress(
        _with_area(boxes, p.in_format),
        classes,
        positions < count,
        float(np.float32(p.overlap_thresh)),
        inclusive=False,
        measure=_overlap_of_areas,
    )
    if p.in_format != p.out_format:
        converted = _converted(boxes, p.out_format)
        parts = [ordered.slice(2, 0, p.coord_start), converted, ordered.slice(2, p.coord_start + 4, k)]
        ordered = g.concat([part for part in parts if part.shape[2]], 2)
    front = reordered(ordered, survivors_first(alive))
    survivors = (positions < alive.cast(INT64).sum([1], True)).unsqueeze(2)
    made = g.where(survivors, front, blank)
    if limit < m:
        made = g.concat([made, g.full((n, m - limit, k), -1, x.dtype)], 1)
    return made.reshape(x.shape)


def _require_rows(p: Params, x: Value) -> None:
    if x.ndim < 2:
        raise ValueError(f"boxes must have 2 dimensions or more, got {x.shape}")
    width = x.shape[-1]
    if width < (6 if p.id_index > 0 else 5):
        raise ValueError(f"a box needs a score and four coordinates, got rows of {width}")
    coordinates = range(p.coord_start, p.coord_start + 4)
    if p.coord_start < 0 or coordinates.stop > width:
        raise ValueError(f"coord_start {p.coord_start} is out of range for rows of {width}")
    for name, index in (("score_index", p.score_index), ("id_index", p.id_index)):
        if name == "id_index" and index < 0:
            continue
        if not 0 <= index < width or index in coordinates:
            raise ValueError(f"{name} {index} is out of range for rows of {width} or among the coordinates")
    if p.id_index == p.score_index:
        raise ValueError(f"id_index and score_index are both {p.id_index}")
