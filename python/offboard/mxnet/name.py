"""How operators without a name get one."""

from __future__ import annotations

import threading
from types import TracebackType

__all__ = ["NameManager", "Prefix"]

_CURRENT = threading.local()


class NameManager:
    """Numbers names by their hints: ``fullyconnected0``, ``fullyconnected1``, ..."""

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}
        self._outer: list[NameManager] = []

    def get(self, name: str | None, hint: str) -> str:
        """``name``, or the next one for ``hint``."""
        if name:
            return name
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        self._outer.append(current())
        _CURRENT.value = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _CURRENT.value = self._outer.pop()


class Prefix(NameManager):
    """Puts a prefix before every name."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        """The prefixed name."""
        return self._prefix + super().get(name, hint)


def current() -> NameManager:
    """The innermost manager of this thread."""
    found: NameManager | None = getattr(_CURRENT, "value", None)
    if found is None:
        found = _CURRENT.value = NameManager()
    return found
