"""Which graphs killed workers: a journal that outlives them.

While a graph runs, its digest stands in a slot of a small mapped file: two stores a call, no system call. A worker
that dies leaves its slots filled; if it crashed, the next one counts a death for each graph in them. A worker killed
from outside (SIGKILL) died of no graph.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offboard import rules
from offboard.errors import QuarantinedGraphError

__all__ = ["CRASHES", "Quarantine"]

CRASHES = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL})
_SLOT = 32
_SLOTS = 4096


class Quarantine:
    """The journal of one accelerator, in ``folder``; graphs are named by their SHA-256 (32 bytes).

    ``died_of`` is the signal that ended the worker before this one, or 0.
    """

    def __init__(self, folder: Path, accelerator: str, died_of: int = 0, deaths_allowed: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._deaths_file = folder / "deaths.json"
        self._accelerator = accelerator
        self._allowed = rules.limit("deaths_before_quarantine") if deaths_allowed is None else deaths_allowed
        self._lock = threading.Lock()
        self._deaths = self._load()
        descriptor = os.open(folder / "running", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, _SLOT * _SLOTS)
            self._journal = mmap.mmap(descriptor, _SLOT * _SLOTS)
        finally:
            os.close(descriptor)
        if died_of in CRASHES:
            self._count_the_dead()
        self._journal[:] = bytes(_SLOT * _SLOTS)
        self._free = list(range(_SLOTS))

    def check(self, graph: bytes) -> None:
        """Raises QuarantinedGraphError for a graph that killed too many workers."""
        deaths = self._deaths.get(graph.hex(), 0)
        if deaths >= self._allowed:
            raise QuarantinedGraphError(
                rules.text("quarantined", graph=graph.hex()[:16], accelerator=self._accelerator, deaths=deaths)
            )

    @contextmanager
    def watch(self, graph: bytes) -> Iterator[None]:
        """Marks ``graph`` as running for the length of the block."""
        slot = self._free.pop()
        start = slot * _SLOT
        self._journal[start : start + _SLOT] = graph
        try:
            yield
        finally:
            self._journal[start : start + _SLOT] = bytes(_SLOT)
            self._free.append(slot)

    def died(self, graph: bytes) -> int:
        """Counts a death that was seen directly (the converter's); returns the deaths so far."""
        with self._lock:
            self._deaths[graph.hex()] = self._deaths.get(graph.hex(), 0) + 1
            self._save()
            return self._deaths[graph.hex()]

    def _count_the_dead(self) -> None:
        slots = (self._journal[start : start + _SLOT] for start in range(0, _SLOT * _SLOTS, _SLOT))
        for graph in {slot for slot in slots if any(slot)}:
            self._deaths[graph.hex()] = self._deaths.get(graph.hex(), 0) + 1
        self._save()

    def _load(self) -> dict[str, int]:
        try:
            deaths = json.loads(self._deaths_file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(graph): int(count) for graph, count in deaths.items()}

    def _save(self) -> None:
        draft = self._deaths_file.with_suffix(f".{uuid.uuid4().hex}")
        draft.write_text(json.dumps(self._deaths), "utf-8")
        os.replace(draft, self._deaths_file)
