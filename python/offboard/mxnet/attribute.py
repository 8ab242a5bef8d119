"""Attributes that all symbols made in a scope get."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

__all__ = ["AttrScope", "as_text", "current"]

_CURRENT = threading.local()


class AttrScope:
    """A scope of attributes; inner scopes add to outer ones."""

    def __init__(self, **kwargs: str) -> None:
        for value in kwargs.values():
            if not isinstance(value, str):
                raise ValueError("Attributes need to be string")
        self._own = kwargs
        self._attr: dict[str, str] = dict(kwargs)
        self._outer: list[AttrScope] = []

    def get(self, attr: Mapping[str, str] | None) -> dict[str, str]:
        """The scope's attributes with ``attr`` over them."""
        return {**self._attr, **(attr or {})}

    def __enter__(self) -> AttrScope:
        outer = current()
        self._outer.append(outer)
        self._attr = {**outer._attr, **self._own}
        _CURRENT.value = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _CURRENT.value = self._outer.pop()


def as_text(value: Any) -> str:
    """An attribute's value as graphs keep it; an initializer is told by its JSON."""
    # MXNet writes an object's address here, which means nothing in a file.
    dumps = getattr(value, "dumps", None)
    return str(value) if dumps is None else str(dumps())


def current() -> AttrScope:
    """The innermost scope of this thread."""
    found: AttrScope | None = getattr(_CURRENT, "value", None)
    if found is None:
        found = _CURRENT.value = AttrScope()
    return found
