"""``mx.contrib``: ONNX, quantised models, and the contributed operators."""

from offboard.mxnet import ndarray as _ndarray
from offboard.mxnet import symbol as _symbol
from offboard.mxnet.contrib import amp, io, onnx, quantization, text

ndarray = nd = _ndarray.contrib
symbol = sym = _symbol.contrib
quant = quantization

__all__ = ["amp", "io", "nd", "ndarray", "onnx", "quant", "quantization", "sym", "symbol", "text"]
