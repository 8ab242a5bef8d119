"""Spatial operators: upsampling, resizing, grids, sampling by them, cropping."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, Value
from offboard.operators.convolution import transposed_in_float64
from offboard.operators.record import Params, PartialShape, inconsistent, operator
from offboard.operators.sampling import images, pixels, sampled


def _require_maps(x: Value) -> None:
    if x.ndim != 4:
        raise ValueError(f"data must have 4 dimensions (batch, channel, height, width), got {x.shape}")


def _upsampling_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if p.sample_type != "bilinear" or data is None or not data[1]:
        return shapes
    kernel = 2 * p.scale - p.scale % 2
    return [data, (data[1], 1, kernel, kernel)]


@operator("UpSampling", fill=_upsampling_fill, floats=True)
def upsampling(p: Params, *inputs: Value) -> Value:
    """Maps ``scale`` times as large, pixels repeated, or by a transposed convolution of the given weight.

    Several maps are brought to the first one's new size, then concatenated or summed.
    """
    first = inputs[0]
    _require_maps(first)
    height, width = first.shape[2] * p.scale, first.shape[3] * p.scale
    if p.sample_type == "bilinear":
        return _upsampled_by_weight(p, first, inputs[1])
    made = []
    for x in inputs:
        _require_maps(x)
        if height % x.shape[2] or width % x.shape[3]:
            raise ValueError(f"the size {(height, width)} is no multiple of {x.shape}")
        if x.shape[0] != first.shape[0]:
            raise ValueError(f"all maps must be of {first.shape[0]} samples, got {x.shape}")
        if p.multi_input_mode == "sum" and x.shape[1] != first.shape[1]:
            raise ValueError(f"Number of channels must be the same when multi_input_mode==sum, got {x.shape}")
        made.append(_repeated(x, height // x.shape[2], width // x.shape[3]))
    if p.multi_input_mode == "concat":
        return p.graph.concat(made, 1)
    total = made[0]
    for x in made[1:]:
        total = total + x
    return total


# Up to this factor ONNX Runtime's float32 coordinates are right on maps of any size that fits in memory.
_RESIZED = 16


def _repeated(x: Value, down: int, across: int) -> Value:
    """Each pixel of a map (n, c, h, w) ``down`` times ``across`` times."""
    n, c, h, w = x.shape
    shape = (n, c, h * down, w * across)
    if x.dtype == FLOAT64 or max(down, across) > _RESIZED:
        return x.reshape((n, c, h, 1, w, 1)).expand((n, c, h, down, w, across)).reshape(shape)
    # Many times faster than expanding a dimension of a few elements.
    scales = x.graph.const(np.array([1, 1, down, across], np.float32))
    attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return x.graph.emit("Resize", [x.cast(FLOAT32), None, scales], shape, FLOAT32, **attributes).cast(x.dtype)


def _upsampled_by_weight(p: Params, x: Value, weight: Value) -> Value:
    kernel = 2 * p.scale - p.scale % 2
    pad = math.ceil((p.scale - 1) / 2.0)
    n, c, h, w = x.shape
    if weight.shape != (c, 1, kernel, kernel):
        raise inconsistent(weight.shape, (c, 1, kernel, kernel))
    size = tuple((d - 1) * p.scale + kernel - 2 * pad for d in (h, w))
    if x.dtype == FLOAT64:
        whole = transposed_in_float64(x, weight, (p.scale, p.scale), (1, 1), c)
        return whole.slices({axis + 2: (pad, pad + d, 1) for axis, d in enumerate(size)})
    return p.graph.emit(
        "ConvTranspose",
        [x, weight],
        (n, c, *size),
        kernel_shape=(kernel, kernel),
        strides=(p.scale, p.scale),
        pads=(pad, pad, pad, pad),
        group=c,
    )


def _nearest_parity(size: int, mode: str) -> int:
    odd = size % 2 == 1
    if odd == ("odd" in mode):
        return size
    return size - 1 if mode.endswith("down") else size + 1


def _resized(p: Params, x: Value, like: Value | None) -> tuple[int, int]:
    height, width = x.shape[2:]
    if p.mode == "like":
        assert like is not None
        return like.shape[2], like.shape[3]
    if p.mode == "size":
        if p.scale_height is None:
            return p.height, p.width
        return int(np.float32(p.scale_height) * np.float32(height)), int(np.float32(p.scale_width) * np.float32(width))
    if p.mode == "odd_scale":
        made = []
        for size, scale in ((height, p.scale_height), (width, p.scale_width)):
            whole = size if size % 2 == 0 else size - 1
            made.append(int(np.float32(whole) * np.float32(scale)) + size - whole)
        return made[0], made[1]
    return _nearest_parity(height, p.mode), _nearest_parity(width, p.mode)


def linear_positions(size: int, wanted: int, align_corners: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of ``wanted`` elements of a line of ``size``: its two neighbours and the second one's weight."""
    index = np.arange(wanted)
    if wanted == 1:
        source = np.zeros(1, np.float32)
    elif align_corners:
        source = np.float32(size - 1) / np.float32(wanted - 1) * index.astype(np.float32)
    else:
        # Rounded once, as MXNet's fused multiply and add does.
        step = np.float64(np.float32(size) / np.float32(wanted))
        source = np.maximum(step * (index + 0.5) - 0.5, 0).astype(np.float32)
    first = source.astype(np.int64)
    return first, np.minimum(first + 1, size - 1), source - first.astype(np.float32)


