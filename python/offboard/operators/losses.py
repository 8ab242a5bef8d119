"""Losses at inference: what they output is the prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence

from offboard.operators.builder import Value
from offboard.operators.record import Params, PartialShape, operator


def _softmax_label(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or shapes[1] is not None or 0 in data:
        return shapes
    if p.multi_output:
        return [data, (data[0], *data[2:])]
    return [data, data[:-1] if p.preserve_shape else (data[0],)]


@operator("SoftmaxOutput", fill=_softmax_label)
def softmax_output(p: Params, x: Value, label: Value) -> Value:
    """Softmax over channels (multi_output), the last axis (preserve_shape), or everything but the batch."""
    if p.multi_output:
        return x.softmax(1)
    if p.preserve_shape:
        return x.softmax(-1)
    return x.reshape((x.shape[0], math.prod(x.shape[1:]))).softmax(1).reshape(x.shape)


def _like_data(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or shapes[1] is not None:
        return shapes
    # A column of predictions may have a flat label.
    return [data, data[:1] if len(data) == 2 and data[1] == 1 else data]


@operator("LinearRegressionOutput", "MAERegressionOutput", fill=_like_data)
def linear_output(p: Params, x: Value, label: Value) -> Value:
    """The input."""
    return x


@operator("LogisticRegressionOutput", fill=_like_data)
def logistic_output(p: Params, x: Value, label: Value) -> Value:
    """The sigmoid."""
    return x.unary("Sigmoid")


def _row_label(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    return shapes if shapes[0] is None else [shapes[0], shapes[0][:1]]


@operator("SVMOutput", fill=_row_label)
def svm_output(p: Params, x: Value, label: Value) -> Value:
    """The input."""
    return x


@operator("softmax_cross_entropy", fill=_row_label)
def softmax_cross_entropy(p: Params, x: Value, label: Value) -> Value:
    """The summed negative log-likelihood of the labels, shape (1,)."""
    picked = x.graph.emit(
        "GatherElements",
        [x.unary("LogSoftmax", axis=1), label.cast("int64").reshape((x.shape[0], 1))],
        (x.shape[0], 1),
        axis=1,
    )
    return -picked.sum([0, 1]).reshape((1,))
