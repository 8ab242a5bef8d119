"""``mx.contrib.amp``: mixed precision is made where a network is trained; networks made by it run here."""

from offboard.mxnet.contrib.amp import amp
from offboard.mxnet.contrib.amp.amp import (
    convert_hybrid_block,
    convert_model,
    convert_symbol,
    init,
    init_trainer,
    scale_loss,
    unscale,
)

__all__ = [
    "amp", "convert_hybrid_block", "convert_model", "convert_symbol", "init", "init_trainer", "scale_loss", "unscale",
]  # fmt: skip
