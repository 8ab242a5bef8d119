"""Operators that only move elements: reshape, transpose, slice, concatenate, repeat, pad."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from offboard.operators.builder import INT64, Dtype, Shape, Value
from offboard.operators.record import Params, PartialShape, operator, type_of_first


def in_rank(axis: int, x: Value) -> int:
    """An axis counted from the front; raises ValueError when there is none."""
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis {axis} is out of range for {x.shape}")
    return axis % x.ndim


def reshape_shape(codes: Sequence[int], shape: Shape, reverse: bool = False) -> Shape:
    """MXNet's reshape codes: 0 keeps, -1 infers, -2 the rest, -3 merges two, -4 splits one (see Reshape)."""
    if reverse:
        return tuple(reversed(reshape_shape(_reversed(codes), tuple(reversed(shape)))))
    made: list[int] = []
    position, index, inferred = 0, 0, -1
    while index < len(codes):
        code = codes[index]
        if code > 0:
            made.append(code)
            position += 1
        elif code == 0:
            made.append(shape[position])
            position += 1
        elif code == -1:
            if inferred >= 0:
                raise ValueError("One and only one dim can be inferred")
            inferred = len(made)
            made.append(1)
            position += 1
        elif code == -2:
            made.extend(shape[position:])
            position = len(shape)
        elif code == -3:
            made.append(shape[position] * shape[position + 1])
            position += 2
        elif code == -4:
            left, right = codes[index + 1], codes[index + 2]
            whole = shape[position]
            left = whole // right if left == -1 else left
            right = whole // left if right == -1 else right
            if left * right != whole:
                raise ValueError(f"cannot split dimension {whole} into {left} and {right}")
            made += [left, right]
            position += 1
            index += 2
        else:
            raise ValueError(f"unknown reshape code {code}")
        index += 1
    total = math.prod(shape)
    if inferred >= 0:
        others = math.prod(made)
        if others == 0 or total % others:
            raise ValueError(f"cannot reshape {shape} to {tuple(codes)}")
        made[inferred] = total // others
    if math.prod(made) != total:
        raise ValueError(f"Target shape size is different to source. Target: {made} Source: {list(shape)}")
    return tuple(made)


def _reversed(codes: Sequence[int]) -> list[int]:
    """The codes read from the right; -4 keeps its two numbers behind it, exchanged."""
    groups: list[list[int]] = []
    index = 0
    while index < len(codes):
        if codes[index] == -4:
            groups.append([-4, codes[index + 2], codes[index + 1]])
            index += 3
        else:
            groups.append([codes[index]])
            index += 1
    return [code for group in reversed(groups) for code in group]


