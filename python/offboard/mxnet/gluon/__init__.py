"""Gluon, for inference: blocks, layers, model definitions and data loading."""

from offboard.mxnet.gluon import block, nn, parameter
from offboard.mxnet.gluon.block import Block, HybridBlock, SymbolBlock
from offboard.mxnet.gluon.parameter import Constant, DeferredInitializationError, Parameter, ParameterDict, tensor_types

__all__ = [
    "Block", "Constant", "DeferredInitializationError", "HybridBlock", "Parameter", "ParameterDict", "SymbolBlock",
    "block", "nn", "parameter", "tensor_types",
]  # fmt: skip
