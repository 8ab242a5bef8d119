"""Sums over all that a worker has run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Totals"]


class _Counted(Protocol):
    forwards: int
    queue_us: int
    compute_us: int
    bytes_in: int
    bytes_out: int


@dataclass
class Totals:
    """Forwards, microseconds that they waited and ran, and bytes; released executors included."""

    forwards: int = 0
    queue_us: int = 0
    compute_us: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def add(self, executor: _Counted) -> None:
        """Counts what an executor has run so far."""
        self.forwards += executor.forwards
        self.queue_us += executor.queue_us
        self.compute_us += executor.compute_us
        self.bytes_in += executor.bytes_in
        self.bytes_out += executor.bytes_out
