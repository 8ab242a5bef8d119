"""uvicorn in a thread, on an address that the supervisor reserved."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

from offboard_accelerator.settings import split_address

__all__ = ["RestServer"]

START_SECONDS = 20.0
STOP_SECONDS = 5.0


class RestServer:
    """Serves ``application`` at ``address`` until :meth:`close`."""

    def __init__(self, application: FastAPI, address: str):
        config = uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(STOP_SECONDS),
        )
        self._server = uvicorn.Server(config)
        self._listener = _listen(address)
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


def _listen(address: str) -> socket.socket:
    host, port = split_address(address)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    return listener
