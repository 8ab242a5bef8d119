"""Lanes: inference over a Unix socket in bare frames, for sessions on this host.

A Python gRPC call costs several times what a small graph takes; a lane's frame costs a system call a side. What it
carries, and what is answered, are the messages of ``ModelInfer`` (``Endpoints.lane`` in ``accelerator.proto`` has the
format). Whoever reaches the socket is this user; what it may touch is what the session that it names owns.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from offboard.wire import inference as oip
from offboard.wire.frames import Frames, FrameTooLargeError, Kind
from offboard_accelerator.logs import logger
from offboard_accelerator.wire_errors import SessionLapsedError, detail_of

__all__ = ["Lanes"]

_log = logger(__name__)
_BACKLOG = 64


class Lanes:
    """Listens at ``path``, and answers each lane in a thread of its own.

    Args:
        path: of the socket.
        accelerator: its id, for errors.
        check: raises SessionLapsedError for a session that is not live.
        infer: one inference on behalf of a session; what it raises is told to the client.
        frame_bytes: largest frame.
        most: lanes at once; another is closed.
    """

    def __init__(
        self,
        path: Path,
        accelerator: str,
        check: Callable[[str], None],
        infer: Callable[[oip.ModelInferRequest, str], oip.ModelInferResponse],
        frame_bytes: int,
        most: int,
    ) -> None:
        self._accelerator, self._check, self._infer = accelerator, check, infer
        self._frame_bytes, self._most = frame_bytes, most
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closed = False
        with suppress(FileNotFoundError):
            path.unlink()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(os.fspath(path))
        path.chmod(0o600)
        self._listener.listen(_BACKLOG)
        threading.Thread(target=self._accept, name="lanes", daemon=True).start()

    def close(self, grace: float) -> None:
        """Takes no more requests; those that run are answered, within ``grace`` seconds."""
        self._closed = True
        # Wakes the thread that accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            lanes = dict(self._open)
        for connection in lanes:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        for thread in lanes.values():
            thread.join(grace)

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closed or len(self._open) >= self._most:
                    connection.close()
                    continue
                thread = threading.Thread(target=self._serve, args=(connection,), name="lane", daemon=True)
                self._open[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            frames = Frames(connection, self._frame_bytes)
            opening = frames.receive()
            if opening is None or opening[0] is not Kind.SESSION:
                return
            session = opening[1].decode("ascii")
            self._check(session)
            frames.send(Kind.SESSION, b"")
            while (asked := frames.receive()) is not None and asked[0] is Kind.REQUEST:
                frames.send(*self._answer(asked[1], session))
        except (SessionLapsedError, FrameTooLargeError) as error:
            # The last that it hears: what follows a frame that was not read is no frame.
            with suppress(OSError):
                frames.send(Kind.ERROR, self._told(error))
        except (OSError, ValueError) as error:
            # The client left, or speaks another language: nothing of it is left here.
            _log.debug("lane closed", reason=str(error))
        finally:
            with self._lock:
                del self._open[connection]
            connection.close()

    def _answer(self, body: bytes, session: str) -> tuple[Kind, bytes]:
        try:
            reply = self._infer(oip.ModelInferRequest.FromString(body), session).SerializeToString()
            if len(reply) > self._frame_bytes:
                raise FrameTooLargeError(len(reply), self._frame_bytes)
            return Kind.RESPONSE, reply
        except Exception as error:
            return Kind.ERROR, self._told(error)

    def _told(self, error: Exception) -> bytes:
        return detail_of(error, self._accelerator)[1].SerializeToString()
