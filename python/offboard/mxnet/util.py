"""``mx.util``, by MXNet's name: switches of NumPy semantics, which stay off, and environment variables."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from offboard import rules
from offboard.errors import MXNetError
from offboard.mxnet.context import gpu_memory_info, num_gpus

__all__ = [
    "get_cuda_compute_capability", "get_gpu_count", "get_gpu_memory", "getenv", "is_np_array", "is_np_shape",
    "np_array", "np_shape", "reset_np", "set_module", "set_np", "set_np_shape", "setenv", "use_np", "use_np_array",
    "use_np_shape",
]  # fmt: skip

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _refuse_numpy() -> None:
    raise MXNetError(rules.text("numpy_semantics"))


def is_np_shape() -> bool:
    """Whether shapes have NumPy's meaning: never."""
    return False


def is_np_array() -> bool:
    """Whether blocks make ``mx.np`` arrays: never."""
    return False


def set_np_shape(active: bool) -> bool:
    """False, the former state; raises MXNetError when it should become True."""
    if active:
        _refuse_numpy()
    return False


def set_np(shape: bool = True, array: bool = True) -> None:
    """Raises MXNetError unless both are False."""
    if shape or array:
        _refuse_numpy()


def reset_np() -> None:
    """Nothing to put back."""


class _Off:
    """A scope in which NumPy semantics are off, as everywhere."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


def np_shape(active: bool = True) -> _Off:
    """A scope without NumPy shapes; raises MXNetError when they are wanted."""
    set_np_shape(active)
    return _Off()


def np_array(active: bool = True) -> _Off:
    """A scope without ``mx.np`` arrays; raises MXNetError when they are wanted."""
    if active:
        _refuse_numpy()
    return _Off()


def _refusing(made: Decorated) -> Decorated:
    target: Any = made if not isinstance(made, type) else made.__init__  # type: ignore[misc]

    @functools.wraps(target)
    def refused(*args: Any, **kwargs: Any) -> Any:
        _refuse_numpy()

    if isinstance(made, type):
        made.__init__ = refused  # type: ignore[misc]
        return made
    return refused  # type: ignore[return-value]


def use_np_shape(func: Decorated) -> Decorated:
    """A function or class that needs NumPy shapes: it can be defined, and using it raises MXNetError."""
    return _refusing(func)


def use_np_array(func: Decorated) -> Decorated:
    """A function or class that needs ``mx.np`` arrays: it can be defined, and using it raises MXNetError."""
    return _refusing(func)


def use_np(func: Decorated) -> Decorated:
    """A function or class that needs NumPy semantics: it can be defined, and using it raises MXNetError."""
    return _refusing(func)


def set_module(module: str) -> Callable[[Decorated], Decorated]:
    """A decorator that says which module something belongs to."""

    def decorate(func: Decorated) -> Decorated:
        func.__module__ = module
        return func

    return decorate


def get_gpu_count() -> int:
    """There are no GPUs."""
    return num_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Raises MXNetError: there is no GPU."""
    return gpu_memory_info(gpu_dev_id)


def get_cuda_compute_capability(ctx: Any) -> int:
    """Raises MXNetError: there is no GPU."""
    raise MXNetError(rules.text("gpu_disabled"))


def getenv(name: str) -> str | None:
    """An environment variable, or None."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Sets an environment variable; None takes it away."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
