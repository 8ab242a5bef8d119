"""Losses at inference: what they output is the prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence

from offboard.operators.builder import FLOAT32, Value
from offboard.operators.record import Params, PartialShape, inconsistent, operator


def _softmax_label(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or shapes[1] is not None or 0 in data:
        return shapes
    return [data, (data[0], math.prod(data[2:])) if p.multi_output else data[:-1]]


@operator("SoftmaxOutput", fill=_softmax_label, floats=True)
def softmax_output(p: Params, x: Value, label: Value) -> Value:
    """Softmax over channels (multi_output), the last axis (preserve_shape), or everything but the batch."""
    if p.multi_output:
        allowed = [(x.shape[0], math.prod(x.shape[2:])), (x.shape[0], *x.shape[2:]), (x.shape[0], 1, *x.shape[2:])]
    else:
        allowed = [x.shape[:-1]]
    if label.shape not in (x.shape, *allowed):
        raise inconsistent(label.shape, allowed[0])
    if p.multi_output:
        return x.softmax(1)
    # At inference the default CPU build hands 4-D float32 to oneDNN, which takes the last axis in any case.
    if p.preserve_shape or (x.ndim == 4 and x.dtype == FLOAT32 and not p.is_train):
        return x.softmax(-1)
    return x.reshape((x.shape[0], math.prod(x.shape[1:]))).softmax(1).reshape(x.shape)


def _like_data(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None or shapes[1] is not None:
        return shapes
    # A column of predictions may have a flat label.
    return [data, data[:1] if len(data) == 2 and data[1] == 1 else data]


@operator("LinearRegressionOutput", "MAERegressionOutput", fill=_like_data, floats=True)
def linear_output(p: Params, x: Value, label: Value) -> Value:
    """The input."""
    _expect_as_many(x, label)
    return x


def _expect_as_many(x: Value, label: Value) -> None:
    if label.size != x.size or label.shape[0] != x.shape[0]:
        raise inconsistent(label.shape, x.shape)


@operator("LogisticRegressionOutput", fill=_like_data, floats=True)
def logistic_output(p: Params, x: Value, label: Value) -> Value:
    """The sigmoid."""
    _expect_as_many(x, label)
    return x.unary("Sigmoid")


def _row_label(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    return shapes if shapes[0] is None else [shapes[0], shapes[0][:-1]]


@operator("SVMOutput", fill=_row_label, floats=True)
def svm_output(p: Params, x: Value, label: Value) -> Value:
    """The input."""
    if label.shape != x.shape[:-1]:
        raise inconsistent(label.shape, x.shape[:-1])
    return x


@operator("softmax_cross_entropy", fill=_row_label, floats=True)
def softmax_cross_entropy(p: Params, x: Value, label: Value) -> Value:
    """The summed negative log-likelihood of the labels, shape (1,); no probability counts as less than 1e-8."""
    if x.ndim != 2:
        raise ValueError("SoftmaxCrossEntropy only accept 2D data")
    if label.shape != x.shape[:1]:
        raise ValueError("SoftmaxCrossEntropy only accept 1D label")
    picked = x.graph.emit(
        "GatherElements", [x.softmax(1), label.cast("int64").reshape((x.shape[0], 1))], (x.shape[0], 1), axis=1
    )
    return -x.graph.maximum(picked, x.graph.const(1e-8, x.dtype)).log().sum([0, 1]).reshape((1,))
