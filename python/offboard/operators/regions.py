"""Pooling and alignment of regions of interest.

A region is (image, left, top, right, bottom) in the coordinates of the picture; ``spatial_scale`` brings it to the
feature map (n, c, h, w). The result has one row a region.
"""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import BOOL, FLOAT64, INT64, Builder, Shape, Value
from offboard.operators.record import Params, operator
from offboard.operators.sampling import inside_of, pixels, sampled_at_edge


def _require(x: Value, rois: Value, columns: tuple[int, ...]) -> None:
    if x.ndim != 4:
        raise ValueError(f"data must have 4 dimensions (batch, channel, height, width), got {x.shape}")
    if rois.ndim != 2 or rois.shape[1] not in columns:
        raise ValueError(f"rois must be (regions, {columns[-1]}), got {rois.shape}")


def _pooled(p: Params) -> Shape:
    if len(p.pooled_size) != 2 or min(p.pooled_size) <= 0:
        raise ValueError(f"pooled_size {p.pooled_size} must be two positive numbers")
    return tuple(p.pooled_size)


def _column(rois: Value, index: int, ndim: int) -> Value:
    """A column of the regions as (regions, 1, ...) of ``ndim`` dimensions."""
    return rois.slice(1, index, index + 1).reshape((rois.shape[0],) + (1,) * (ndim - 1))


def _rounded(x: Value) -> Value:
    """To the nearest integer, halves away from zero."""
    return x.unary("Sign") * (x.abs() + 0.5).floor()


