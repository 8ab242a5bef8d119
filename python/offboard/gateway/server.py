"""The gateway's py4j server: on loopback, every connection shows a token, gone when its JVM is."""

from __future__ import annotations

import fcntl
import os
import queue
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters

from offboard.client.state import home
from offboard.errors import MXNetError
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


# Characters of a token that a parent gives: 128 bits in hexadecimal.
_LEAST_TOKEN = 32


def serve(*, port: int, with_parent: bool) -> None:
    """Serves until SIGTERM, or ``with_parent`` until standard input ends: the JVM holds its other end.

    A parent gives the token, as the first line of standard input, and is told ``HOST:PORT`` when the gateway is ready.
    Without one the token is in a file of this user's, and ``HOST:PORT:TOKEN-FILE`` is printed: what OFFBOARD_GATEWAY
    wants.

    Raises:
        MXNetError: the parent gave no token.
    """
    token = _given_token() if with_parent else secrets.token_hex(32)
    server = ClientServer(
        # The gateway never calls the JVM; port 0 is where nobody listens.
        JavaParameters(port=0, auth_token=token, eager_load=False),
        PythonParameters(port=port, daemonize=True, daemonize_connections=True, auth_token=token),
        python_server_entry_point=_EntryPoint(),
    )
    listener = server.get_callback_server()
    address = f"{listener.get_listening_address()}:{listener.get_listening_port()}"
    # Not an Event: its lock may be held by the very thread that a signal interrupts.
    stop: queue.SimpleQueue[None] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.put(None))
    if with_parent:
        threading.Thread(target=_wait_for_end, args=(stop,), name="offboard-parent", daemon=True).start()
    with nullcontext() if with_parent else _token_file(token) as path:
        print(f"{address}:{path}" if path else address, flush=True)
        stop.get()
    server.shutdown_callback_server()


def _given_token() -> str:
    token = sys.stdin.buffer.readline().decode("ascii", "replace").strip()
    if len(token) < _LEAST_TOKEN:
        raise MXNetError(
            f"A gateway with a parent reads its token from the first line of standard input, {_LEAST_TOKEN} characters "
            f"or more; {len(token)} came"
        )
    return token


@contextmanager
def _token_file(token: str) -> Iterator[Path]:
    """The file as long as the gateway lives: it is locked, so that those of killed gateways are known and go."""
    folder = home()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove_abandoned(folder)
    # Locked before it has its name: nobody takes it for abandoned.
    descriptor, temporary = tempfile.mkstemp(prefix=".gateway-", dir=folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, token.encode())
        path = folder / f"gateway-{os.getpid()}-{secrets.token_hex(4)}"
        os.rename(temporary, path)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob("gateway-*"):
        # Another gateway may be doing the same.
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _wait_for_end(stop: queue.SimpleQueue[None]) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stop.put(None)
