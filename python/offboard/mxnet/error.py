"""``mx.error``: the errors that programs may raise and catch by name."""

from __future__ import annotations

from offboard.errors import MXNetError

__all__ = ["InternalError", "MXNetError", "register"]

_REGISTERED: dict[str, type[BaseException]] = {}


def register(func_name: str | type[BaseException] | None = None, cls: type[BaseException] | None = None) -> object:
    """Registers an error class under a name, its own unless one is given; also as a decorator."""
    if isinstance(func_name, type):
        _REGISTERED[func_name.__name__] = func_name
        return func_name
    if cls is not None:
        _REGISTERED[str(func_name or cls.__name__)] = cls
        return cls

    def decorate(made: type[BaseException]) -> type[BaseException]:
        _REGISTERED[str(func_name or made.__name__)] = made
        return made

    return decorate


@register
class InternalError(MXNetError):
    """Something went wrong that no program can have caused."""
