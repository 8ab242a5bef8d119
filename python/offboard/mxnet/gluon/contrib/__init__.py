"""What MXNet keeps as contributions."""

from offboard.mxnet.gluon.contrib import nn

__all__ = ["nn"]
