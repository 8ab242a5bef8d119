"""Errors and names that MXNet programs import from ``mxnet.base``."""

from __future__ import annotations

import numpy as np

from offboard.errors import MXNetError

__all__ = ["MXNetError", "NotImplementedForSymbol", "integer_types", "numeric_types", "string_types"]

numeric_types = (float, int, np.generic)
integer_types = (int, np.integer)
string_types = (str,)


class NotImplementedForSymbol(MXNetError):
    """Something that only arrays can do was asked of a symbol."""

    def __init__(self, function: object, alias: str | None, *args: object) -> None:
        name = getattr(function, "__name__", str(function))
        super().__init__(f"Function {name} is not implemented for Symbol and only available in NDArray.")
