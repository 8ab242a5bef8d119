"""Normalisation: over the batch, layers, groups, instances, norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.operators.builder import FLOAT32, Dtype, Value
from offboard.operators.elementwise import expect_float
from offboard.operators.record import Params, PartialShape, inconsistent, operator


def _channel_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None:
        return shapes
    axis = p.values.get("axis", 1)
    return [data, *[(data[axis],)] * (len(shapes) - 1)] if data[axis] else shapes


def _parameters_in_float32(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Any], Sequence[Any]]:
    """A float16 network keeps its statistics in float32."""
    data = dtypes[0]
    rest = FLOAT32 if data == np.float16 else data
    inputs = [data, *(dtype or rest for dtype in dtypes[1:])]
    return inputs, [data, *inputs[1:2] * (p.num_outputs - 1)]


@operator("BatchNorm", "BatchNorm_v1", "_contrib_SyncBatchNorm", fill=_channel_fill, types=_parameters_in_float32)
def batch_norm(p: Params, x: Value, gamma: Value, beta: Value, mean: Value, var: Value) -> Value | list[Value]:
    """Normalised by the moving statistics, or by the batch's own in a training forward; gamma is 1 with fix_gamma."""
    expect_float(x)
    axis = p.values.get("axis", 1)
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"Channel axis {axis} is out of range for {x.shape}")
    axis %= x.ndim
    _expect((x.shape[axis],), gamma, beta, mean, var)
    inner = x.cast(FLOAT32) if x.dtype != gamma.dtype else x
    scale = p.graph.full(gamma.shape, 1, gamma.dtype) if p.fix_gamma else gamma
    if p.is_train and not p.use_global_stats:
        axes = [each for each in range(x.ndim) if each != axis]
        kept = inner.mean(axes, True)
        mean, var = kept.reshape(mean.shape), ((inner - kept) * (inner - kept)).mean(axes)
    rest = [each for each in range(x.ndim) if each != axis]
    order = [*rest[:1], axis, *rest[1:]]
    moved = inner.transpose(order) if axis != 1 else inner
    made = p.graph.emit("BatchNormalization", [moved, scale, beta, mean, var], moved.shape, epsilon=float(p.eps))
    if axis != 1:
        made = made.transpose(list(np.argsort(order)))
    made = made.cast(x.dtype)
    if not p.output_mean_var:
        return made
    # The oldest of these operators gives the variance itself.
    older = "axis" not in p.values and "ndev" not in p.values
    return [made, mean, var if older else 1.0 / (var + float(p.eps)).sqrt()]


@operator("_contrib_BatchNormWithReLU", fill=_channel_fill, types=_parameters_in_float32)
def batch_norm_relu(p: Params, x: Value, gamma: Value, beta: Value, mean: Value, var: Value) -> Value | list[Value]:
    """BatchNorm and relu in one."""
    made = batch_norm(p, x, gamma, beta, mean, var)
    if isinstance(made, Value):
        return made.unary("Relu")
    return [made[0].unary("Relu"), *list(made)[1:]]


def _axis_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or not data[p.axis]:
        return shapes
    return [data, (data[p.axis],), (data[p.axis],)]


def _expect(shape: tuple[int, ...], *values: Value) -> None:
    for value in values:
        if value.shape != shape:
            raise inconsistent(value.shape, shape)


@operator("LayerNorm", fill=_axis_fill, floats=True)
def layer_norm(p: Params, x: Value, gamma: Value, beta: Value) -> Value | list[Value]:
    """Normalised along one axis; the statistics keep their dimension."""
    if not -x.ndim <= p.axis < x.ndim:
        raise ValueError(f"axis {p.axis} is out of range for {x.shape}")
    axis = p.axis % x.ndim
    _expect((x.shape[axis],), gamma, beta)
    if axis == x.ndim - 1 and not p.output_mean_var:
        return p.graph.emit("LayerNormalization", [x, gamma, beta], x.shape, axis=-1, epsilon=float(p.eps))
    mean = x.mean([axis], True)
    centred = x - mean
    std = ((centred * centred).mean([axis], True) + float(p.eps)).sqrt()
    column = tuple(x.shape[axis] if each == axis else 1 for each in range(x.ndim))
    made = centred / std * gamma.reshape(column) + beta.reshape(column)
    return [made, mean, std] if p.output_mean_var else made


