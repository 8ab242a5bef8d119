"""Patches of maps as columns and back, and the correlation of two maps."""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import BOOL, INT64, Builder, Value
from offboard.operators.convolution import spatial
from offboard.operators.record import Params, operator
from offboard.operators.windows import Windows


def _windows(p: Params) -> Windows:
    return Windows(p.kernel, spatial(p, "stride", 1), spatial(p, "dilate", 1), spatial(p, "pad", 0))


@operator("im2col", floats=True)
def im2col(p: Params, x: Value) -> Value:
    """Patches as columns: (n, c, ...) to (n, c * taps, patches)."""
    made = _windows(p).columns(x)
    return made.reshape((x.shape[0], x.shape[1] * made.shape[2], made.shape[3]))


@operator("col2im", floats=True)
def col2im(p: Params, x: Value) -> Value:
    """The map (n, c, ...) of ``output_size`` to whose elements the columns (n, c * taps, patches) are added."""
    windows, size = _windows(p), tuple(p.output_size)
    patches = math.prod(windows.counts(size))
    if x.ndim != 3 or x.shape[1] % windows.taps or x.shape[2] != patches:
        raise ValueError(f"data must be (batch, a multiple of {windows.taps}, {patches}), got {x.shape}")
    return windows.added(x.reshape((x.shape[0], x.shape[1] // windows.taps, windows.taps, patches)), size)


@operator("Correlation", floats=True)
def correlation(p: Params, left: Value, right: Value) -> Value:
    """The mean product, or absolute difference, of patches of one map with displaced patches of the other.

    One channel a displacement. A Loop over the displacements: each takes the whole map at once.
    """
    if left.ndim != 4 or right.shape != left.shape:
        raise ValueError(f"data1 and data2 must have one shape of 4 dimensions, got {left.shape} and {right.shape}")
    if p.kernel_size % 2 == 0 or p.stride1 < 1 or p.stride2 < 1:
        raise ValueError(f"kernel_size {p.kernel_size} must be odd and the strides positive")
    g = p.graph
    n, c = left.shape[:2]
    kernel, reach, step = p.kernel_size, p.max_displacement, p.stride1
    border = reach + (kernel - 1) // 2
    size = tuple(math.ceil((d + 2 * p.pad_size - 2 * border) / step) for d in left.shape[2:])
    if min(size) < 1:
        raise ValueError(f"neighbourhood and kernel do not fit {left.shape} with padding {p.pad_size}")
    radius = reach // p.stride2
    width = 2 * radius + 1
    pads = [(0, 0), (0, 0), (p.pad_size, p.pad_size), (p.pad_size, p.pad_size)]
    # Channels last, for they are what ONNX Runtime gathers at once.
    first, second = (each.pad(pads).transpose([0, 2, 3, 1]) for each in (left, right))
    # Where the rows and columns of the patches lie in the padded map, element by element of a patch.
    lines = [(np.arange(kernel)[:, None] + np.arange(o)[None, :] * step + reach).ravel() for o in size]
    first = first.gather(g.const(lines[0]), 1).gather(g.const(lines[1]), 2)

    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    going = body.value(body.fresh("going"), (), BOOL)
    body.inputs = [index, going]
    row = body.emit("Div", [index, body.const(width, INT64)], ())
    moved = Value(body, second.name, second.shape, second.dtype, second.known)
    for axis, place in ((1, row), (2, index - row * width)):
        away = (place - radius) * p.stride2
        moved = moved.gather(body.const(lines[axis - 1]) + away, axis)
    fixed = Value(body, first.name, first.shape, first.dtype, first.known)
    pairs = fixed * moved if p.is_multiply else (fixed - moved).abs()
    summed = pairs.reshape((n, kernel, size[0], kernel, size[1], c)).sum([1, 3, 5])
    body.outputs = [going.unary("Identity"), summed / float(kernel * kernel * c)]
    made = g.emit_many(
        "Loop",
        [g.const(width * width, INT64), g.const(True, BOOL)],
        [((width * width, n, *size), left.dtype)],
        body=body,
    )[0]
    return made.transpose([1, 0, 2, 3])
