"""Element types of the Open Inference Protocol."""

from __future__ import annotations

from typing import Any

import numpy as np

from offboard.operators.casts import BFLOAT16

__all__ = ["datatype_of", "dtype_of"]

_DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype(np.uint8),
    "UINT16": np.dtype(np.uint16),
    "UINT32": np.dtype(np.uint32),
    "UINT64": np.dtype(np.uint64),
    "INT8": np.dtype(np.int8),
    "INT16": np.dtype(np.int16),
    "INT32": np.dtype(np.int32),
    "INT64": np.dtype(np.int64),
    "FP16": np.dtype(np.float16),
    "FP32": np.dtype(np.float32),
    "FP64": np.dtype(np.float64),
    "BF16": BFLOAT16,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def dtype_of(datatype: str) -> np.dtype[Any]:
    """The NumPy dtype; raises ValueError for a name that is none."""
    if datatype not in _DTYPES:
        raise ValueError(f"Element type {datatype!r} is not one of {', '.join(_DTYPES)}")
    return _DTYPES[datatype]


def datatype_of(dtype: np.dtype[Any]) -> str:
    """The protocol's name."""
    return _NAMES[dtype]
