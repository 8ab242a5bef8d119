"""Definitions of well-known networks."""

from offboard.mxnet.gluon.model_zoo import model_store, vision

__all__ = ["model_store", "vision"]
