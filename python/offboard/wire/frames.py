"""Frames of a lane: a length, a kind, and a message. ``Endpoints.lane`` in ``accelerator.proto`` has the format."""

from __future__ import annotations

import enum
import socket
import struct
from typing import Final

from offboard.errors import LimitExceededError

__all__ = ["FrameTooLargeError", "Frames", "Kind"]

_HEAD: Final = struct.Struct("<IB")
# Read at once: what most frames fit.
_ROOM: Final = 1 << 16


class Kind(enum.IntEnum):
    """What a frame holds."""

    SESSION = 0
    REQUEST = 1
    RESPONSE = 2
    ERROR = 3


class FrameTooLargeError(LimitExceededError):
    """A message is larger than the limit ``message_bytes``."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"A message of {size} bytes is larger than limit message_bytes, {limit}")


class Frames:
    """One side of a lane, on a connected stream socket; each side waits for the other's frame before its next."""

    def __init__(self, connection: socket.socket, limit: int) -> None:
        self._socket, self._limit = connection, limit
        self._room = memoryview(bytearray(_ROOM))

    def send(self, kind: Kind, body: bytes) -> None:
        """Sends one frame. Raises OSError, and FrameTooLargeError before anything is sent."""
        if len(body) > self._limit:
            raise FrameTooLargeError(len(body), self._limit)
        head = _HEAD.pack(len(body), kind)
        if len(body) < _ROOM:
            self._socket.sendall(head + body)
        else:
            self._socket.sendall(head)
            self._socket.sendall(body)

    def receive(self) -> tuple[Kind, bytes] | None:
        """The next frame; None at the end.

        Raises:
            OSError: the connection broke. ValueError: what came is no frame. FrameTooLargeError: it is not read.
        """
        room = self._room
        done = self._socket.recv_into(room)
        if done == 0:
            return None
        while done < _HEAD.size:
            done += self._some(room[done:])
        size, kind = _HEAD.unpack_from(room)
        if size > self._limit:
            raise FrameTooLargeError(size, self._limit)
        whole = _HEAD.size + size
        if done > whole:
            raise ValueError("a frame before its turn")
        if whole > _ROOM:
            room = memoryview(bytearray(whole))
            room[:done] = self._room[:done]
        while done < whole:
            done += self._some(room[done:whole])
        return Kind(kind), bytes(room[_HEAD.size : whole])

    def _some(self, room: memoryview) -> int:
        count = self._socket.recv_into(room)
        if count == 0:
            raise ConnectionResetError("the connection ended within a frame")
        return count
