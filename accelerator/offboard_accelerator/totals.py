"""What was run, how long its parts took, and how much it moved."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

__all__ = ["Spent", "Totals"]


@dataclass
class Spent:
    """Microseconds of one forward: waiting for its turn, taking inputs, computing, giving outputs."""

    queue_us: int = 0
    input_us: int = 0
    compute_us: int = 0
    output_us: int = 0

    @property
    def total_us(self) -> int:
        """All of it."""
        return self.queue_us + self.input_us + self.compute_us + self.output_us


@dataclass
class Totals:
    """Sums over forwards, of one executor or of several."""

    forwards: int = 0
    failures: int = 0
    failed_us: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    spent: Spent = field(default_factory=Spent)
    last_ms: int = 0
    """When the last forward ended, in milliseconds since 1970."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def record(self, spent: Spent, bytes_in: int, bytes_out: int) -> None:
        """Counts a forward that was answered."""
        with self._lock:
            self.forwards += 1
            self.bytes_in += bytes_in
            self.bytes_out += bytes_out
            self.last_ms = int(time.time() * 1e3)
            self._spend(spent)

    def record_failure(self, microseconds: int) -> None:
        """Counts one that was not."""
        with self._lock:
            self.failures += 1
            self.failed_us += microseconds

    def add(self, other: Totals) -> None:
        """Takes in what another counted."""
        with self._lock:
            self.forwards += other.forwards
            self.failures += other.failures
            self.failed_us += other.failed_us
            self.bytes_in += other.bytes_in
            self.bytes_out += other.bytes_out
            self.last_ms = max(self.last_ms, other.last_ms)
            self._spend(other.spent)

    def _spend(self, more: Spent) -> None:
        spent = self.spent
        spent.queue_us += more.queue_us
        spent.input_us += more.input_us
        spent.compute_us += more.compute_us
        spent.output_us += more.output_us