def _reshape_back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    """An input of which one dimension is unknown has as many elements as the output."""
    own = shapes[0]
    if own is None or wanted is None or own.count(0) != 1 or 0 in wanted:
        return shapes
    known = math.prod(d for d in own if d)
    return [tuple(d or math.prod(wanted) // known for d in own)]


@operator("Reshape", back=_reshape_back)
def reshape(p: Params, x: Value) -> Value:
    """Reshape by codes, or by the older target_shape."""
    if p.shape:
        return x.reshape(reshape_shape(p.shape, x.shape, p.reverse))
    target = list(p.target_shape)
    if p.keep_highest:
        target[0] = x.shape[0]
    if any(d < 0 for d in target):
        raise ValueError(f"cannot reshape {x.shape} to {tuple(target)}: a size is negative")
    if 0 in target:
        hole = target.index(0)
        target[hole] = x.size // math.prod(d for d in target if d)
    return x.reshape(target)


@operator("Flatten")
def flatten(p: Params, x: Value) -> Value:
    """All dimensions after the first in one."""
    return x.reshape((x.shape[0], math.prod(x.shape[1:])))


def _expand_back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    if wanted is None or not -len(wanted) <= p.axis < len(wanted):
        return shapes
    axis = p.axis % len(wanted)
    return [wanted[:axis] + wanted[axis + 1 :]]


@operator("expand_dims", back=_expand_back)
def expand_dims(p: Params, x: Value) -> Value:
    """A new dimension of size 1."""
    if not -x.ndim - 1 <= p.axis <= x.ndim:
        raise ValueError(f"axis {p.axis} is out of range for {x.shape}")
    return x.unsqueeze(p.axis % (x.ndim + 1))


@operator("squeeze")
def squeeze(p: Params, x: Value) -> Value:
    """Without dimensions of size 1, all or those given."""
    if p.axis is None:
        axes = [axis for axis, d in enumerate(x.shape) if d == 1]
    else:
        axes = [in_rank(axis, x) for axis in (p.axis if isinstance(p.axis, tuple) else (p.axis,))]
        if any(x.shape[axis] != 1 for axis in axes):
            raise ValueError(f"cannot squeeze axis {p.axis} of {x.shape}: not 1")
    shape = tuple(d for axis, d in enumerate(x.shape) if axis not in axes)
    return x.reshape(shape or (1,))


def _transpose_back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    if wanted is None or sorted(p.axes or range(len(wanted))) != list(range(len(wanted))):
        return shapes
    axes = p.axes or tuple(reversed(range(len(wanted))))
    return [tuple(wanted[axes.index(axis)] for axis in range(len(wanted)))]


@operator("transpose", back=_transpose_back)
def transpose(p: Params, x: Value) -> Value:
    """Dimensions reordered; reversed by default. Axes do not count from the end."""
    axes = p.axes or tuple(reversed(range(x.ndim)))
    if sorted(axes) != list(range(x.ndim)):
        raise ValueError(f"axes {axes} are no order of the dimensions of {x.shape}")
    return x.transpose(axes)


@operator("SwapAxis")
def swap_axis(p: Params, x: Value) -> Value:
    """Two dimensions exchanged."""
    return x.swapaxes(in_rank(p.dim1, x), in_rank(p.dim2, x))


def _concat_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    """All inputs agree but on ``dim``."""
    known = [shape for shape in shapes if shape is not None]
    if not known:
        return shapes
    axis = p.values.get("dim", 1) % len(known[0])
    merged = [max(shape[i] for shape in known if len(shape) == len(known[0])) for i in range(len(known[0]))]
    return [
        tuple((shape[i] if shape else 0) if i == axis else merged[i] for i in range(len(merged))) for shape in shapes
    ]


@operator("Concat", fill=_concat_fill)
def concat(p: Params, *values: Value) -> Value:
    """Joined along ``dim``."""
    axis = in_rank(p.dim, values[0])
    for value in values:
        if value.ndim != values[0].ndim or any(
            a != b for i, (a, b) in enumerate(zip(value.shape, values[0].shape, strict=True)) if i != axis
        ):
            raise ValueError(f"Incompatible input shape: {[v.shape for v in values]} along dimension {axis}")
    return p.graph.concat(values, axis)


def _alike_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    known = next((shape for shape in shapes if shape is not None and 0 not in shape), None)
    return [known if shape is None else shape for shape in shapes]


@operator("stack", fill=_alike_fill)
def stack(p: Params, *values: Value) -> Value:
    """Joined along a new dimension: each input in the first one's shape, which it needs the elements for."""
    if not -values[0].ndim - 1 <= p.axis <= values[0].ndim:
        raise ValueError(f"axis {p.axis} exceeds the input dimension of {values[0].ndim + 1}")
    return p.graph.stack([value.reshape(values[0].shape) for value in values], p.axis)


@operator("SliceChannel")
def slice_channel(p: Params, x: Value) -> list[Value]:
    """Equal parts along ``axis``."""
    if x.shape[p.axis] % p.num_outputs:
        raise ValueError(f"{p.num_outputs} outputs do not divide dimension {p.axis} of {x.shape}")
    parts = x.split(p.axis, p.num_outputs)
    return [part.squeeze(p.axis) for part in parts] if p.squeeze_axis else parts


@operator("_split_v2")
def split_v2(p: Params, x: Value) -> list[Value]:
    """Parts along ``axis``: sections, of which the first are longer by one, or beginning at the indices."""
    axis = in_rank(p.axis, x)
    size = x.shape[axis]
    if p.sections > 0:
        small, longer = divmod(size, p.sections)
        bounds = [number * small + min(number, longer) for number in range(p.sections + 1)]
    else:
        bounds = [*p.indices, size]
    if bounds != sorted(bounds) or bounds[0] != 0:
        raise ValueError(f"indices {p.indices} do not ascend from 0 to {size}, which dimension {axis} of {x.shape} has")
    parts = [x.slice(axis, a, b) for a, b in pairwise(bounds)]
    return [part.squeeze(axis) for part in parts] if p.squeeze_axis else parts


def slice_ranges(p: Params, shape: Shape) -> dict[int, tuple[int, int, int]]:
    """The resolved range of each leading dimension that ``begin``, ``end`` and ``step`` name; None leaves one open."""
    steps = p.step or (None,) * len(p.begin)
    if not len(p.begin) == len(p.end) == len(steps) <= len(shape):
        raise ValueError(f"begin {p.begin}, end {p.end} and step {p.step} must have one length, at most {len(shape)}")
    if 0 in steps:
        raise ValueError(f"a slice's step cannot be 0: {p.step}")
    return {
        axis: slice(begin, end, step).indices(shape[axis])
        for axis, (begin, end, step) in enumerate(zip(p.begin, p.end, steps, strict=True))
    }


@operator("slice")
def slice_(p: Params, x: Value) -> Value:
    """Python's slicing on leading dimensions."""
    ranges = slice_ranges(p, x.shape)
    return x.slices({axis: each if range(*each) else (0, 0, 1) for axis, each in ranges.items()})


@operator("slice_axis")
def slice_axis(p: Params, x: Value) -> Value:
    """begin..end along one dimension."""
    size = x.shape[p.axis]
    begin = p.begin + size if p.begin < 0 else p.begin
    end = size if p.end is None else (p.end + size if p.end < 0 else p.end)
    if not 0 <= begin < end <= size:
        raise ValueError(f"slice {p.begin}:{p.end} is out of range for axis {p.axis} of {x.shape}")
    return x.slice(p.axis, begin, end)


@operator("slice_like", types=type_of_first)
def slice_like(p: Params, x: Value, like: Value) -> Value:
    """The leading corner of another array's size."""
    axes = [in_rank(axis, x) for axis in p.axes] if p.axes else range(x.ndim)
    if max(axes) >= like.ndim:
        raise ValueError(f"slice_like: axes {p.axes} are out of range for {like.shape}")
    if any(like.shape[axis] > x.shape[axis] for axis in axes):
        raise ValueError(f"slice_like: {like.shape} exceeds {x.shape}")
    return x.slices({axis: (0, like.shape[axis], 1) for axis in axes})


@operator("reverse", same_shape=True)
def reverse(p: Params, x: Value) -> Value:
    """Dimensions read backwards."""
    axes = p.axis if isinstance(p.axis, tuple) else (p.axis,)
    if any(not 0 <= axis < x.ndim for axis in axes):
        raise ValueError(f"axis {axes} of reverse must be in range [0, {x.ndim})")
    return x.slices({axis: (x.shape[axis] - 1, -1, -1) for axis in axes})


@operator("repeat")
def repeat(p: Params, x: Value) -> Value:
    """Each element repeated along ``axis``, or of the flattened array."""
    if p.repeats < 0:
        raise ValueError("repeats cannot be a negative number")
    if p.repeats == 0:
        return p.graph.full((0,), 0, x.dtype)
    if p.axis is None:
        x, axis = x.reshape((x.size,)), 0
    else:
        axis = in_rank(p.axis, x)
    expanded = x.unsqueeze(axis + 1)
    wide = expanded.tile([p.repeats if i == axis + 1 else 1 for i in range(expanded.ndim)])
    return wide.reshape(d * p.repeats if i == axis else d for i, d in enumerate(x.shape))


@operator("tile")
def tile(p: Params, x: Value) -> Value:
    """Repeated whole."""
    if any(count <= 0 for count in p.reps):
        raise ValueError(f"reps {p.reps} must be positive")
    ndim = max(len(p.reps), x.ndim)
    padded = x.reshape((1,) * (ndim - x.ndim) + x.shape)
    return padded.tile((1,) * (ndim - len(p.reps)) + tuple(p.reps))


@operator("Pad", floats=True)
def pad(p: Params, x: Value) -> Value:
    """Padding of the last two or three dimensions: constant, edge or reflect."""
    pairs = list(zip(p.pad_width[::2], p.pad_width[1::2], strict=True))
    if len(pairs) != x.ndim or x.ndim not in (4, 5):
        raise ValueError(f"padding is of 4-D or 5-D input: {p.pad_width} and {x.shape}")
    if any(pairs[0]) or any(pairs[1]):
        raise ValueError("padding of the first two dimensions is expected to be zero")
    if p.mode == "reflect" and any(max(pair) >= d for pair, d in zip(pairs, x.shape, strict=True)):
        raise ValueError(f"reflection pads less than the size of the input: {p.pad_width} and {x.shape}")
    return x.pad(pairs, p.constant_value, p.mode)


def _to_int64(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    return list(dtypes), [INT64]


@operator("shape_array", types=_to_int64)
def shape_array(p: Params, x: Value) -> Value:
    """The shape as int64."""
    return p.graph.ints(x.shape)


@operator("size_array", types=_to_int64)
def size_array(p: Params, x: Value) -> Value:
    """The number of elements as int64."""
    return p.graph.ints([x.size])


@operator("reshape_like", types=type_of_first)
def reshape_like(p: Params, x: Value, like: Value) -> Value:
    """Another array's shape, whole or between the given axes."""

    def between(begin: int | None, end: int | None, ndim: int) -> slice:
        low, high = 0 if begin is None else begin, ndim if end is None else end
        low, high = low + ndim if low < 0 else low, high + ndim if high < 0 else high
        if not 0 <= low < high <= ndim:
            raise ValueError(f"dimensions {begin} to {end} are out of range for {ndim}")
        return slice(low, high)

    left, right = between(p.lhs_begin, p.lhs_end, x.ndim), between(p.rhs_begin, p.rhs_end, like.ndim)
    return x.reshape(x.shape[: left.start] + like.shape[right] + x.shape[left.stop :])


def _blocks(p: Params, x: Value) -> Shape:
    if x.ndim != 4:
        raise ValueError(f"data must have 4 dimensions (batch, channel, height, width), got {x.shape}")
    if p.block_size <= 0:
        raise ValueError("block_size must be a positive integer value")
    return x.shape


@operator("depth_to_space")
def depth_to_space(p: Params, x: Value) -> Value:
    """Blocks of channels into space."""
    n, c, h, w = _blocks(p, x)
    b = p.block_size
    if c % (b * b):
        raise ValueError(f"channels of {x.shape} are no multiple of the block's {b * b} elements")
    blocks = x.reshape((n, b, b, c // (b * b), h, w)).transpose((0, 3, 4, 1, 5, 2))
    return blocks.reshape((n, c // (b * b), h * b, w * b))


@operator("space_to_depth")
def space_to_depth(p: Params, x: Value) -> Value:
    """Blocks of space into channels."""
    n, c, h, w = _blocks(p, x)
    b = p.block_size
    if h % b or w % b:
        raise ValueError(f"height and width of {x.shape} are no multiples of the block's size {b}")
    blocks = x.reshape((n, c, h // b, b, w // b, b)).transpose((0, 3, 5, 1, 2, 4))
    return blocks.reshape((n, c * b * b, h // b, w // b))


@operator("diag")
def diag(p: Params, x: Value) -> Value:
    """The k-th diagonal, or a matrix of a vector's elements."""
    if x.ndim == 1:
        n = x.size + abs(p.k)
        spread = x.reshape((x.size, 1)).expand((x.size, x.size))
        spread = spread.pad([(max(-p.k, 0), max(p.k, 0)), (max(p.k, 0), max(-p.k, 0))])
        return p.graph.where(p.graph.const(np.eye(n, k=p.k, dtype=np.bool_)), spread, p.graph.const(0, x.dtype))
    first, second = in_rank(p.axis1, x), in_rank(p.axis2, x)
    if first == second:
        raise ValueError(f"axis1 and axis2 are the same dimension {first}")
    rest = [axis for axis in range(x.ndim) if axis not in (first, second)]
    rows, columns = x.shape[p.axis1], x.shape[p.axis2]
    picked = np.diagonal(np.arange(rows * columns).reshape(rows, columns), p.k)
    if not -rows <= p.k <= columns:
        raise ValueError(f"diagonal {p.k} of {x.shape} does not exist")
    flat = x.transpose([*rest, p.axis1, p.axis2]).reshape((*(x.shape[axis] for axis in rest), rows * columns))
    return flat.gather(p.graph.const(picked.astype(np.int64)), -1)