def _along(x: Value, axis: int, wanted: int, align_corners: bool) -> Value:
    size = x.shape[axis]
    if size == wanted:
        return x
    first, second, weight = linear_positions(size, wanted, align_corners)
    shape = [1] * x.ndim
    shape[axis] = wanted
    after = x.graph.const(weight.reshape(shape).astype(x.dtype))
    before = x.graph.const((np.float32(1) - weight).reshape(shape).astype(x.dtype))
    return x.gather(x.graph.const(first), axis) * before + x.gather(x.graph.const(second), axis) * after


@operator("_contrib_BilinearResize2D", floats=True)
def bilinear_resize(p: Params, x: Value, like: Value | None = None) -> Value:
    """Maps of another size by bilinear interpolation; the mode says which size."""
    _require_maps(x)
    height, width = _resized(p, x, like)
    if height <= 0 or width <= 0:
        raise ValueError(f"the size {(height, width)} is empty")
    if (height, width) == x.shape[2:]:
        return x.unary("Identity")
    return _along(_along(x, 3, width, p.align_corners), 2, height, p.align_corners)


def _line(size: int) -> np.ndarray:
    """Positions -1 .. 1 of a line's elements; a line of one element has none but the first."""
    with np.errstate(all="ignore"):
        return -1.0 + np.arange(size) * np.float64(2.0) / np.float64(size - 1)


def _affine_grid(loc: Value, height: int, width: int) -> Value:
    """The grid (n, 2, height * width) of right and down positions from (n, 6) affine matrices."""
    down, right = np.meshgrid(_line(height), _line(width), indexing="ij")
    corners = np.stack([right.ravel(), down.ravel(), np.ones(height * width)]).astype(loc.dtype)
    return loc.reshape((loc.shape[0], 2, 3)) @ loc.graph.const(corners)


@operator("GridGenerator")
def grid_generator(p: Params, x: Value) -> Value:
    """A sampling grid (n, 2, h, w) from affine matrices (n, 6) or from the flow (n, 2, h, w)."""
    if x.dtype != FLOAT32:
        raise ValueError("data must be float32")
    if p.transform_type == "affine":
        height, width = p.target_shape
        if x.ndim != 2 or x.shape[1] != 6:
            raise ValueError(f"data must be (batch, 6), got {x.shape}")
        if height <= 0 or width <= 0:
            raise ValueError(f"target_shape {p.target_shape} must be positive")
        return _affine_grid(x, height, width).reshape((x.shape[0], 2, height, width))
    if x.ndim != 4 or x.shape[1] != 2:
        raise ValueError(f"data must be (batch, 2, height, width), got {x.shape}")
    height, width = x.shape[2:]
    right, down = np.broadcast_arrays(np.arange(width)[None, :], np.arange(height)[:, None])
    half = np.array([(width - 1) / 2.0, (height - 1) / 2.0]).reshape(1, 2, 1, 1).astype(x.dtype)
    return (x + x.graph.const(np.stack([right, down])[None].astype(x.dtype))) / x.graph.const(half) - 1.0


def _sampled_by_grid(x: Value, right: Value, down: Value) -> Value:
    """The map at positions -1 .. 1, each (n, h, w): (n, c, h, w)."""
    y = (down + 1.0) * float(x.shape[2] - 1) / 2.0
    z = (right + 1.0) * float(x.shape[3] - 1) / 2.0
    return sampled(pixels(x), x.shape[2:], images(x, 3), y, z).transpose([0, 3, 1, 2])


@operator("BilinearSampler", floats=True)
def bilinear_sampler(p: Params, x: Value, grid: Value) -> Value:
    """The map at the grid's positions (n, 2, h, w), right before down, each -1 .. 1; outside is 0."""
    _require_maps(x)
    if grid.ndim != 4 or grid.shape[0] != x.shape[0] or grid.shape[1] != 2:
        raise ValueError(f"grid must be ({x.shape[0]}, 2, height, width), got {grid.shape}")
    right, down = (each.squeeze(1) for each in grid.split(1, 2))
    return _sampled_by_grid(x, right, down)


def _transformer_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    return shapes if data is None or not data[0] else [data, (data[0], 6)]


@operator("SpatialTransformer", fill=_transformer_fill, floats=True)
def spatial_transformer(p: Params, x: Value, loc: Value) -> Value:
    """The map at the grid of affine matrices (n, 6)."""
    _require_maps(x)
    height, width = p.target_shape
    if loc.shape != (x.shape[0], 6):
        raise ValueError(f"loc must be ({x.shape[0]}, 6), got {loc.shape}")
    if height <= 0 or width <= 0:
        raise ValueError(f"target_shape {p.target_shape} must be positive")
    grid = _affine_grid(loc, height, width)
    right, down = (each.reshape((x.shape[0], height, width)) for each in grid.split(1, 2))
    return _sampled_by_grid(x, right, down)


@operator("Crop")
def crop(p: Params, x: Value, like: Value | None = None) -> Value:
    """A window of the map: of ``h_w``, or of the second input's size; at ``offset`` or in the centre."""
    _require_maps(x)
    if x.dtype != FLOAT32:
        raise ValueError("data must be float32")
    height, width = p.h_w if like is None else like.shape[2:]
    room = (x.shape[2] - height, x.shape[3] - width)
    if height < 1 or width < 1 or min(room) < 0:
        raise ValueError(f"the window {(height, width)} does not fit {x.shape}")
    top, left = (room[0] // 2, room[1] // 2) if p.center_crop else p.offset
    if not (0 <= top <= room[0] and 0 <= left <= room[1]):
        raise ValueError(f"offset {(top, left)} leaves no room for {(height, width)} in {x.shape}")
    return x.slices({2: (top, top + height, 1), 3: (left, left + width, 1)})
