"""uvicorn in a thread."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

__all__ = ["RestServer"]

START_SECONDS = 20.0
STOP_SECONDS = 5.0


class RestServer:
    """Serves ``application`` on a socket that listens, until :meth:`close`."""

    def __init__(self, application: FastAPI, listener: socket.socket):
        config = uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(STOP_SECONDS),
        )
        self._server = uvicorn.Server(config)
        self._listener = listener
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), name="rest", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)

    def close(self) -> None:
        """Ends it, after the calls in flight."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS + 1.0)
        self._listener.close()
