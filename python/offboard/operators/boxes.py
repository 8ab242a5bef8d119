"""Arithmetic of boxes: overlaps, and offsets between anchors and the boxes that they stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import INT64, Value
from offboard.operators.indexing import everywhere
from offboard.operators.record import Params, operator
from offboard.operators.suppression import columns, reordered


def _require_boxes(*values: Value) -> None:
    for value in values:
        if value.ndim < 2 or value.shape[-1] != 4:
            raise ValueError(f"boxes must have 2 dimensions or more, the last of size 4, got {value.shape}")


def _vectors(boxes: Value) -> list[Value]:
    """The four columns of boxes as vectors, with which ONNX Runtime computes fastest."""
    return [each.reshape((boxes.size // 4,)) for each in columns(boxes)]


def _spans(boxes: Value, form: str) -> list[tuple[Value, Value, Value]]:
    """For each direction: begin, end and extent (boxes, 1)."""
    first, second, third, fourth = columns(boxes)
    made = []
    for position, other in ((first, third), (second, fourth)):
        if form == "corner":
            made.append((position, other, other - position))
        else:
            made.append((position - other / 2.0, position + other / 2.0, other))
    return made


@operator("_contrib_box_iou", floats=True)
def box_iou(p: Params, left: Value, right: Value) -> Value:
    """Intersection over union of every box with every other: the shapes without their last dimension, joined."""
    _require_boxes(left, right)
    g = p.graph
    zero = g.const(0, left.dtype)
    one = _spans(left.reshape((left.size // 4, 4)), p.format)
    other = [
        tuple(each.transpose([1, 0]) for each in span) for span in _spans(right.reshape((right.size // 4, 4)), p.format)
    ]
    common: Value | None = None
    areas = []
    for (begin, end, _), (begins, ends, _) in zip(one, other, strict=True):
        length = g.maximum(g.minimum(end, ends) - g.maximum(begin, begins), zero)
        common = length if common is None else common * length
    for (_, _, width), (_, _, height) in (one, other):
        whole = (width >= 0) & (height >= 0)
        areas.append(g.where(whole, width * height, zero))
    assert common is not None
    overlap = common > 0
    union = areas[0] + areas[1] - common
    made = g.where(overlap, common / g.where(overlap, union, g.const(1, left.dtype)), zero)
    return made.reshape((*left.shape[:-1], *right.shape[:-1]))


def _centred(boxes: Sequence[Value]) -> tuple[Value, Value, Value, Value]:
    """Centre and extent of corner boxes of any shape: x, y, width, height."""
    left, top, right, bottom = boxes
    width, height = right - left, bottom - top
    return left + width * 0.5, top + height * 0.5, width, height


@operator("_contrib_box_encode")
def box_encode(
    p: Params, samples: Value, matches: Value, anchors: Value, refs: Value, means: Value, stds: Value
) -> list[Value]:
    """Offsets (n, m, 4) from anchors to the boxes matched, and the mask of those that count (samples above 0.5)."""
    if anchors.ndim != 3 or refs.ndim != 3 or anchors.shape[2] != 4 or refs.shape[2] != 4:
        raise ValueError(f"anchors and refs must be (batch, boxes, 4), got {anchors.shape} and {refs.shape}")
    if means.shape != (4,) or stds.shape != (4,):
        raise ValueError(f"means and stds must be (4,), got {means.shape} and {stds.shape}")
    g = p.graph
    batch, count, _ = anchors.shape
    if refs.shape[0] != batch:
        raise ValueError(f"anchors and refs must be of as many samples, got {anchors.shape} and {refs.shape}")
    counts = samples.reshape((batch * count,)) > 0.5
    # Whatever boxes that do not count are matched with is not looked at.
    matched = matches.reshape((batch * count,)).cast(INT64) * counts.cast(INT64)
    near = matched.clip(0, refs.shape[1] - 1)
    x, y, width, height = _centred(_vectors(reordered(refs, near.reshape((batch, count)))))
    anchor_x, anchor_y, anchor_width, anchor_height = _centred(_vectors(anchors))
    offsets = [
        (x - anchor_x) / anchor_width,
        (y - anchor_y) / anchor_height,
        (width / anchor_width).log(),
        (height / anchor_height).log(),
    ]
    parts = zip(offsets, means.split(0, 4), stds.split(0, 4), strict=True)
    zero = g.const(0, anchors.dtype)
    targets = [g.where(counts, (offset - mean) / deviation, zero) for offset, mean, deviation in parts]
    made = g.stack(targets, 1).reshape(anchors.shape)
    made = made.provided(everywhere(near.equals(matched)), "box_encode: a match is out of range")
    return [made, counts.cast(anchors.dtype).reshape((batch, count, 1)).expand(anchors.shape)]


@operator("_contrib_box_decode", floats=True)
def box_decode(p: Params, x: Value, anchors: Value) -> Value:
    """Corner boxes (n, m, 4) from offsets to anchors (1, m, 4); ``clip`` limits the logarithms of the sizes."""
    if x.ndim != 3 or x.shape[2] != 4 or anchors.ndim != 3 or anchors.shape[2] != 4:
        raise ValueError(f"data and anchors must be (batch, boxes, 4), got {x.shape} and {anchors.shape}")
    if anchors.shape[:2] != (1, x.shape[1]):
        raise ValueError(f"anchors must be (1, {x.shape[1]}, 4), got {anchors.shape}")
    g = p.graph
    anchor = columns(anchors)
    if p.format == "corner":
        anchor = list(_centred(anchor))
    offsets = columns(x)
    scales = [float(np.float32(each)) for each in (p.std0, p.std1, p.std2, p.std3)]
    starts, stops = [], []
    for axis in (0, 1):
        extent = offsets[axis + 2] * scales[axis + 2]
        if p.clip > 0:
            limit = g.const(float(np.float32(p.clip)), x.dtype)
            extent = g.where(extent < limit, extent, limit)
        centre = offsets[axis] * scales[axis] * anchor[axis + 2] + anchor[axis]
        half = extent.exp() * anchor[axis + 2] * 0.5
        starts.append(centre - half)
        stops.append(centre + half)
    return g.concat([*starts, *stops], 2)
