"""Proposal of regions from the scores and offsets of a region proposal network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, INT64, Value
from offboard.operators.record import Params, PartialShape, operator
from offboard.operators.sorting import sorted_along
from offboard.operators.suppression import Boxes, corners, reordered, suppress, survivors_first


def _anchors(p: Params, height: int, width: int) -> np.ndarray:
    """Anchors (height * width * kinds, 4) of every cell: each ratio at each scale, sizes rounded, in float32."""
    one = np.float32(1)
    half = np.float32(0.5)
    side = np.float32(p.feature_stride)
    centre = half * (side - one)
    made = []
    for ratio in np.array(p.ratios, np.float32):
        for scale in np.array(p.scales, np.float32):
            wide = np.floor(np.sqrt(np.floor(side * side / ratio)) + half) * scale
            high = np.floor(wide / scale * ratio + half) * scale
            across, down = half * (wide - one), half * (high - one)
            made.append((centre - across, centre - down, centre + across, centre + down))
    down, right = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    moves = np.stack([right, down, right, down], -1).reshape(-1, 1, 4) * p.feature_stride
    return (np.array(made, np.float32)[None] + moves.astype(np.float32)).reshape(-1, 4)


def _overlap_of_pixels(one: Boxes, others: Boxes) -> Value:
    """Intersection over union of one box (n, 1) with many, where a box includes its last pixels."""
    left, top, right, bottom = one
    lefts, tops, rights, bottoms = others
    g = left.graph
    zero = g.const(0, left.dtype)
    width = g.maximum(g.minimum(right, rights) - g.maximum(left, lefts) + 1.0, zero)
    height = g.maximum(g.minimum(bottom, bottoms) - g.maximum(top, tops) + 1.0, zero)
    common = width * height
    areas = [
        (b - a + 1.0) * (d - c + 1.0) for a, b, c, d in ((left, right, top, bottom), (lefts, rights, tops, bottoms))
    ]
    return common / (areas[0] + areas[1] - common)


def _moved(p: Params, anchors: np.ndarray, offsets: Value, limits: list[Value]) -> list[Value]:
    """The four columns (n, m) of anchors moved by offsets (n, m, 4) and clipped to the picture."""
    g = p.graph
    zero = g.const(0, FLOAT32)
    dx, dy, dw, dh = corners(offsets)
    left, top, right, bottom = (anchors[:, i][None] for i in range(4))
    if p.iou_loss:
        raw = [each + g.const(side) for each, side in zip((dx, dy, dw, dh), (left, top, right, bottom), strict=True)]
    else:
        half = np.float32(0.5)
        starts, stops = [], []
        for begin, end, move, growth in ((left, right, dx, dw), (top, bottom, dy, dh)):
            extent = end - begin + np.float32(1)
            centre = move * g.const(extent) + g.const(begin + half * (extent - np.float32(1)))
            reach = ((growth.exp() * g.const(extent)).cast(FLOAT64) - 1.0) * 0.5
            starts.append((centre.cast(FLOAT64) - reach).cast(FLOAT32))
            stops.append((centre.cast(FLOAT64) + reach).cast(FLOAT32))
        raw = [*starts, *stops]
    return [g.maximum(g.minimum(each, limits[i % 2]), zero) for i, each in enumerate(raw)]


def _proposals(p: Params, scores: Value, offsets: Value, info: Value) -> list[Value]:
    """Regions (n * top, 5) with their image, and their scores (n * top, 1).

    Boxes too small, or of cells beyond the picture, score -1. Where fewer than ``top`` survive, they repeat.
    """
    g = p.graph
    kinds = len(p.ratios) * len(p.scales)
    if scores.ndim != 4 or scores.shape[1] != 2 * kinds:
        raise ValueError(f"cls_prob must be (batch, {2 * kinds}, height, width), got {scores.shape}")
    n, _, height, width = scores.shape
    if offsets.shape != (n, 4 * kinds, height, width) or info.shape != (n, 3):
        raise ValueError(f"bbox_pred {offsets.shape} or im_info {info.shape} does not go with cls_prob {scores.shape}")
    if scores.dtype != FLOAT32:
        raise ValueError("cls_prob must be float32")
    m = kinds * height * width
    score = scores.slice(1, kinds, 2 * kinds).transpose([0, 2, 3, 1]).reshape((n, m))
    moves = offsets.reshape((n, kinds, 4, height, width)).transpose([0, 3, 4, 1, 2]).reshape((n, m, 4))
    tall, wide, scale = (info.slice(1, i, i + 1) for i in range(3))
    boxes = _moved(p, _anchors(p, height, width), moves, [wide - 1.0, tall - 1.0])

    beyond = g.const(False)
    places = np.arange(m) // kinds
    for extent, place in ((tall, places // width), (wide, places % width)):
        real = (extent / float(p.feature_stride)).cast(INT64)
        beyond = beyond | (g.const(place[None].astype(np.int64)) >= real)
    least = scale * float(p.rpn_min_size)
    small = (boxes[2] - boxes[0] + 1.0 < least) | (boxes[3] - boxes[1] + 1.0 < least)
    grown = [box - least * 0.5 if i < 2 else box + least * 0.5 for i, box in enumerate(boxes)]
    boxes = [g.where(small, more, box) for more, box in zip(grown, boxes, strict=True)]
    score = g.where(small | beyond, g.const(-1, FLOAT32), score)

    before = min(p.rpn_pre_nms_top_n, m) if p.rpn_pre_nms_top_n > 0 else m
    best, order = sorted_along(score, 1, before, False)
    chosen = [g.emit("GatherElements", [box, order], (n, before), axis=1) for box in boxes]
    top = min(p.rpn_post_nms_top_n, before)
    alive = suppress(
        chosen,
        None,
        g.full((n, before), True, np.bool_),
        float(np.float32(p.threshold)),
        inclusive=False,
        measure=_overlap_of_pixels,
        most=top,
    )
    slots = g.const(np.arange(p.rpn_post_nms_top_n, dtype=np.int64)[None])
    count = alive.cast(INT64).sum([1], True)
    turn = g.emit("Mod", [slots, count], (n, p.rpn_post_nms_top_n))
    kept = g.emit("GatherElements", [survivors_first(alive), turn], turn.shape, axis=1)
    image = g.const(np.repeat(np.arange(n), p.rpn_post_nms_top_n).reshape(n, -1, 1).astype(np.float32))
    regions = g.concat([image, reordered(g.stack(chosen, 2), kept)], 2)
    rows = n * p.rpn_post_nms_top_n
    made = [regions.reshape((rows, 5)), reordered(best.unsqueeze(2), kept).reshape((rows, 1))]
    return made[: p.num_outputs]


def _fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    scores = shapes[0]
    if scores is None or len(scores) != 4:
        return shapes
    return [scores, (scores[0], scores[1] * 2, scores[2], scores[3]), (scores[0], 3)]


@operator("_contrib_Proposal", fill=_fill)
def proposal(p: Params, scores: Value, offsets: Value, info: Value) -> list[Value]:
    """The regions of one image, from (1, 2 * kinds, h, w) scores, offsets and (height, width, scale)."""
    if scores.shape[0] != 1:
        raise ValueError(f"cls_prob must be of one image, got {scores.shape}")
    return _proposals(p, scores, offsets, info)


@operator("_contrib_MultiProposal", fill=_fill)
def multi_proposal(p: Params, scores: Value, offsets: Value, info: Value) -> list[Value]:
    """The regions of several images."""
    return _proposals(p, scores, offsets, info)