@operator("InstanceNorm", fill=_channel_fill, floats=True)
def instance_norm(p: Params, x: Value, gamma: Value, beta: Value) -> Value:
    """Normalised over space, each channel of each sample by itself."""
    if x.ndim < 3:
        raise ValueError(f"InstanceNorm is of 3 and more dimensions, not {x.shape}")
    axes = list(range(2, x.ndim))
    column = (1, x.shape[1], *(1,) * len(axes))
    centred = x - x.mean(axes, True)
    std = ((centred * centred).mean(axes, True) + float(p.eps)).sqrt()
    return centred / std * gamma.reshape(column) + beta.reshape(column)


def _group_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    return [shapes[0], (p.num_groups,), (p.num_groups,)]


@operator("GroupNorm", fill=_group_fill, floats=True)
def group_norm(p: Params, x: Value, gamma: Value, beta: Value) -> Value | list[Value]:
    """Normalised over groups of channels; gamma and beta have an entry a group."""
    if x.ndim < 3 or x.shape[1] % p.num_groups:
        raise ValueError(f"{x.shape} has fewer than 3 dimensions, or channels that {p.num_groups} groups do not divide")
    _expect((p.num_groups,), gamma, beta)
    n = x.shape[0]
    groups = x.reshape((n, p.num_groups, x.size // (n * p.num_groups)))
    mean = groups.mean([2], True)
    centred = groups - mean
    std = ((centred * centred).mean([2], True) + float(p.eps)).sqrt()
    column = (1, p.num_groups, 1)
    made = (centred / std * gamma.reshape(column) + beta.reshape(column)).reshape(x.shape)
    return [made, mean.squeeze(2), std.squeeze(2)] if p.output_mean_var else made


@operator("L2Normalization")
def l2_normalization(p: Params, x: Value) -> Value:
    """Divided by the 2-norm of the whole instance, each channel, or each position."""
    expect_float(x)
    if x.ndim < {"instance": 1, "channel": 3, "spatial": 3}[p.mode]:
        raise ValueError(f"{x.shape} has too few dimensions for mode {p.mode}")
    axes = {"instance": range(1, x.ndim), "channel": [1], "spatial": range(2, x.ndim)}[p.mode]
    return x / ((x * x).sum(axes, True) + float(p.eps)).sqrt()


@operator("LRN")
def lrn(p: Params, x: Value) -> Value:
    """Local response normalisation across ``nsize`` channels, of 2 or 4 dimensions."""
    expect_float(x)
    if x.ndim not in (2, 4):
        raise ValueError(f"dimension do not match target dimension 4 vs {x.ndim}")
    if p.nsize < 1 or (p.nsize % 2 == 0 and x.dtype != FLOAT32):
        raise ValueError("LRN only supports odd values for local_size")
    # oneDNN, which has float32, lets an even window begin one later, and still divides by its size.
    reach = (p.nsize - 1) // 2
    maps = x.reshape((*x.shape, 1, 1)) if x.ndim == 2 else x
    if p.alpha > 0 and p.beta > 0:
        size = 2 * reach + 1
        alpha = float(p.alpha) * size / p.nsize
        made = p.graph.emit("LRN", [maps], maps.shape, alpha=alpha, beta=float(p.beta), bias=float(p.knorm), size=size)
        return made.reshape(x.shape)
    padded = (maps * maps).pad([(0, 0), (reach, reach), (0, 0), (0, 0)])
    summed = padded.slice(1, 0, x.shape[1])
    for first in range(1, 2 * reach + 1):
        summed = summed + padded.slice(1, first, first + x.shape[1])
    return (maps * (summed * (float(p.alpha) / p.nsize) + float(p.knorm)) ** -float(p.beta)).reshape(x.shape)
