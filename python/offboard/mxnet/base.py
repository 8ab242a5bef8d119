"""Errors and names that MXNet programs import from ``mxnet.base``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from offboard.errors import MXNetError

__all__ = [
    "MXNetError", "NotImplementedForSymbol", "NotSupportedForSparseNDArray", "integer_types", "mx_real_t",
    "numeric_types", "string_types",
]  # fmt: skip

mx_real_t = np.float32
numeric_types = (float, int, np.generic)
integer_types = (int, np.integer)
string_types = (str,)


def _said(function: Callable[..., object], alias: str | None, args: tuple[object, ...]) -> str:
    said = f"Function {function.__name__}"
    if alias:
        said += f' (namely operator "{alias}")'
    if args:
        said += f" with arguments ({', '.join(str(type(each)) for each in args)})"
    return said


class NotImplementedForSymbol(MXNetError):
    """Something that only arrays can do was asked of a symbol."""

    def __init__(self, function: Callable[..., object], alias: str | None, *args: object) -> None:
        super().__init__(f"{_said(function, alias, args)} is not implemented for Symbol and only available in NDArray.")


class NotSupportedForSparseNDArray(MXNetError):
    """Something that only dense arrays can do was asked of a sparse one."""

    def __init__(self, function: Callable[..., object], alias: str | None, *args: object) -> None:
        super().__init__(f"{_said(function, alias, args)} is not supported for SparseNDArray: use tostype('default')")
