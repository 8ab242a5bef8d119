"""A private daemon for one program's life: nothing to set up, nothing left behind.

::

    with embedded.start("eia1.medium") as daemon:
        subprocess.run([...], env={**os.environ, **daemon.environment})

The daemon is a child process with a temporary data directory. It ends with :meth:`EmbeddedDaemon.close` or with this
process, however that ends: its standard input is a pipe that only this process (and what it forks) holds open.
"""

import atexit
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from offboard import rules
from offboard.errors import NoAcceleratorError

__all__ = ["EmbeddedDaemon", "process_daemon", "start"]

START_SECONDS = 120.0
CLOSE_SECONDS = 15.0

NOT_INHERITED = (
    "OFFBOARD_ADVERTISE",
    "OFFBOARD_AS_MXNET",
    "OFFBOARD_DATA_DIR",
    "OFFBOARD_ENDPOINT",
    "OFFBOARD_HOME",
    "OFFBOARD_LISTEN",
    "OFFBOARD_TLS_CERT",
    "OFFBOARD_TLS_KEY",
    "OFFBOARD_TOKEN",
    "OFFBOARD_TOKEN_FILE",
)
"""Of the environment: what is said of another daemon, or of programs."""


class EmbeddedDaemon:
    """A running private daemon. Use it as a context manager, or call :meth:`close`."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path, endpoint: str, http: str):
        self._process = process
        self._owner = os.getpid()
        self._folder = folder
        self.endpoint = endpoint
        """``unix:PATH``, a value for ``OFFBOARD_ENDPOINT``."""
        self.http = http
        """``http://host:port``; empty unless asked for."""

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        return self._process.pid

    @property
    def data_dir(self) -> Path:
        """Its data directory, removed with it."""
        return self._folder

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to use it: the endpoint, and a state directory of its own that goes with the daemon."""
        return {"OFFBOARD_ENDPOINT": self.endpoint, "OFFBOARD_HOME": str(self._folder / "home")}

    def close(self) -> None:
        """Ends the daemon; calls in flight may finish. Does nothing in a forked child: the daemon is its parent's."""
        if os.getpid() != self._owner or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        # It does this itself, unless it was killed.
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "EmbeddedDaemon":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(
    accelerator_type: str | None = None,
    *,
    http: bool = False,
    config: Path | None = None,
    arguments: Sequence[str] = (),
) -> EmbeddedDaemon:
    """Starts a private daemon and waits until it is ready.

    Args:
        accelerator_type: default: ``OFFBOARD_ACCELERATOR_TYPE``, else ``eia1.medium``.
        http: whether it serves REST, too.
        config: a TOML file of settings.
        arguments: further flags of ``offboard serve``.

    Raises:
        NoAcceleratorError: it did not start; it said why on standard error.
    """
    folder = Path(tempfile.mkdtemp(prefix="offboard-embedded-"))
    command = [sys.executable, "-m", "offboard.cli", "serve", "--embedded", "--json", "--data-dir", str(folder)]
    command += ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0" if http else "off"]
    if accelerator_type:
        command += ["--accelerator-type", accelerator_type]
    if config is not None:
        command += ["--config", str(config)]
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    environment.setdefault("OFFBOARD_LOG", "warning")
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # Ctrl-C in the terminal ends the program first, and then its daemon.
        start_new_session=True,
    )
    line = _first_line(process)
    try:
        answer = json.loads(line)
        return EmbeddedDaemon(process, folder, str(answer["unix_socket"]), str(answer["http"]))
    except (ValueError, KeyError, TypeError):
        process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise NoAcceleratorError(
            rules.text("no_accelerator", reason=f"The embedded daemon did not start (exit status {status})")
        ) from None


_lock = threading.Lock()
_daemon: EmbeddedDaemon | None = None


def process_daemon() -> EmbeddedDaemon:
    """The private daemon of this process, started at first use and ended at exit.

    It writes :attr:`EmbeddedDaemon.environment` to ``os.environ``, so that child processes share it.
    """
    global _daemon
    with _lock:
        if _daemon is None:
            _daemon = start()
            atexit.register(_daemon.close)
            os.environ.update(_daemon.environment)
        return _daemon


def _first_line(process: "subprocess.Popen[bytes]") -> bytes:
    """The first line of its output, or what there is of it when it ends or takes too long."""
    assert process.stdout is not None
    line = b""
    deadline = time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n") and selector.select(max(deadline - time.monotonic(), 0.0)):
            more = os.read(process.stdout.fileno(), 65536)
            if not more:
                break
            line += more
    return line
