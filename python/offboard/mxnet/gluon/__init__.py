"""Gluon, for inference: blocks, layers, model definitions and data loading."""

from offboard.mxnet.gluon import block, contrib, data, loss, model_zoo, nn, parameter, rnn, trainer, utils
from offboard.mxnet.gluon.block import Block, HybridBlock, SymbolBlock
from offboard.mxnet.gluon.parameter import Constant, DeferredInitializationError, Parameter, ParameterDict, tensor_types
from offboard.mxnet.gluon.trainer import Trainer

__all__ = [
    "Block", "Constant", "DeferredInitializationError", "HybridBlock", "Parameter", "ParameterDict", "SymbolBlock",
    "Trainer", "block", "contrib", "data", "loss", "model_zoo", "nn", "parameter", "rnn", "tensor_types", "trainer",
    "utils",
]  # fmt: skip
