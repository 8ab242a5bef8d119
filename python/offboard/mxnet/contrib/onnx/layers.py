"""ONNX operators that are layers: convolutions, pooling, normalisation, products, recurrent cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from offboard.mxnet import symbol as sym
from offboard.mxnet.contrib.onnx.node import Node, translates
from offboard.mxnet.symbol.symbol import Symbol

__all__: list[str] = []


def _padding(node: Node, kernel: list[int], strides: list[int], dilations: list[int]) -> tuple[list[int], list[int]]:
    """What is added before and behind each spatial dimension."""
    auto = node.attr("auto_pad", "NOTSET")
    count = len(kernel)
    if auto in ("NOTSET", ""):
        pads = list(node.attr("pads", [0] * 2 * count))
        return pads[:count], pads[count:]
    if auto == "VALID":
        return [0] * count, [0] * count
    sizes = node.dims(0)[2:]
    begin, end = [], []
    for size, k, s, d in zip(sizes, kernel, strides, dilations, strict=True):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        first = total // 2 if auto == "SAME_UPPER" else total - total // 2
        begin.append(first)
        end.append(total - first)
    return begin, end


def padded(node: Node, data: Symbol, begin: list[int], end: list[int], value: float = 0.0) -> Symbol:
    """Data (N, C, 1 to 3 spatial dimensions) with a border of one value."""
    if not any(begin) and not any(end):
        return data
    spatial = len(begin)
    widths = [0, 0, 0, 0, *(each for pair in zip(begin, end, strict=True) for each in pair)]
    if spatial == 1:
        widened = sym.pad(
            sym.expand_dims(data, axis=2), mode="constant", pad_width=[0] * 6 + widths[4:], constant_value=value
        )
        return sym.squeeze(widened, axis=2)
    if spatial not in (2, 3):
        raise node.refuse(f"{spatial} dimensions cannot be padded")
    return sym.pad(data, mode="constant", pad_width=widths, constant_value=value)


@translates("Conv")
def _conv(node: Node) -> Symbol:
    weight = node.dims(1)
    kernel = list(weight[2:])
    count = len(kernel)
    strides, dilations = node.attr("strides", [1] * count), node.attr("dilations", [1] * count)
    begin, end = _padding(node, kernel, strides, dilations)
    data = node.sym(0)
    if begin != end:
        data, begin = padded(node, data, begin, end), [0] * count
    inputs = [data, node.sym(1), *([node.sym(2)] if node.has(2) else [])]
    return sym.Convolution(
        *inputs, kernel=kernel, stride=strides, dilate=dilations, pad=begin, num_filter=weight[0],
        num_group=node.attr("group", 1), no_bias=not node.has(2), name=node.name,
    )  # fmt: skip


@translates("ConvTranspose")
def _conv_transpose(node: Node) -> Symbol:
    weight = node.dims(1)
    kernel, group = list(weight[2:]), node.attr("group", 1)
    count = len(kernel)
    strides, dilations = node.attr("strides", [1] * count), node.attr("dilations", [1] * count)
    if node.attr("output_shape") is not None or node.attr("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise node.refuse("output_shape and auto_pad of a transposed convolution are not there: give pads")
    begin, end = _padding(node, kernel, strides, dilations)
    if begin != end:
        raise node.refuse(f"the pads {begin} and {end} of a transposed convolution must be equal")
    inputs = [node.sym(0), node.sym(1), *([node.sym(2)] if node.has(2) else [])]
    return sym.Deconvolution(
        *inputs, kernel=kernel, stride=strides, dilate=dilations, pad=begin, num_filter=weight[1] * group,
        adj=node.attr("output_padding", [0] * count), num_group=group, no_bias=not node.has(2), name=node.name,
    )  # fmt: skip


@translates("MaxPool", "AveragePool", "LpPool")
def _pool(node: Node) -> Symbol:
    if len(node.proto.output) > 1:
        raise node.refuse("the indices of the maxima are not there")
    kernel = list(node.attr("kernel_shape"))
    strides, dilations = node.attr("strides", [1] * len(kernel)), node.attr("dilations", [1] * len(kernel))
    if any(d != 1 for d in dilations):
        raise node.refuse("dilated pooling is not there")
    begin, end = _padding(node, kernel, strides, dilations)
    kind = {"MaxPool": "max", "AveragePool": "avg", "LpPool": "lp"}[node.op]
    include = bool(node.attr("count_include_pad", 0))
    data = node.sym(0)
    if begin != end:
        if kind == "avg" and not include:
            raise node.refuse(f"the pads {begin} and {end} of a mean without them must be equal")
        data = padded(node, data, begin, end, float(np.finfo(np.float32).min) if kind == "max" else 0.0)
        begin, include = [0] * len(kernel), True
    more = {"p_value": node.attr("p", 2)} if kind == "lp" else {}
    return sym.Pooling(
        data, kernel=kernel, stride=strides, pad=begin, pool_type=kind, count_include_pad=include,
        pooling_convention="full" if node.attr("ceil_mode", 0) else "valid", name=node.name, **more,
    )  # fmt: skip


@translates("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(node: Node) -> Symbol:
    kind = "avg" if node.op == "GlobalAveragePool" else "max"
    kernel = (1,) * (node.rank(0) - 2)
    return sym.Pooling(node.sym(0), global_pool=True, kernel=kernel, pool_type=kind, name=node.name)


@translates("BatchNormalization")
def _batch_norm(node: Node) -> Symbol:
    if len(node.proto.output) > 1:
        raise node.refuse("the statistics of training are not there")
    moving = [node.values.parameter(node.proto.input[index], node.const(index), auxiliary=True) for index in (3, 4)]
    return sym.BatchNorm(
        node.sym(0), node.sym(1), node.sym(2), *moving, eps=max(float(node.attr("epsilon", 1e-5)), 1e-5),
        fix_gamma=False, use_global_stats=True, name=node.name,
    )  # fmt: skip


@translates("InstanceNormalization")
def _instance_norm(node: Node) -> Symbol:
    eps = float(node.attr("epsilon", 1e-5))
    return sym.InstanceNorm(node.sym(0), node.sym(1), node.sym(2), eps=eps, name=node.name)


@translates("LayerNormalization")
def _layer_norm(node: Node) -> Symbol:
    axis = node.attr("axis", -1)
    if axis not in (-1, node.rank(0) - 1):
        raise node.refuse("only the last axis is normalised")
    bias = node.sym(2) if node.has(2) else node.parameter("beta", np.zeros(node.dims(1), np.float32))
    eps = float(node.attr("epsilon", 1e-5))
    return sym.LayerNorm(node.sym(0), node.sym(1), bias, axis=-1, eps=eps, name=node.name)


@translates("LRN")
def _lrn(node: Node) -> Symbol:
    return sym.LRN(
        node.sym(0), nsize=node.attr("size"), alpha=float(node.attr("alpha", 1e-4)),
        beta=float(node.attr("beta", 0.75)), knorm=float(node.attr("bias", 1.0)), name=node.name,
    )  # fmt: skip


@translates("LpNormalization")
def _lp_normalization(node: Node) -> Symbol:
    axis, order = node.attr("axis", -1), node.attr("p", 2)
    return sym.broadcast_div(node.sym(0), sym.norm(node.sym(0), ord=order, axis=axis, keepdims=True), name=node.name)


@translates("Softmax", "LogSoftmax")
def _softmax(node: Node) -> Symbol:
    operator = sym.softmax if node.op == "Softmax" else sym.log_softmax
    axis = node.attr("axis", -1 if node.opset >= 13 else 1)
    if node.opset >= 13 or axis in (-1, node.rank(0) - 1):
        return operator(node.sym(0), axis=axis, name=node.name)
    # Before version 13 everything from the axis on is one row.
    axis += node.rank(0) if axis < 0 else 0
    rows = sym.reshape(node.sym(0), shape=(0,) * axis + (-1,))
    return sym.reshape_like(operator(rows, axis=-1), node.sym(0), name=node.name)


@translates("Gemm")
def _gemm(node: Node) -> Symbol:
    alpha, beta = float(node.attr("alpha", 1.0)), float(node.attr("beta", 1.0))
    flips = {"transpose_a": bool(node.attr("transA", 0)), "transpose_b": bool(node.attr("transB", 0))}
    bias = node.known(2) if node.has(2) else None
    plain = alpha == 1 and not flips["transpose_a"] and flips["transpose_b"]
    if plain and (not node.has(2) or (beta == 1 and bias is not None and bias.shape == node.dims(1)[:1])):
        inputs = [node.sym(0), node.sym(1), *([node.sym(2)] if node.has(2) else [])]
        units = node.dims(1)[0]
        return sym.FullyConnected(*inputs, num_hidden=units, no_bias=not node.has(2), flatten=False, name=node.name)
    made = sym.dot(node.sym(0), node.sym(1), **flips)
    made = made if alpha == 1 else made * alpha
    if not node.has(2):
        return sym.identity(made, name=node.name)
    added = node.sym(2) if beta == 1 else node.sym(2) * beta
    return sym.broadcast_add(made, added, name=node.name)


@translates("MatMul")
def _matmul(node: Node) -> Symbol:
    left, right = node.rank(0), node.rank(1)
    if right <= 2:
        return sym.dot(node.sym(0), node.sym(1), name=node.name)
    if left == right:
        stacks = [node.shape(index)[:-2] for index in (0, 1)]
        if None in stacks[0] or stacks[0] == stacks[1]:
            return sym.linalg.gemm2(node.sym(0), node.sym(1), name=node.name)
    raise node.refuse(f"stacks of matrices of shapes {node.shape(0)} and {node.shape(1)} must be alike")


# How ONNX orders gates, by the order of MXNet's.
_GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}


def _mode(node: Node, directions: int) -> str:
    given = [each.decode().lower() for each in node.attr("activations", [])]
    if node.op == "RNN":
        kinds = set(given or ["tanh"])
        if len(kinds) != 1 or not kinds <= {"tanh", "relu"}:
            raise node.refuse(f"the activations {given} are not there")
        return f"rnn_{kinds.pop()}"
    usual = ["sigmoid", "tanh", "tanh"] if node.op == "LSTM" else ["sigmoid", "tanh"]
    if given and given != usual * directions:
        raise node.refuse(f"the activations {given} are not there")
    if node.op == "GRU" and not node.attr("linear_before_reset", 0):
        raise node.refuse("only linear_before_reset=1 is there")
    return node.op.lower()


@translates("LSTM", "GRU", "RNN")
def _recurrent(node: Node) -> list[Symbol]:
    weights, recurrent = node.const(1), node.const(2)
    directions, _, hidden = recurrent.shape
    if node.attr("direction", "forward") == "reverse" or node.attr("layout", 0) or node.attr("clip") is not None:
        raise node.refuse("reverse direction, batches first and clipping are not there")
    if node.has(4) or node.has(7):
        raise node.refuse("lengths of sequences and peepholes are not there")
    gates = _GATES[node.op]
    biases = node.const(3) if node.has(3) else np.zeros((directions, 2 * len(gates) * hidden), weights.dtype)

    def ordered(rows: Any) -> Any:
        blocks = rows.reshape(len(gates), hidden, -1)
        return blocks[list(gates)].ravel()

    packed = [ordered(each) for direction in range(directions) for each in (weights[direction], recurrent[direction])]
    for direction in range(directions):
        packed += [ordered(half) for half in np.split(biases[direction], 2)]
    states = [
        node.sym(index) if node.has(index) else sym.zeros(shape=(directions, 0, hidden))
        for index in ((5, 6) if node.op == "LSTM" else (5,))
    ]
    made = sym.RNN(
        node.sym(0), node.parameter("parameters", np.concatenate(packed)), *states, mode=_mode(node, directions),
        state_size=hidden, num_layers=1, bidirectional=directions == 2, state_outputs=True, name=node.name,
    )  # fmt: skip
    # (time, batch, directions * hidden) to (time, directions, batch, hidden).
    output = sym.transpose(sym.reshape(made[0], shape=(0, 0, directions, hidden)), axes=(0, 2, 1, 3))
    return [output, *(made[index] for index in range(1, len(made.list_outputs())))]
