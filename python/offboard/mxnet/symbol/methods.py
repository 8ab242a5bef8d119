"""Operators as methods: ``x.softmax(axis=1)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offboard.mxnet import namespace
from offboard.mxnet.symbol import operators
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["install"]


def _method(name: str) -> Callable[..., Any]:
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        function = operators.named("", name)
        assert function is not None
        return function(self, *args, **kwargs)

    method.__name__, method.__qualname__ = name, f"Symbol.{name}"
    method.__doc__ = f"``mx.sym.{name}`` of this symbol."
    return method


def _reshape(self: Symbol, *shape: Any, **kwargs: Any) -> Any:
    """Another shape, by MXNet's codes; dimensions may be arguments of their own."""
    if shape:
        kwargs["shape"] = shape[0] if len(shape) == 1 else shape
    return _method("reshape")(self, **kwargs)


def _astype(self: Symbol, dtype: Any, **kwargs: Any) -> Any:
    """Another dtype."""
    return _method("cast")(self, dtype=dtype, **kwargs)


def _expand_dims(self: Symbol, axis: int, inplace: bool = False, **kwargs: Any) -> Any:
    """A new dimension of size 1."""
    return _method("expand_dims")(self, axis=axis, **kwargs)


def _squeeze(self: Symbol, axis: Any = None, inplace: bool = False, **kwargs: Any) -> Any:
    """Without dimensions of size 1."""
    return _method("squeeze")(self, axis=axis, **kwargs)


def _flatten(self: Symbol, inplace: bool = False, **kwargs: Any) -> Any:
    """Two dimensions: the first, and all others as one."""
    return _method("flatten")(self, **kwargs)


def _split_v2(self: Symbol, *args: Any, **kwargs: Any) -> Any:
    """Parts of equal size, or between indices."""
    return operators.split_v2(self, *args, **kwargs)


def install() -> None:
    """Gives :class:`Symbol` its operator methods."""
    for name in namespace.METHODS:
        setattr(Symbol, name, _method(name))
    for method in (_reshape, _astype, _expand_dims, _squeeze, _flatten, _split_v2):
        name = method.__name__[1:]
        method.__name__, method.__qualname__ = name, f"Symbol.{name}"
        setattr(Symbol, name, method)
