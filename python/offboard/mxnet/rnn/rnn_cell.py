"""Every symbolic cell, under MXNet's module name."""

from offboard.mxnet.rnn.base_cell import BaseRNNCell, RNNParams
from offboard.mxnet.rnn.composed_cells import (
    BidirectionalCell,
    DropoutCell,
    ModifierCell,
    ResidualCell,
    SequentialRNNCell,
    ZoneoutCell,
)
from offboard.mxnet.rnn.conv_cells import BaseConvRNNCell, ConvGRUCell, ConvLSTMCell, ConvRNNCell
from offboard.mxnet.rnn.fused_cell import FusedRNNCell
from offboard.mxnet.rnn.gated_cells import GRUCell, LSTMCell, RNNCell

__all__ = [
    "BaseConvRNNCell", "BaseRNNCell", "BidirectionalCell", "ConvGRUCell", "ConvLSTMCell", "ConvRNNCell",
    "DropoutCell", "FusedRNNCell", "GRUCell", "LSTMCell", "ModifierCell", "RNNCell", "RNNParams", "ResidualCell",
    "SequentialRNNCell", "ZoneoutCell",
]  # fmt: skip
