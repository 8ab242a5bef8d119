"""``mx.engine``: operators run one by one when they are called, so bulks of them change nothing."""

from __future__ import annotations

from types import TracebackType

__all__ = ["bulk", "set_bulk_size"]

_SIZE = 15


def set_bulk_size(size: int) -> int:
    """Remembers how many operators a bulk might have, and returns what it was before."""
    global _SIZE
    former, _SIZE = _SIZE, int(size)
    return former


class _Bulk:
    def __init__(self, size: int) -> None:
        self._size = size
        self._former = size

    def __enter__(self) -> _Bulk:
        self._former = set_bulk_size(self._size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        set_bulk_size(self._former)


def bulk(size: int) -> _Bulk:
    """A scope with another size of bulks."""
    return _Bulk(size)
