"""What MXNet keeps as contributions."""

from offboard.mxnet.gluon.contrib import cnn, nn, rnn

__all__ = ["cnn", "nn", "rnn"]
