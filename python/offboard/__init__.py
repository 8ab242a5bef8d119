"""Inference on an accelerator that is attached over the network, for unchanged MXNet 1.x programs."""

from offboard.alias import install as install_as_mxnet
from offboard.version import __version__

__all__ = ["__version__", "install_as_mxnet"]
