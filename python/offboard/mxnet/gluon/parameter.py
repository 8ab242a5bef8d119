"""Parameters, under MXNet's name for the module."""

from offboard.mxnet.gluon.basic_parameter import Constant, DeferredInitializationError, Parameter
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["Constant", "DeferredInitializationError", "Parameter", "ParameterDict", "tensor_types"]

tensor_types = (Symbol, NDArray)
