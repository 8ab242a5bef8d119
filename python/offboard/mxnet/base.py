"""Errors and names that MXNet programs import from ``mxnet.base``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from offboard.errors import MXNetError

__all__ = ["MXNetError", "NotImplementedForSymbol", "integer_types", "numeric_types", "string_types"]

numeric_types = (float, int, np.generic)
integer_types = (int, np.integer)
string_types = (str,)


class NotImplementedForSymbol(MXNetError):
    """Something that only arrays can do was asked of a symbol."""

    def __init__(self, function: Callable[..., object], alias: str | None, *args: object) -> None:
        said = f"Function {function.__name__}"
        if alias:
            said += f' (namely operator "{alias}")'
        if args:
            said += f" with arguments ({', '.join(str(type(each)) for each in args)})"
        super().__init__(f"{said} is not implemented for Symbol and only available in NDArray.")
