"""Resizing of images as OpenCV 3.4 does it, which MXNet calls: the same weights, and for uint8 the same fixed point.

Each direction is a sum of a few elements with constant weights, columns first. For uint8 the weights are in units of
1 / 2048 and both directions are summed in whole numbers before anything is rounded; but OpenCV's vector code, which
does eight numbers of a row at once, sums cubic rows in float32.
"""

from __future__ import annotations

import math

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, Value

__all__ = ["resized"]

NEAREST, LINEAR, CUBIC, AREA, LANCZOS = range(5)
# Taps: where the elements lie (outputs, taps) and their weights.
_Taps = tuple[np.ndarray, np.ndarray]


def _cubic(part: np.ndarray) -> np.ndarray:
    a = np.float32(-0.75)
    one = np.float32(1)
    first = ((a * (part + one) - 5 * a) * (part + one) + 8 * a) * (part + one) - 4 * a
    second = ((a + 2) * part - (a + 3)) * part * part + one
    rest = one - part
    third = ((a + 2) * rest - (a + 3)) * rest * rest + one
    return np.stack([first, second, third, one - first - second - third], -1)


def _lanczos(part: np.ndarray) -> np.ndarray:
    half = math.sqrt(0.5)
    turns = np.array([[1, 0], [-half, -half], [0, 1], [half, -half], [-1, 0], [half, half], [0, -1], [-half, half]])
    made = np.zeros((len(part), 8), np.float32)
    for row, each in enumerate(part):
        if each < np.finfo(np.float32).eps:
            made[row, 3] = 1
            continue
        start = -float(each + np.float32(3)) * math.pi * 0.25
        sine, cosine = math.sin(start), math.cos(start)
        total = np.float32(0)
        for tap in range(8):
            angle = -float(each + np.float32(3) - np.float32(tap)) * math.pi * 0.25
            made[row, tap] = (turns[tap, 0] * sine + turns[tap, 1] * cosine) / (angle * angle)
            total += made[row, tap]
        made[row] *= np.float32(1) / total
    return made


def _taps(size: int, wanted: int, method: int, *, rows: bool) -> _Taps:
    """The taps of one direction; for AREA those that OpenCV takes where it does not shrink.

    Beyond the edge the last element counts: once where columns are summed linearly, else under all weights.
    """
    scale = size / wanted
    index = np.arange(wanted)
    if method == NEAREST:
        return np.minimum(np.floor(index * scale), size - 1).astype(np.int64)[:, None], np.ones((wanted, 1))
    if method == AREA:
        first = np.floor(index * scale).astype(np.int64)
        part = ((index + 1) - (first + 1) * (wanted / size)).astype(np.float32)
        part = np.where(part <= 0, np.float32(0), part - np.floor(part))
    else:
        source = ((index + 0.5) * scale - 0.5).astype(np.float32)
        first = np.floor(source).astype(np.int64)
        part = source - first.astype(np.float32)
    if method in (LINEAR, AREA):
        if not rows:
            part = np.where((first < 0) | (first >= size - 1), np.float32(0), part)
        weights = np.stack([np.float32(1) - part, part], -1)
        offsets = np.arange(2)
    elif method == CUBIC:
        weights, offsets = _cubic(part), np.arange(-1, 3)
    else:
        weights, offsets = _lanczos(part), np.arange(-3, 5)
    return np.clip(first[:, None] + offsets, 0, size - 1), weights


def _cells(size: int, wanted: int) -> np.ndarray:
    """The share (wanted, size) of each element in each cell that shrinking makes one element of."""
    scale = size / wanted
    made = np.zeros((wanted, size))
    for cell in range(wanted):
        begin, end = cell * scale, cell * scale + scale
        width = min(scale, size - begin)
        last = min(math.floor(end), size - 1)
        first = min(math.ceil(begin), last)
        if first - begin > 1e-3:
            made[cell, first - 1] = (first - begin) / width
        made[cell, first:last] = 1.0 / width
        if end - last > 1e-3:
            made[cell, last] = min(end - last, 1.0, width) / width
    return made


def _weighted(x: Value, axis: int, taps: _Taps) -> Value:
    """Sums of the elements at the taps along an axis, in the taps' order."""
    positions, weights = taps
    shape = [1] * x.ndim
    shape[axis % x.ndim] = len(positions)
    total: Value | None = None
    for tap in range(positions.shape[1]):
        weight = x.graph.const(weights[:, tap].reshape(shape).astype(x.dtype))
        term = x.gather(x.graph.const(positions[:, tap]), axis) * weight
        total = term if total is None else total + term
    assert total is not None
    return total


def _rounded(x: Value) -> Value:
    return x.unary("Round").clip(0.0, 255.0).cast(np.uint8)


