"""``mx.metric``: what ``Module.score`` counts."""

from offboard.mxnet import ndarray
from offboard.mxnet.metric.base import EvalMetric, alias, check_label_shapes, register
from offboard.mxnet.metric.classification import (
    F1,
    MCC,
    PCC,
    Accuracy,
    CrossEntropy,
    NegativeLogLikelihood,
    Perplexity,
    TopKAccuracy,
)
from offboard.mxnet.metric.combination import CompositeEvalMetric, CustomMetric, create, np
from offboard.mxnet.metric.regression import MAE, MSE, RMSE, Caffe, Loss, PearsonCorrelation, Torch

__all__ = [
    "Accuracy", "Caffe", "CompositeEvalMetric", "CrossEntropy", "CustomMetric", "EvalMetric", "F1", "Loss", "MAE",
    "MCC", "MSE", "NegativeLogLikelihood", "PCC", "PearsonCorrelation", "Perplexity", "RMSE", "TopKAccuracy", "Torch",
    "alias", "check_label_shapes", "create", "ndarray", "np", "register",
]  # fmt: skip
