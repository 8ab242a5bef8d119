"""``mx.model``: checkpoints, and the model class before modules."""

from offboard.mxnet.callback import BatchEndParam
from offboard.mxnet.checkpoint import load_checkpoint, load_params, save_checkpoint
from offboard.mxnet.feed_forward import FeedForward

__all__ = ["BatchEndParam", "FeedForward", "load_checkpoint", "load_params", "save_checkpoint"]
