"""``mx.contrib.text``: tokens counted and numbered."""

from offboard.mxnet.contrib.text import utils, vocab

__all__ = ["utils", "vocab"]
