"""Deformable convolutions: kernels whose every position is moved by an offset that the network computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import Shape, Value
from offboard.operators.convolution import spatial
from offboard.operators.record import Params, PartialShape, inconsistent, operator
from offboard.operators.sampling import images, pixels, sampled_at_edge


def _output_size(p: Params, size: Shape) -> Shape:
    stride, dilate, pad = spatial(p, "stride", 1), spatial(p, "dilate", 1), spatial(p, "pad", 0)
    return tuple(
        (d + 2 * b - (e * (k - 1) + 1)) // s + 1
        for d, k, s, e, b in zip(size, p.kernel, stride, dilate, pad, strict=True)
    )


def _shapes(p: Params, data: Shape, *, masked: bool) -> list[Shape]:
    """Shapes of all inputs, from the data's."""
    if len(data) != 4 or len(p.kernel) != 2:
        raise ValueError(f"data must have 4 dimensions and kernel 2, got {data} and {p.kernel}")
    groups, moved, channels = p.num_group, p.num_deformable_group, data[1]
    if channels % groups or channels % moved or p.num_filter % groups or p.num_filter % moved:
        raise ValueError(
            f"{channels} channels or {p.num_filter} filters do not divide into {groups} and {moved} groups"
        )
    size = _output_size(p, data[2:])
    if min(size) <= 0:
        raise ValueError(f"kernel {p.kernel} exceeds input {data}")
    taps = p.kernel[0] * p.kernel[1]
    made = [data, (data[0], 2 * taps * moved, *size)]
    if masked:
        made.append((data[0], taps * moved, *size))
    return [*made, (p.num_filter, channels // groups, *p.kernel), (p.num_filter,)]


def _check(p: Params, inputs: Sequence[Value | None], *, masked: bool) -> Shape:
    """Refuses inputs that do not fit; returns the size of the output map."""
    first = inputs[0]
    assert first is not None
    if p.layout not in (None, "NCHW"):
        raise ValueError(f"Invalid layout for 4d shape: {p.layout}")
    expected = _shapes(p, first.shape, masked=masked)
    for value, shape in zip(inputs, expected, strict=True):
        if value is not None and value.shape != shape:
            raise inconsistent(value.shape, shape)
    return expected[1][2:]


def _fill(p: Params, shapes: list[PartialShape], *, masked: bool) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or not all(data):
        return shapes
    return _shapes(p, data, masked=masked)[: len(shapes)]


@operator("_contrib_DeformableConvolution", fill=lambda p, shapes: _fill(p, shapes, masked=False), floats=True)
def deformable_convolution(p: Params, x: Value, offset: Value, weight: Value, bias: Value | None = None) -> Value:
    """Convolution by bilinear samples at moved positions; what is moved out of the map is 0.

    ``offset`` (n, groups * taps * 2, h, w) has down before right.
    """
    size = _check(p, [x, offset, weight, bias], masked=False)
    g = p.graph
    n, c, h, w = x.shape
    moved, group, taps, places = p.num_deformable_group, p.num_group, p.kernel[0] * p.kernel[1], size[0] * size[1]
    stride, dilate, pad = spatial(p, "stride", 1), spatial(p, "dilate", 1), spatial(p, "pad", 0)
    lines = [
        np.arange(k)[:, None] * e + np.arange(o)[None, :] * s - b
        for k, e, o, s, b in zip(p.kernel, dilate, size, stride, pad, strict=True)
    ]
    whole = (p.kernel[0], p.kernel[1], size[0], size[1])
    down = np.broadcast_to(lines[0][:, None, :, None], whole).reshape(1, taps, places)
    right = np.broadcast_to(lines[1][None, :, None, :], whole).reshape(1, taps, places)
    moves = offset.reshape((n * moved, taps, 2, places)).split(2, 2)
    y, z = (move.squeeze(2) + g.const(base.astype(x.dtype)) for move, base in zip(moves, (down, right), strict=True))
    maps = x.reshape((n * moved, c // moved, h, w))
    inside = (y >= 0) & (z >= 0) & (y < float(h)) & (z < float(w))
    samples = sampled_at_edge(pixels(maps), (h, w), images(maps, 3), y, z, inside)
    columns = samples.transpose([0, 3, 1, 2]).reshape((n, group, c // group * taps, places))
    made = weight.reshape((group, p.num_filter // group, c // group * taps)) @ columns
    made = made.reshape((n, p.num_filter, *size))
    return made if bias is None else made + bias.reshape((1, p.num_filter, 1, 1))


@operator("_contrib_ModulatedDeformableConvolution", fill=lambda p, shapes: _fill(p, shapes, masked=True), floats=True)
def modulated_deformable_convolution(
    p: Params, x: Value, offset: Value, mask: Value, weight: Value, bias: Value | None = None
) -> Value:
    """Deformable convolution whose samples are weighted by ``mask``; a sample half outside counts in part."""
    size = _check(p, [x, offset, mask, weight, bias], masked=True)
    pad = spatial(p, "pad", 0)
    return p.graph.emit(
        "DeformConv",
        [x, weight, offset, bias, mask],
        (x.shape[0], p.num_filter, *size),
        kernel_shape=p.kernel,
        strides=spatial(p, "stride", 1),
        dilations=spatial(p, "dilate", 1),
        pads=(*pad, *pad),
        group=p.num_group,
        offset_group=p.num_deformable_group,
    )
