"""Admission: the ledger of an accelerator's memory.

Weights are charged once for each distinct blob, whoever binds it; a plan is charged the peak of its live intermediates.
What the ledger admits, the engine's arena enforces.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from offboard import rules
from offboard.errors import AcceleratorOutOfMemoryError

__all__ = ["Ledger", "OutOfMemory", "new_request_id"]


def new_request_id() -> str:
    """A UUID as the original printed it: upper case."""
    return str(uuid.uuid4()).upper()


class OutOfMemory(AcceleratorOutOfMemoryError):
    """The rule's error with its figures (bytes), for the wire."""

    def __init__(self, accelerator: str, version: str, asked: int, used: int, total: int) -> None:
        self.request_id = new_request_id()
        self.accelerator, self.asked, self.used, self.total = accelerator, asked, used, total
        super().__init__(
            rules.text(
                "out_of_memory",
                request_id=self.request_id,
                accelerator=accelerator,
                version=version,
                asked=asked,
                used=used,
                free=max(total - used, 0),
                total=total,
            )
        )


class Ledger:
    """What is charged against ``total`` bytes.

    ``reclaim`` is called, outside the lock, with the bytes that are lacking; it releases plans that nobody runs and
    returns whether it released any.
    """

    def __init__(self, accelerator: str, version: str, total: int) -> None:
        self.accelerator, self.version, self.total = accelerator, version, total
        self.reclaim: Callable[[int], bool] = lambda lacking: False
        self._lock = threading.Lock()
        self._blobs: Counter[bytes] = Counter()
        self._sizes: dict[bytes, int] = {}
        self._weights = 0
        self._activations = 0

    @property
    def weights(self) -> int:
        """Bytes charged for distinct blobs."""
        return self._weights

    @property
    def activations(self) -> int:
        """Bytes charged for plans."""
        return self._activations

    @property
    def used(self) -> int:
        """All bytes charged."""
        return self._weights + self._activations

    def charge_weights(self, blobs: Mapping[bytes, int]) -> None:
        """Charges blobs by digest and size; those charged already cost nothing more."""

        def new() -> int:
            return sum(size for digest, size in blobs.items() if not self._blobs[digest])

        with self._admitted(new):
            self._weights += new()
            self._blobs.update(blobs.keys())
            self._sizes.update(blobs)

    def release_weights(self, blobs: Mapping[bytes, int]) -> None:
        """Ends one :meth:`charge_weights`."""
        with self._lock:
            for digest in blobs:
                self._blobs[digest] -= 1
                if self._blobs[digest] == 0:
                    del self._blobs[digest]
                    self._weights -= self._sizes.pop(digest)

    def charge_activations(self, size: int) -> None:
        """Charges a plan's peak."""
        with self._admitted(lambda: size):
            self._activations += size

    def release_activations(self, size: int) -> None:
        """Ends one :meth:`charge_activations`."""
        with self._lock:
            self._activations -= size

    def refusal(self, asked: int) -> OutOfMemory:
        """The rule's error for ``asked`` bytes: for a failure of the arena, too."""
        return OutOfMemory(self.accelerator, self.version, asked, self.used, self.total)

    @contextmanager
    def _admitted(self, asked: Callable[[], int]) -> Iterator[None]:
        """Runs the block under the lock, with room for what is ``asked``; else raises OutOfMemory."""
        while True:
            with self._lock:
                lacking = self.used + asked() - self.total
                if lacking <= 0:
                    yield
                    return
            if not self.reclaim(lacking):
                raise self.refusal(asked())
