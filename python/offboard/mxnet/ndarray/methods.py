"""Operators as methods of arrays: ``x.softmax(axis=1)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offboard.mxnet import namespace
from offboard.mxnet.ndarray import functions, operators
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["install"]


def _method(name: str) -> Callable[..., Any]:
    def method(self: NDArray, *args: Any, **kwargs: Any) -> Any:
        function = operators.named("", name)
        assert function is not None
        return function(self, *args, **kwargs)

    method.__name__, method.__qualname__ = name, f"NDArray.{name}"
    method.__doc__ = f"``mx.nd.{name}`` of this array."
    return method


def _split_v2(self: NDArray, *args: Any, **kwargs: Any) -> Any:
    """Parts of equal size, or between indices."""
    return functions.split_v2(self, *args, **kwargs)


def _transpose(self: NDArray, *axes: Any, **kwargs: Any) -> Any:
    """Dimensions in another order, copied; the order may be a tuple or arguments of its own."""
    if axes:
        kwargs["axes"] = axes[0] if len(axes) == 1 else axes
    return _method("transpose")(self, **{key: value for key, value in kwargs.items() if value is not None})


def install() -> None:
    """Gives :class:`NDArray` the operator methods that it does not define itself."""
    for name in namespace.METHODS:
        if name not in NDArray.__dict__:
            setattr(NDArray, name, _method(name))
    for method in (_split_v2, _transpose):
        name = method.__name__[1:]
        method.__name__, method.__qualname__ = name, f"NDArray.{name}"
        setattr(NDArray, name, method)
