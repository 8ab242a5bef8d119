"""The gateway's py4j server: on loopback, every connection shows a token, gone when its JVM is."""

from __future__ import annotations

import os
import queue
import secrets
import signal
import sys
import threading
from pathlib import Path

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters

from offboard.client.state import home, write_file
from offboard.gateway.service import Service

__all__ = ["serve"]


class _EntryPoint:
    """The service as the object that a JVM calls."""

    def __init__(self) -> None:
        self._service = Service()

    def call(self, name: str, request: str) -> str:
        """One call of the service."""
        return self._service.call(name, request)

    class Java:
        """What py4j wants to know."""

        implements = ("io.offboard.gateway.GatewayCalls",)


def serve(*, port: int, with_parent: bool) -> None:
    """Serves until SIGTERM, or ``with_parent`` until standard input ends: the JVM holds its other end.

    Prints ``HOST:PORT:TOKEN-FILE`` when ready: what OFFBOARD_GATEWAY wants.
    """
    token = secrets.token_hex(32)
    server = ClientServer(
        # The gateway never calls the JVM; port 0 is where nobody listens.
        JavaParameters(port=0, auth_token=token, eager_load=False),
        PythonParameters(port=port, daemonize=True, daemonize_connections=True, auth_token=token),
        python_server_entry_point=_EntryPoint(),
    )
    listener = server.get_callback_server()
    token_file = _write_token(token)
    # Not an Event: its lock may be held by the very thread that a signal interrupts.
    stop: queue.SimpleQueue[None] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.put(None))
    if with_parent:
        threading.Thread(target=_wait_for_end, args=(stop,), name="offboard-parent", daemon=True).start()
    print(f"{listener.get_listening_address()}:{listener.get_listening_port()}:{token_file}", flush=True)
    try:
        stop.get()
    finally:
        token_file.unlink(missing_ok=True)
    server.shutdown_callback_server()


def _write_token(token: str) -> Path:
    folder = home()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"gateway-{os.getpid()}-{secrets.token_hex(4)}"
    write_file(path, token.encode())
    return path


def _wait_for_end(stop: queue.SimpleQueue[None]) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stop.put(None)
