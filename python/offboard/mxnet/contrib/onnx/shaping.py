"""ONNX operators that move elements: shapes, slices, gathering, reducing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from onnx import numpy_helper

from offboard.mxnet import symbol as sym
from offboard.mxnet.contrib.onnx.layers import padded
from offboard.mxnet.contrib.onnx.node import Node, translates
from offboard.mxnet.symbol.symbol import Symbol

__all__: list[str] = []

_FAR = 1 << 31


@translates("Reshape")
def _reshape(node: Node) -> Symbol:
    shape = node.ints(1, "shape")
    if not shape:
        return sym.reshape(node.sym(0), shape=(1,), name=node.name)
    return sym.reshape(node.sym(0), shape=tuple(shape), name=node.name)


@translates("Flatten")
def _flatten(node: Node) -> Symbol:
    axis = node.attr("axis", 1)
    axis += node.rank(0) if axis < 0 else 0
    if axis == 1:
        return sym.Flatten(node.sym(0), name=node.name)
    if axis == 0:
        return sym.reshape(node.sym(0), shape=(1, -1), name=node.name)
    rows = int(np.prod(node.dims(0)[:axis]))
    return sym.reshape(node.sym(0), shape=(rows, -1), name=node.name)


@translates("Transpose")
def _transpose(node: Node) -> Symbol:
    axes = node.attr("perm")
    return sym.transpose(node.sym(0), name=node.name, **({} if axes is None else {"axes": tuple(axes)}))


@translates("Squeeze")
def _squeeze(node: Node) -> Symbol:
    axes = node.ints(1, "axes")
    return sym.squeeze(node.sym(0), name=node.name, **({} if axes is None else {"axis": tuple(axes)}))


@translates("Unsqueeze")
def _unsqueeze(node: Node) -> Symbol:
    axes = node.ints(1, "axes") or []
    made = node.sym(0)
    rank = node.rank(0) + len(axes)
    for axis in sorted(each + rank if each < 0 else each for each in axes):
        made = sym.expand_dims(made, axis=axis)
    return sym.identity(made, name=node.name)


@translates("Concat")
def _concat(node: Node) -> Symbol:
    return sym.concat(*(node.sym(index) for index in range(len(node))), dim=node.attr("axis"), name=node.name)


@translates("Split")
def _split(node: Node) -> list[Symbol]:
    axis, count = node.attr("axis", 0), len(node.proto.output)
    sizes = node.ints(1, "split")
    if sizes is None or len(set(sizes)) == 1:
        made = sym.split(node.sym(0), axis=axis, num_outputs=count, name=node.name)
        return [made] if count == 1 else list(made)
    ends = np.cumsum([0, *sizes]).tolist()
    return [sym.slice_axis(node.sym(0), axis=axis, begin=begin, end=end) for begin, end in pairwise(ends)]


@translates("Slice")
def _slice(node: Node) -> Symbol:
    starts, ends = node.ints(1, "starts") or [], node.ints(2, "ends") or []
    axes = node.ints(3, "axes") or list(range(len(starts)))
    steps = (node.ints(4, "steps") if node.has(4) else None) or [1] * len(starts)
    rank = node.rank(0)
    begin: list[Any] = [None] * rank
    end: list[Any] = [None] * rank
    step: list[Any] = [None] * rank
    for axis, first, last, stride in zip(axes, starts, ends, steps, strict=True):
        size = node.shape(0)[axis]
        beyond = _FAR - 1 if size is None else size
        begin[axis] = None if abs(first) >= _FAR - 1 or (stride < 0 and first >= beyond) else first
        end[axis] = None if last >= beyond or last <= -_FAR + 1 or (size is not None and last < -size) else last
        step[axis] = stride
    return sym.slice(node.sym(0), begin=tuple(begin), end=tuple(end), step=tuple(step), name=node.name)


@translates("Gather")
def _gather(node: Node) -> Symbol:
    axis = node.attr("axis", 0)
    indices = node.known(1)
    if indices is None or indices.ndim:
        # Indices may count from the end, which wrapping gives.
        return sym.take(node.sym(0), node.sym(1), axis=axis, mode="wrap", name=node.name)
    place = int(indices)
    made = sym.slice_axis(node.sym(0), axis=axis, begin=place, end=place + 1 if place != -1 else None)
    return made if node.rank(0) == 1 else sym.squeeze(made, axis=axis, name=node.name)


@translates("GatherND")
def _gather_nd(node: Node) -> Symbol:
    if node.attr("batch_dims", 0):
        raise node.refuse("batch_dims is not there")
    # MXNet has the coordinates in the first axis.
    rank = node.rank(1)
    axes = (rank - 1, *range(rank - 1))
    return sym.gather_nd(node.sym(0), sym.transpose(node.sym(1), axes=axes), name=node.name)


@translates("Expand")
def _expand(node: Node) -> Symbol:
    shape = tuple(int(each) for each in node.const(1))
    zeros = node.parameter("zeros", np.zeros(shape or (1,), node.values.dtype(node.proto.input[0])))
    return sym.broadcast_add(node.sym(0), zeros, name=node.name)


@translates("Tile")
def _tile(node: Node) -> Symbol:
    return sym.tile(node.sym(0), reps=tuple(int(each) for each in node.const(1)), name=node.name)


@translates("Pad")
def _pad(node: Node) -> Symbol:
    pads = node.ints(1, "pads") or []
    if node.has(3):
        raise node.refuse("axes of padding are not there: give pads of all dimensions")
    count = len(pads) // 2
    begin, end = pads[:count], pads[count:]
    value = float(node.const(2).ravel()[0]) if node.has(2) else float(node.attr("value", 0.0))
    mode = node.attr("mode", "constant")
    if min(pads, default=0) < 0:
        raise node.refuse(f"the pads {pads} cut something off, which is not there")
    if mode == "constant" and count in (3, 4, 5) and not any(begin[:2] + end[:2]):
        return sym.identity(padded(node, node.sym(0), begin[2:], end[2:], value), name=node.name)
    made, dims = node.sym(0), list(node.shape(0))
    for axis, widths in enumerate(zip(begin, end, strict=True)):
        if any(widths):
            made = _pad_axis(node, made, dims, axis, widths, mode, value)
    return sym.identity(made, name=node.name)


def _pad_axis(
    node: Node, data: Symbol, dims: list[int | None], axis: int, widths: tuple[int, int], mode: str, value: float
) -> Symbol:
    """Data with a border along one axis; ``dims`` is brought up to date."""
    size = dims[axis]
    if size is None:
        raise node.refuse(f"dimension {axis} of what is padded must be known")
    dims[axis] = size + sum(widths)
    if mode != "constant":
        places = np.pad(np.arange(size), widths, mode)  # type: ignore[call-overload]
        return sym.take(data, node.parameter(f"places{axis}", places.astype(np.int64)), axis=axis)
    edge = sym.slice_axis(data, axis=axis, begin=0, end=1)
    border = sym._internal._plus_scalar(sym.zeros_like(edge), scalar=value)
    parts = [sym.repeat(border, repeats=width, axis=axis) if width else None for width in widths]
    return sym.concat(*(part for part in (parts[0], data, parts[1]) if part is not None), dim=axis)


@translates("DepthToSpace", "SpaceToDepth")
def _depth(node: Node) -> Symbol:
    if node.attr("mode", "DCR") != "DCR":
        raise node.refuse("only the order depth, column, row is there")
    operator = sym.depth_to_space if node.op == "DepthToSpace" else sym.space_to_depth
    return operator(node.sym(0), block_size=node.attr("blocksize"), name=node.name)


@translates("Upsample", "Resize")
def _resize(node: Node) -> Symbol:
    scales_at = 1 if node.op == "Upsample" or node.opset < 11 else 2
    scales = node.known(scales_at)
    given = node.attr("scales") if scales is None or not scales.size else scales
    height, width = node.dims(0)[2:]
    if node.op == "Resize" and node.has(3):
        size = [int(each) for each in node.const(3)[2:]]
    elif given is not None:
        size = [int(height * given[2]), int(width * given[3])]
    else:
        raise node.refuse("neither scales nor sizes are given")
    mode = node.attr("mode", "nearest")
    old = node.op == "Upsample" or node.opset < 11
    corners = node.attr("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    if mode == "nearest" and size[0] % height == 0 and size[0] // height * width == size[1]:
        return sym.UpSampling(node.sym(0), scale=size[0] // height, sample_type="nearest", name=node.name)
    if mode == "linear" and corners in ("align_corners", "half_pixel", "pytorch_half_pixel"):
        return sym.contrib.BilinearResize2D(
            node.sym(0), height=size[0], width=size[1], align_corners=corners == "align_corners", name=node.name
        )
    raise node.refuse(f"{mode} by {corners} from {(height, width)} to {tuple(size)} is not there")


_REDUCTIONS = {
    "ReduceMax": "max", "ReduceMean": "mean", "ReduceMin": "min", "ReduceProd": "prod", "ReduceSum": "sum",
}  # fmt: skip


def _axes(node: Node) -> dict[str, Any]:
    axes = node.ints(1, "axes")
    return {"keepdims": bool(node.attr("keepdims", 1))} | ({"axis": tuple(axes)} if axes else {})


@translates(*_REDUCTIONS)
def _reduce(node: Node) -> Symbol:
    if node.attr("noop_with_empty_axes", 0) and not node.ints(1, "axes"):
        return sym.identity(node.sym(0), name=node.name)
    made: Symbol = getattr(sym, _REDUCTIONS[node.op])(node.sym(0), name=node.name, **_axes(node))
    return made


@translates("ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp")
def _reduce_composed(node: Node) -> Symbol:
    before = {"ReduceL1": sym.abs, "ReduceL2": sym.square, "ReduceSumSquare": sym.square, "ReduceLogSumExp": sym.exp}
    after = {"ReduceL2": sym.sqrt, "ReduceLogSum": sym.log, "ReduceLogSumExp": sym.log}
    data = before.get(node.op, sym.identity)(node.sym(0))
    return after.get(node.op, sym.identity)(sym.sum(data, **_axes(node)), name=node.name)


@translates("ArgMax", "ArgMin")
def _arg(node: Node) -> Symbol:
    operator = sym.argmax if node.op == "ArgMax" else sym.argmin
    made = operator(node.sym(0), axis=node.attr("axis", 0), keepdims=bool(node.attr("keepdims", 1)))
    return sym.cast(made, dtype="int64", name=node.name)


@translates("TopK")
def _top_k(node: Node) -> list[Symbol]:
    count = node.attr("k") if node.opset < 10 else int(node.const(1).ravel()[0])
    made = sym.topk(
        node.sym(0), k=int(count), axis=node.attr("axis", -1), ret_typ="both", dtype="int64",
        is_ascend=not node.attr("largest", 1), name=node.name,
    )  # fmt: skip
    return list(made)


@translates("CumSum")
def _cumsum(node: Node) -> Symbol:
    if node.attr("exclusive", 0) or node.attr("reverse", 0):
        raise node.refuse("only sums from the start, each element included, are there")
    return sym.cumsum(node.sym(0), axis=int(node.const(1).ravel()[0]), name=node.name)


@translates("OneHot")
def _one_hot(node: Node) -> Symbol:
    off, on = (float(each) for each in node.const(2))
    if node.attr("axis", -1) not in (-1, node.rank(0)):
        raise node.refuse("only the last axis is there")
    depth = int(node.const(1).ravel()[0])
    return sym.one_hot(node.sym(0), depth=depth, on_value=on, off_value=off, name=node.name)


@translates("ConstantOfShape")
def _constant_of_shape(node: Node) -> Symbol:
    value = node.attr("value")
    fill = np.zeros(1, np.float32) if value is None else numpy_helper.to_array(value)
    return node.parameter("filled", np.full(tuple(node.const(0)), fill.ravel()[0], fill.dtype))
