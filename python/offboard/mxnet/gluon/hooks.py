"""Functions that blocks call before or after their forward."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Any

__all__ = ["HookHandle"]

_SERIAL = itertools.count()


class HookHandle:
    """Takes a hook off again: by ``detach``, or at the end of a ``with``."""

    def __init__(self, hooks: dict[int, Callable[..., Any]], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._key = next(_SERIAL)
        hooks[self._key] = hook

    def detach(self) -> None:
        """Takes the hook off; a second time does nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.detach()
