"""Shared memory regions that clients on this host registered, kept safe from their owners.

The memory belongs to the client, who may shrink it at any moment: a mapping would then kill this process (SIGBUS). So
nothing is mapped: bytes are copied with pread and pwrite, which only come up short.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from offboard import rules
from offboard.errors import SharedMemoryError
from offboard_accelerator.limits import exceeded
from offboard_accelerator.peer import Peer

__all__ = ["Region", "Regions"]

DIRECTORY = "/dev/shm"
_COMPONENT = re.compile(r"[A-Za-z0-9._-]{1,255}")


@dataclass(frozen=True)
class Region:
    """A registered window of a segment: ``byte_size`` bytes from ``offset`` of the file behind ``descriptor``."""

    name: str
    key: str
    offset: int
    byte_size: int
    descriptor: int

    def read(self, offset: int, room: memoryview) -> None:
        """Fills ``room`` with the bytes from ``offset`` of the region."""
        size = room.nbytes
        self.check(offset, size)
        done = 0
        while done < size:
            count = os.preadv(self.descriptor, [room[done:]], self.offset + offset + done)
            if count == 0:
                raise SharedMemoryError(f"Shared memory region {self.name} was truncated while it was read")
            done += count

    def write(self, offset: int, data: memoryview) -> None:
        """Copies ``data`` to ``offset`` of the region."""
        self.check(offset, data.nbytes)
        if os.fstat(self.descriptor).st_size < self.offset + offset + data.nbytes:
            raise SharedMemoryError(f"Shared memory region {self.name} was truncated before it was written")
        flat = data.cast("B") if data.nbytes else data
        done = 0
        while done < data.nbytes:
            done += os.pwrite(self.descriptor, flat[done:], self.offset + offset + done)

    def check(self, offset: int, size: int) -> None:
        """Raises SharedMemoryError unless the bytes lie within the region."""
        if offset < 0 or size < 0 or offset + size > self.byte_size:
            raise SharedMemoryError(
                f"Bytes {offset} to {offset + size} lie outside shared memory region {self.name} "
                f"of {self.byte_size} bytes"
            )


class Regions:
    """All registered regions, by scope: a session's own, or the one scope that callers without a session share."""

    def __init__(self, accelerator: str, limit: int | None = None) -> None:
        self._accelerator = accelerator
        self._limit = rules.limit("shared_memory_regions") if limit is None else limit
        self._scopes: dict[str, dict[str, Region]] = {}
        self._lock = threading.Lock()

    def register(self, scope: str, name: str, key: str, offset: int, byte_size: int, peer: Peer) -> None:
        """Opens segment ``key`` for ``peer``; raises SharedMemoryError unless it is the peer's own plain file."""
        if not peer.local:
            raise SharedMemoryError("Shared memory is for callers on the accelerator's own host")
        if not name:
            raise SharedMemoryError("A shared memory region needs a name")
        with self._lock:
            regions = self._scopes.setdefault(scope, {})
            if name in regions:
                raise SharedMemoryError(f"Shared memory region {name} is already registered")
            if len(regions) >= self._limit:
                raise exceeded("shared_memory_regions", self._accelerator, len(regions) + 1, self._limit)
            regions[name] = Region(name, key, offset, byte_size, _open(name, key, offset, byte_size, peer))

    def get(self, scope: str, name: str) -> Region:
        """The region ``name`` of ``scope``."""
        region = self._scopes.get(scope, {}).get(name)
        if region is None:
            raise SharedMemoryError(f"Shared memory region {name} is not registered")
        return region

    def status(self, scope: str) -> Iterator[Region]:
        """The regions of ``scope``."""
        with self._lock:
            return iter(list(self._scopes.get(scope, {}).values()))

    def unregister(self, scope: str, name: str) -> None:
        """Forgets one region; an unknown name is no error, as in Triton."""
        with self._lock:
            region = self._scopes.get(scope, {}).pop(name, None)
        if region is not None:
            os.close(region.descriptor)

    def unregister_all(self, scope: str) -> None:
        """Forgets every region of ``scope``: at its session's end, too."""
        with self._lock:
            regions = self._scopes.pop(scope, {})
        for region in regions.values():
            os.close(region.descriptor)


def _open(name: str, key: str, offset: int, byte_size: int, peer: Peer) -> int:
    """The descriptor of a segment that is a plain file, owned by the peer, under one name, and large enough."""
    component = key.removeprefix("/")
    if not _COMPONENT.fullmatch(component) or component in (".", ".."):
        raise SharedMemoryError(f"Shared memory key {key!r} is not one path component")
    if offset < 0 or byte_size <= 0:
        raise SharedMemoryError(f"Shared memory region {name} has offset {offset} and {byte_size} bytes")
    try:
        # O_NONBLOCK: a FIFO of that name must not hold the caller's thread.
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(os.path.join(DIRECTORY, component), flags)
    except OSError as error:
        raise SharedMemoryError(f"Shared memory key {key!r} cannot be opened: {error.strerror}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise SharedMemoryError(f"Shared memory key {key!r} is not a plain segment")
        if status.st_uid != peer.uid:
            raise SharedMemoryError(f"Shared memory key {key!r} belongs to another user")
        if status.st_size < offset + byte_size:
            raise SharedMemoryError(
                f"Shared memory key {key!r} holds {status.st_size} bytes, {offset + byte_size} were registered"
            )
    except SharedMemoryError:
        os.close(descriptor)
        raise
    return descriptor
