"""``mx.model``: checkpoints, and the model class before modules."""

from offboard.mxnet.base import mx_real_t
from offboard.mxnet.callback import BatchEndParam, LogValidationMetricsCallback
from offboard.mxnet.checkpoint import load_checkpoint, load_params, save_checkpoint
from offboard.mxnet.context import Context, cpu
from offboard.mxnet.feed_forward import FeedForward
from offboard.mxnet.initializer import Uniform
from offboard.mxnet.io import DataDesc

__all__ = [
    "BatchEndParam", "Context", "DataDesc", "FeedForward", "LogValidationMetricsCallback", "Uniform", "cpu",
    "load_checkpoint", "load_params", "mx_real_t", "save_checkpoint",
]  # fmt: skip
