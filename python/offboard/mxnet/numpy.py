"""``mx.np``: NumPy's functions on arrays of its own kind. They are not there, and every name says so."""

from __future__ import annotations

from typing import Any, NoReturn

from offboard import rules
from offboard.errors import MXNetError

__all__ = ["ndarray"]


class ndarray:
    """The class of ``mx.np`` arrays, for ``isinstance``: none can be made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise MXNetError(rules.text("numpy_semantics"))


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"module 'mxnet.numpy' has no attribute '{name}': {rules.text('numpy_semantics')}")
