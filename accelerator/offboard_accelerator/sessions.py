"""Sessions: leases of client processes, and what ends with them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from offboard import rules
from offboard_accelerator.limits import exceeded
from offboard_accelerator.wire_errors import SessionLapsedError

__all__ = ["Sessions"]


class _Session:
    __slots__ = ("expires", "instance")

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.expires = 0.0


class Sessions:
    """Live sessions by id. One that is not renewed for ``lease`` seconds lapses; ``on_end`` releases what it owned."""

    def __init__(self, accelerator: str, lease: float, limit: int, on_end: Callable[[str], None]) -> None:
        self.lease = lease
        self._accelerator, self._limit, self._on_end = accelerator, limit, on_end
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, name="leases", daemon=True).start()

    def __len__(self) -> int:
        return len(self._sessions)

    def enter(self, instance: str, wanted: str) -> tuple[str, bool]:
        """(id, whether it is the former session ``wanted``): its lease runs from now."""
        with self._lock:
            found = self._sessions.get(wanted)
            resumed = found is not None and found.instance == instance
            if not resumed:
                if len(self._sessions) >= self._limit:
                    raise exceeded("sessions", self._accelerator, len(self._sessions) + 1, self._limit)
                wanted = secrets.token_hex(16)
                found = self._sessions[wanted] = _Session(instance)
            assert found is not None
            found.expires = time.monotonic() + self.lease
            return wanted, resumed

    def renew(self, session: str) -> None:
        """Its lease runs anew; raises SessionLapsedError unless it is live."""
        with self._lock:
            self.check(session)
            self._sessions[session].expires = time.monotonic() + self.lease

    def end(self, session: str) -> None:
        """Ends it at once, if it is live."""
        with self._lock:
            if self._sessions.pop(session, None) is None:
                return
        self._on_end(session)

    def check(self, session: str) -> None:
        """Raises SessionLapsedError unless ``session`` is live."""
        if session not in self._sessions:
            raise SessionLapsedError(
                rules.text("session_lapsed", session=session[:8] or "(none)", accelerator=self._accelerator)
            )

    def end_instance(self, instance: str) -> None:
        """Ends every session of an instance."""
        with self._lock:
            ended = [name for name, each in self._sessions.items() if each.instance == instance]
            for name in ended:
                del self._sessions[name]
        for name in ended:
            self._on_end(name)

    def _watch(self) -> None:
        while True:
            time.sleep(min(1.0, self.lease / 4))
            now = time.monotonic()
            with self._lock:
                lapsed = [n for n, each in self._sessions.items() if each.expires < now]
                for name in lapsed:
                    del self._sessions[name]
            for name in lapsed:
                self._on_end(name)
