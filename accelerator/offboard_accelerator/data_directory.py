"""The daemon's directory: one daemon at a time, private, found by clients through ``daemon.json``."""

import contextlib
import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path

from offboard.client import state

__all__ = ["DataDirectory", "DataDirectoryInUse"]


class DataDirectoryInUse(RuntimeError):
    """Another daemon runs on the directory."""


class DataDirectory:
    """The data directory, locked by this process until :meth:`close`.

    A record lock goes with the process that took it, so a daemon that was killed leaves nothing stale behind.

    Raises:
        DataDirectoryInUse: a daemon runs on it.
        OSError: it cannot be made or is not writable.
    """

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        self._lock = os.open(path / "daemon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._lock, 32).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise DataDirectoryInUse(
                f"a daemon (pid {holder or 'unknown'}) runs on {path}: end it, or give another --data-dir"
            ) from error
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())
        # What a killed daemon said about itself is no longer so.
        self._daemon_file.unlink(missing_ok=True)

    @property
    def associations(self) -> Path:
        """The database of associations."""
        return self.path / "associations.sqlite"

    @property
    def _daemon_file(self) -> Path:
        return self.path / state.DAEMON_FILE

    def of_accelerator(self, accelerator: str) -> Path:
        """The accelerator's own directory, made if need be."""
        directory = self.path / "accelerators" / accelerator
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory

    def announce(self, daemon: state.Daemon) -> None:
        """Lets clients find the daemon."""
        record = {
            "format": state.FORMAT,
            "pid": daemon.pid,
            "version": daemon.version,
            "grpc": daemon.grpc,
            "unix_socket": daemon.unix_socket,
            "http": daemon.http,
            "tls": daemon.tls,
            "token_file": daemon.token_file,
            "accelerators": [vars(each) for each in daemon.accelerators],
        }
        state.write_file(self._daemon_file, json.dumps(record, indent=1).encode() + b"\n", mode=0o600)

    def withdraw(self, sockets: Sequence[Path] = ()) -> None:
        """Clients find nothing any longer; ``sockets`` are removed."""
        self._daemon_file.unlink(missing_ok=True)
        for path in sockets:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Gives the directory up."""
        with contextlib.suppress(OSError):
            os.close(self._lock)