@operator("_contrib_ROIAlign", floats=True)
def roi_align(p: Params, x: Value, rois: Value) -> Value:
    """Averages of bilinear samples of each bin; regions (image, left, top, right, bottom), or without the image.

    A negative image makes a row of zeros.
    """
    _require(x, rois, (4, 5))
    g = p.graph
    down, across = _pooled(p)
    count, channels = rois.shape[0], x.shape[1]
    if p.position_sensitive and channels % (down * across):
        raise ValueError(f"{channels} channels are no multiple of pooled_size {p.pooled_size}")
    boxes = rois.slice(1, rois.shape[1] - 4, rois.shape[1])
    image = g.full((count,), 0, INT64)
    if rois.shape[1] == 5:
        image = rois.slice(1, 0, 1).reshape((count,)).cast(INT64)
    made = g.emit(
        "RoiAlign",
        [x, boxes, g.maximum(image, g.const(0, INT64))],
        (count, channels, down, across),
        output_height=down,
        output_width=across,
        sampling_ratio=max(p.sample_ratio, 0),
        spatial_scale=float(p.spatial_scale),
        coordinate_transformation_mode="half_pixel" if p.aligned else "output_half_pixel",
    )
    if p.position_sensitive:
        bins = down * across
        diagonal = g.const(np.arange(bins, dtype=np.int64) * (bins + 1))
        made = made.reshape((count, channels // bins, bins * bins)).gather(diagonal, 2)
        made = made.reshape((count, channels // bins, down, across))
    return g.where((image >= 0).reshape((count, 1, 1, 1)), made, g.const(0, x.dtype))


@operator("ROIPooling", floats=True)
def roi_pooling(p: Params, x: Value, rois: Value) -> Value:
    """Maxima of each bin's pixels; an empty bin is 0."""
    _require(x, rois, (5,))
    down, across = _pooled(p)
    # What is not above the lowest number (NaN too) never becomes a maximum.
    lowest = p.graph.const(-np.finfo(np.float32).max, x.dtype)
    x = p.graph.where(x > lowest, x, lowest)
    if x.dtype != FLOAT64:
        return p.graph.emit(
            "MaxRoiPool",
            [x, rois],
            (rois.shape[0], x.shape[1], down, across),
            pooled_shape=(down, across),
            spatial_scale=float(p.spatial_scale),
        )
    bounds = _bins(rois, float(np.float32(p.spatial_scale)), x.shape[2:], (down, across))
    return _maxima(x, rois, bounds)


def _bins(rois: Value, scale: float, size: Shape, pooled: Shape) -> list[Value]:
    """Masks of the pixels that each bin takes: (regions, bins, size) for rows, then for columns."""
    masks = []
    for first, extent, bins in ((2, size[0], pooled[0]), (1, size[1], pooled[1])):
        start = _rounded(_column(rois, first, 3) * scale)
        stop = _rounded(_column(rois, first + 2, 3) * scale)
        length = rois.graph.maximum(stop - start + 1.0, rois.graph.const(1, rois.dtype))
        index = rois.graph.const(np.arange(bins).reshape(1, bins, 1).astype(rois.dtype))
        step = length / float(bins)
        low = (index * step).floor() + start
        high = ((index + 1.0) * step).unary("Ceil") + start
        position = rois.graph.const(np.arange(extent).reshape(1, 1, extent).astype(rois.dtype))
        masks.append((position >= low) & (position < high))
    return masks


def _maxima(x: Value, rois: Value, bins: list[Value]) -> Value:
    """Region by region, the maxima of the map's pixels under both masks; 0 where there are none."""
    g = x.graph
    channels, height, width = x.shape[1:]
    down, across = bins[0].shape[1], bins[1].shape[1]
    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    going = body.value(body.fresh("going"), (), BOOL)
    body.inputs = [index, going]

    def row(value: Value) -> Value:
        return Value(body, value.name, value.shape, value.dtype, value.known).gather(index, 0)

    lowest = body.const(-np.finfo(np.float32).max, x.dtype)
    image = Value(body, x.name, x.shape, x.dtype).gather(row(rois).slice(0, 0, 1).cast(INT64), 0)
    image = image.reshape((channels, 1, height, width))
    by_rows = body.where(row(bins[0]).unsqueeze(2), image, lowest).max([2])
    found = body.where(row(bins[1]), by_rows.unsqueeze(2), lowest).max([3])
    filled = [row(each).cast(np.int32).max([1]).cast(BOOL) for each in bins]
    one = body.where(filled[0].unsqueeze(1) & filled[1], found, body.const(0, x.dtype))
    body.outputs = [going.unary("Identity"), one]
    trips = g.const(rois.shape[0], INT64)
    return g.emit_many(
        "Loop", [trips, g.const(True, BOOL)], [((rois.shape[0], channels, down, across), x.dtype)], body=body
    )[0]


def _group_channels(outputs: int, group: int, pooled: int) -> np.ndarray:
    """The channel that each bin of each output reads: (1, outputs, pooled, pooled)."""
    part = np.clip(np.arange(pooled) * group // pooled, 0, group - 1)
    channel = (np.arange(outputs)[:, None, None] * group + part[:, None]) * group + part[None, :]
    return channel[None].astype(np.int64)


def _require_groups(x: Value, outputs: int, group: int, size: int) -> None:
    if min(outputs, group, size) < 1:
        raise ValueError(f"output_dim {outputs}, group_size {group} and pooled_size {size} must be positive")
    if x.shape[1] < outputs * group * group:
        raise ValueError(
            f"data must have output_dim * group_size^2 = {outputs * group * group} channels, got {x.shape}"
        )


@operator("_contrib_PSROIPooling", floats=True)
def psroi_pooling(p: Params, x: Value, rois: Value) -> Value:
    """Averages of each bin's pixels, of a channel that depends on the bin; an empty bin is 0.

    The sums are differences of the map's running sums, taken in float64.
    """
    _require(x, rois, (5,))
    g = p.graph
    size, outputs = p.pooled_size, p.output_dim
    group = p.group_size or size
    _require_groups(x, outputs, group, size)
    _, c, h, w = x.shape
    running = x.pad([(0, 0), (0, 0), (1, 0), (1, 0)]).cast(FLOAT64)
    for axis in (2, 3):
        running = g.emit("CumSum", [running, g.const(axis, INT64)], running.shape)
    flat = running.reshape((running.size,))
    lines = []
    for first, extent, axis in ((2, h, 2), (1, w, 3)):
        start = _rounded(_column(rois, first, 4)) * float(p.spatial_scale)
        stop = (_rounded(_column(rois, first + 2, 4)) + 1.0) * float(p.spatial_scale)
        step = g.maximum(stop - start, g.const(0.1, x.dtype)) / float(size)
        shape = [1, 1, 1, 1]
        shape[axis] = size
        index = g.const(np.arange(size).reshape(shape).astype(x.dtype))
        low = (index * step + start).floor().clip(0, extent).cast(INT64)
        high = ((index + 1.0) * step + start).unary("Ceil").clip(0, extent).cast(INT64)
        lines.append((low, high))
    (top, bottom), (left, right) = lines
    image = _column(rois, 0, 4).cast(INT64)
    plane = (image * c + g.const(_group_channels(outputs, group, size))) * ((h + 1) * (w + 1))

    def at(row: Value, column: Value) -> Value:
        return flat.gather(plane + row * (w + 1) + column, 0)

    total = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
    area = (bottom - top) * (right - left)
    empty = (bottom <= top) | (right <= left)
    some = g.where(empty, g.const(1, INT64), area).cast(FLOAT64)
    return g.where(empty, g.const(0, x.dtype), (total / some).cast(x.dtype))


@operator("_contrib_DeformablePSROIPooling", floats=True)
def deformable_psroi_pooling(p: Params, x: Value, rois: Value, trans: Value | None = None) -> Value:
    """Averages of bilinear samples of each bin, of a channel that depends on the bin, moved by ``trans``.

    ``trans`` (regions, 2 * classes, part_size, part_size) is in shares of the region's size.
    """
    _require(x, rois, (5,))
    g = p.graph
    size, outputs, samples = p.pooled_size, p.output_dim, p.sample_per_part
    _require_groups(x, outputs, p.group_size, size)
    _, c, h, w = x.shape
    parts = p.part_size or size
    moved = None if p.no_trans else trans
    lines = []
    for first, axis in ((2, 2), (1, 3)):
        start = _rounded(_column(rois, first, 5)) * float(p.spatial_scale) - 0.5
        stop = (_rounded(_column(rois, first + 2, 5)) + 1.0) * float(p.spatial_scale) - 0.5
        length = g.maximum(stop - start, g.const(0.1, x.dtype))
        step = length / float(size)
        shape = [1] * 5
        shape[axis] = size
        begin = g.const(np.arange(size).reshape(shape).astype(x.dtype)) * step + start
        if moved is not None:
            begin = begin + _moves(moved, outputs, parts, size, int(axis == 2)) * float(p.trans_std) * length
        inner = np.arange(samples)
        number = inner.repeat(samples) if axis == 2 else np.tile(inner, samples)
        lines.append(begin + g.const(number.reshape(1, 1, 1, 1, -1).astype(x.dtype)) * (step / float(samples)))
    positions = (rois.shape[0], outputs, size, size, samples * samples)
    down, right = (each.expand(positions) for each in lines)
    channel = g.const(_group_channels(outputs, p.group_size, size)[..., None])
    start = (_column(rois, 0, 5).cast(INT64) * c + channel) * (h * w)
    inside = inside_of((h, w), down, right, -0.5, -0.5)
    total = sampled_at_edge(x.reshape((x.size,)), (h, w), start, down, right, inside).sum([4])
    count = inside.cast(x.dtype).sum([4])
    return g.where(count > 0, total / g.maximum(count, g.const(1, x.dtype)), g.const(0, x.dtype))


def _moves(trans: Value, outputs: int, parts: int, size: int, which: int) -> Value:
    """How far each bin of each output is moved: (regions, outputs, size, size, 1); ``which`` 0 right, 1 down."""
    classes = trans.shape[1] // 2
    part = np.arange(size) * parts // size
    index = np.arange(outputs) // max(outputs // classes, 1) * 2 + which
    chosen = trans.gather(trans.graph.const(index), 1)
    for axis in (2, 3):
        chosen = chosen.gather(trans.graph.const(part), axis)
    return chosen.unsqueeze(4)


@operator("_contrib_RROIAlign", floats=True)
def rotated_roi_align(p: Params, x: Value, rois: Value) -> Value:
    """Averages of bilinear samples of each bin of a turned region (image, x, y, width, height, degrees).

    A Loop over the samples of a bin: by default as many as its size rounded up, in each direction.
    """
    _require(x, rois, (6,))
    g = p.graph
    pooled = _pooled(p)
    count, scale = rois.shape[0], float(p.spatial_scale)
    centre_x, centre_y = _column(rois, 1, 3) * scale, _column(rois, 2, 3) * scale
    one = g.const(1, x.dtype)
    width, height = (g.maximum(_column(rois, each, 3) * scale, one) for each in (3, 4))
    steps = [height / float(pooled[0]), width / float(pooled[1])]
    if p.sampling_ratio > 0:
        grid = [g.full((count, 1, 1), p.sampling_ratio, INT64)] * 2
    else:
        grid = [step.unary("Ceil").cast(INT64) for step in steps]
    angle = (_column(rois, 5, 3).cast(FLOAT64) * (math.pi / 180.0)).cast(x.dtype)
    cosine, sine = angle.unary("Cos"), angle.unary("Sin")
    samples = grid[0] * grid[1]
    table = pixels(x)
    start = _column(rois, 0, 3).cast(INT64) * (x.shape[2] * x.shape[3])

    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    going = body.value(body.fresh("going"), (), BOOL)
    shape = (count, *pooled, x.shape[1])
    total = body.value(body.fresh("total"), shape, x.dtype)
    body.inputs = [index, going, total]

    def seen(value: Value) -> Value:
        return Value(body, value.name, value.shape, value.dtype, value.known)

    within_y = body.emit("Div", [index, seen(grid[1])], grid[1].shape)
    within_x = index - within_y * seen(grid[1])
    lines = []
    for axis, within in ((0, within_y), (1, within_x)):
        step = seen(steps[axis])
        bins = np.arange(pooled[axis]).reshape((1, -1, 1) if axis == 0 else (1, 1, -1)).astype(x.dtype)
        begin = seen((height, width)[axis]) * -0.5 + body.const(bins) * step
        lines.append(begin + (within.cast(x.dtype) + 0.5) * step / seen(grid[axis]).cast(x.dtype))
    y, z = lines
    cos, sin = seen(cosine), seen(sine)
    right = z * cos + y * sin + seen(centre_x)
    down = y * cos - z * sin + seen(centre_y)
    inside = inside_of(x.shape[2:], down, right, -1.0, 0.0) & (index < seen(samples))
    found = sampled_at_edge(seen(table), x.shape[2:], seen(start), down, right, inside)
    body.outputs = [going.unary("Identity"), total + found]
    made = g.emit_many(
        "Loop",
        [samples.max([0, 1, 2]).reshape(()), g.const(True, BOOL), g.full(shape, 0, x.dtype)],
        [(shape, x.dtype)],
        body=body,
    )[0]
    return (made / samples.cast(x.dtype).unsqueeze(3)).transpose([0, 3, 1, 2])
