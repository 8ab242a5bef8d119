"""``mx.profiler``: tasks, counters and markers of a program, kept while the profiler runs and dumped as JSON.

Where the nodes of a graph ran and what that cost is told by ``Executor.partition_report`` and ``offboard describe``.
"""

from __future__ import annotations

import json
import threading
import time
import warnings
from typing import Any

__all__ = [
    "Counter", "Domain", "Event", "Frame", "Marker", "Task", "dump", "dump_profile", "dumps", "pause",
    "profiler_set_config", "profiler_set_state", "resume", "set_config", "set_kvstore_handle", "set_state",
]  # fmt: skip


class _Record:
    """What was seen since the profiler started, in the trace format that browsers show."""

    def __init__(self) -> None:
        self.filename = "profile.json"
        self.running = False
        self.events: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def add(self, name: str, category: str, phase: str, **fields: Any) -> None:
        """Keeps one event if the profiler runs."""
        if self.running:
            now = time.monotonic_ns() // 1000
            event = {"name": name, "cat": category, "ph": phase, "ts": now, "pid": 0, "tid": threading.get_ident()}
            with self.lock:
                self.events.append({**event, **fields})


_RECORD = _Record()


def set_config(**kwargs: Any) -> None:
    """Settings by name; ``filename`` says where :func:`dump` writes, the others are for a native engine."""
    _RECORD.filename = str(kwargs.get("filename", _RECORD.filename))


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """:func:`set_config`, by its former name."""
    warnings.warn("profiler.profiler_set_config() is deprecated. Please use profiler.set_config()", stacklevel=2)
    set_config(filename=filename)


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """Starts (``run``) or stops (``stop``) the profiler."""
    _RECORD.running = {"stop": False, "run": True}[state]


def profiler_set_state(state: str = "stop") -> None:
    """:func:`set_state`, by its former name."""
    warnings.warn("profiler.profiler_set_state() is deprecated. Please use profiler.set_state()", stacklevel=2)
    set_state(state)


def pause(profile_process: str = "worker") -> None:
    """Stops for a while."""
    set_state("stop")


def resume(profile_process: str = "worker") -> None:
    """Goes on."""
    set_state("run")


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Writes what was seen to the file; ``finished`` stops the profiler."""
    if finished:
        _RECORD.running = False
    with _RECORD.lock, open(_RECORD.filename, "w", encoding="utf-8") as file:
        json.dump({"traceEvents": _RECORD.events}, file)


def dump_profile() -> None:
    """:func:`dump`, by its former name."""
    warnings.warn("profiler.dump_profile() is deprecated. Please use profiler.dump()", stacklevel=2)
    dump()


def dumps(reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False) -> str:
    """What was seen as text: one row a name with its count and the sum of its times, or ``format='json'``."""
    if format not in ("table", "json"):
        raise ValueError(f"Invalid value format = {format}")
    totals: dict[str, list[float]] = {}
    with _RECORD.lock:
        for event in _RECORD.events:
            row = totals.setdefault(event["name"], [0, 0.0])
            row[0] += event["ph"] != "E"
            row[1] += event.get("dur", 0) / 1000
        if reset:
            _RECORD.events.clear()
    listed = sorted(totals.items(), key=lambda item: item[1][1], reverse=not ascending)
    if format == "json":
        return json.dumps({name: {"count": count, "total_ms": total} for name, (count, total) in listed})
    rows = [f"{name:<40}{int(count):>12}{total:>16.4f}" for name, (count, total) in listed]
    return "\n".join(["Profile Statistics:", f"{'Name':<40}{'Total Count':>12}{'Time (ms)':>16}", *rows]) + "\n"


def set_kvstore_handle(handle: Any) -> None:
    """There are no stores of other machines to profile."""


class Domain:
    """A part of a program that tasks, frames, counters and markers belong to."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """A task in this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """A frame in this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> Counter:
        """A counter in this domain."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """A marker in this domain."""
        return Marker(self, name)


class _Timed:
    def __init__(self, name: str, category: str) -> None:
        self.name, self._category = name, category
        self._since = 0

    def __str__(self) -> str:
        return self.name

    def start(self) -> None:
        """Begins the time taken."""
        self._since = time.monotonic_ns()

    def stop(self) -> None:
        """Ends the time taken."""
        spent = (time.monotonic_ns() - self._since) / 1000
        _RECORD.add(self.name, self._category, "X", dur=spent)


class Task(_Timed):
    """Time taken by a task."""

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(name, str(domain))


class Frame(_Timed):
    """Time taken by a frame."""

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(name, str(domain))


class Event(_Timed):
    """Time taken by an event of no domain."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "event")


class Counter:
    """A number that changes."""

    def __init__(self, domain: Domain, name: str, value: float | None = None) -> None:
        self.name, self._domain = name, domain
        self._value = 0.0
        if value is not None:
            self.set_value(value)

    def __str__(self) -> str:
        return self.name

    def set_value(self, value: float) -> None:
        """Sets it."""
        self._value = value
        _RECORD.add(self.name, str(self._domain), "C", args={self.name: value})

    def increment(self, delta: float = 1) -> None:
        """Adds to it."""
        self.set_value(self._value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Takes from it."""
        self.set_value(self._value - delta)

    def __iadd__(self, delta: float) -> Counter:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Counter:
        self.decrement(delta)
        return self


class Marker:
    """A moment."""

    def __init__(self, domain: Domain, name: str) -> None:
        self.name, self._domain = name, domain

    def mark(self, scope: str = "process") -> None:
        """Marks now."""
        _RECORD.add(self.name, str(self._domain), "i", s=scope[0])