def _cell_taps(size: int, wanted: int) -> _Taps:
    """The elements of each cell from the first on; cells of fewer than others have taps without weight."""
    shares = _cells(size, wanted).astype(np.float32)
    first = (shares > 0).argmax(1)
    count = int((shares > 0).sum(1).max())
    positions = np.minimum(first[:, None] + np.arange(count), size - 1)
    past = first[:, None] + np.arange(count) >= size
    return positions, np.where(past, np.float32(0), np.take_along_axis(shares, positions, 1))


def _shrunk(x: Value, size: tuple[int, int]) -> Value:
    """Averages over areas; for uint8 rounded, halves to even, but up where the factor is 2 in both directions."""
    height, width = x.shape[-3:-1]
    kind = x.dtype if x.is_float else FLOAT32
    down, right = height / size[0], width / size[1]
    if down.is_integer() and right.is_integer():
        lead = x.shape[:-3]
        blocks = x.cast(kind).reshape((*lead, size[0], int(down), size[1], int(right), x.shape[-1]))
        made = blocks.sum((len(lead) + 1, len(lead) + 3)) * float(np.float32(1 / (down * right)))
        if not x.is_float and down == right == 2:
            return (made + 0.5).floor().cast(np.uint8)
    elif x.is_float:
        tall, wide = (_cells(*each).astype(np.float32).astype(kind) for each in ((height, size[0]), (width, size[1])))
        across = x.graph.const(wide) @ x
        rows = across.reshape((*across.shape[:-2], across.shape[-2] * across.shape[-1]))
        made = (x.graph.const(tall) @ rows).reshape((*x.shape[:-3], *size, x.shape[-1]))
    else:
        # In float32, one after the other: that decides about what lies between two numbers.
        lines = _weighted(x.cast(FLOAT32), -2, _cell_taps(width, size[1]))
        made = _weighted(lines, -3, _cell_taps(height, size[0]))
    return made if x.is_float else _rounded(made)


def _whole(weights: np.ndarray) -> np.ndarray:
    """Weights in units of 1 / 2048, halves to even."""
    return np.rint(weights.astype(np.float32) * np.float32(2048))


def _in_fixed_point(x: Value, lines: list[_Taps]) -> Value:
    """uint8 by whole weights; two taps lose 4 and 16 bits on the way, as OpenCV's fast path does."""
    (rows, tall), (columns, wide) = ((at, _whole(weights)) for at, weights in lines)
    across = _weighted(x.cast(FLOAT64), -2, (columns, wide))
    if rows.shape[1] == 2:
        across = (across * (1 / 16)).floor()
        total: Value | None = None
        for tap in (0, 1):
            term = (_weighted(across, -3, (rows[:, tap : tap + 1], tall[:, tap : tap + 1])) * (1 / 65536)).floor()
            total = term if total is None else total + term
        assert total is not None
        return ((total + 2.0) * 0.25).floor().clip(0.0, 255.0).cast(np.uint8)
    made = ((_weighted(across, -3, (rows, tall)) + 2.0**21) * 2.0**-22).floor().clip(0.0, 255.0).cast(np.uint8)
    line = made.shape[-2] * made.shape[-1]
    vectors = np.arange(line).reshape(made.shape[-2:]) < line // 8 * 8
    if rows.shape[1] != 4 or not vectors.any():
        return made
    summed = _weighted(across.cast(FLOAT32), -3, (rows, tall * 2.0**-22))
    return x.graph.where(x.graph.const(vectors), _rounded(summed), made)


def resized(x: Value, size: tuple[int, int], method: int) -> Value:
    """Images (..., height, width, channels) of another size (height, width); raises ValueError for other dtypes."""
    if not NEAREST <= method <= LANCZOS:
        raise ValueError(f"interp {method} is not 0 (nearest), 1 (linear), 2 (cubic), 3 (area) or 4 (Lanczos)")
    if x.dtype not in (np.float32, np.float64, np.uint8) and not (
        x.dtype == np.int32 and (method == NEAREST or size == x.shape[-3:-1])
    ):
        raise ValueError(f"OpenCV does not resize {x.dtype} by method {method}")
    height, width = x.shape[-3:-1]
    if min(size) <= 0:
        raise ValueError(f"the size {size} is empty")
    if size == (height, width):
        return x.unary("Identity")
    if method == LINEAR and (height, width) == (2 * size[0], 2 * size[1]):
        method = AREA
    if method == AREA and size[0] <= height and size[1] <= width:
        return _shrunk(x, size)
    lines = [_taps(height, size[0], method, rows=True), _taps(width, size[1], method, rows=False)]
    if method == NEAREST:
        return x.gather(x.graph.const(lines[1][0][:, 0]), -2).gather(x.graph.const(lines[0][0][:, 0]), -3)
    if x.dtype == np.uint8:
        return _in_fixed_point(x, lines)
    return _weighted(_weighted(x, -2, lines[1]), -3, lines[0])
