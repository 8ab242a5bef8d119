"""Blocks, under MXNet's name for the module."""

from offboard.mxnet.gluon.basic_block import Block
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.nesting import flatten as _flatten
from offboard.mxnet.gluon.nesting import taken as _regroup
from offboard.mxnet.gluon.symbol_block import SymbolBlock

# Underscored names are imported by public packages, under MXNet's names for them.
__all__ = ["Block", "HybridBlock", "SymbolBlock", "_flatten", "_regroup"]
