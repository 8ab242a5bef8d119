"""``mx.nd``: arrays, their creation, files, and every operator as a function."""

from __future__ import annotations

import sys
from typing import Any

from offboard.mxnet import namespace
from offboard.mxnet.ndarray import arithmetic, control_flow, functions, methods, operators, sparse
from offboard.mxnet.ndarray.creation import (
    arange,
    array,
    empty,
    eye,
    from_dlpack,
    from_numpy,
    full,
    linspace,
    ones,
    zeros,
)
from offboard.mxnet.ndarray.files import load, load_frombuffer, save
from offboard.mxnet.ndarray.functions import (
    concatenate,
    histogram,
    imdecode,
    moveaxis,
    onehot_encode,
    split_v2,
    to_dlpack_for_read,
    to_dlpack_for_write,
    waitall,
)
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.ndarray.sparse import CSRNDArray, RowSparseNDArray, cast_storage

__all__ = [
    "CSRNDArray", "NDArray", "RowSparseNDArray", "add", "arange", "array", "cast_storage", "concatenate", "divide",
    "empty", "equal", "eye", "from_dlpack", "from_numpy", "full", "greater", "greater_equal", "histogram", "imdecode",
    "lesser", "lesser_equal", "linspace", "load", "load_frombuffer", "logical_and", "logical_or", "logical_xor",
    "maximum", "minimum", "modulo", "moveaxis", "multiply", "not_equal", "onehot_encode", "ones", "power", "save",
    "sparse", "split_v2", "subtract", "to_dlpack_for_read", "to_dlpack_for_write", "true_divide", "waitall", "zeros",
    "zeros_like",
]  # fmt: skip

methods.install()
for _name in arithmetic.FUNCTIONS:
    globals()[_name] = functions.arithmetic_function(_name)


def zeros_like(data: NDArray, **kwargs: Any) -> Any:
    """Zeros in an array's shape, dtype and storage."""
    if data.stype != "default":
        return sparse.zeros_like(data)
    return operators.named("", "zeros_like")(data, **kwargs)  # type: ignore[misc]


for _part in ("contrib", "linalg", "image", "_internal", "op"):
    _module = operators.Namespace(f"{__name__}.{_part}", _part)
    sys.modules[_module.__name__] = globals()[_part] = _module
for _function in (
    control_flow.cond,
    control_flow.foreach,
    control_flow.while_loop,
    functions.isfinite,
    functions.isinf,
    functions.isnan,
    functions.rand_zipfian,
):
    setattr(globals()["contrib"], _function.__name__, _function)


def __getattr__(name: str) -> Any:
    function = operators.named("", name) if not name.startswith("_") else None
    if function is None:
        raise AttributeError(f"module 'mxnet.ndarray' has no attribute '{name}'")
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *namespace.listing("")})
