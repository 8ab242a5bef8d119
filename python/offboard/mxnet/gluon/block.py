"""Blocks, under MXNet's name for the module."""

from offboard.mxnet.gluon.basic_block import Block
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.symbol_block import SymbolBlock

__all__ = ["Block", "HybridBlock", "SymbolBlock"]
