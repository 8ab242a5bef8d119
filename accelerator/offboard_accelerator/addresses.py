"""Addresses that stay a worker's while workers come and go."""

import hashlib
import os
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from offboard_accelerator.settings import split_address

__all__ = ["AddressInUse", "Reservation", "listen_at", "reserve", "socket_directory"]

SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket, without the final zero (unix(7))."""

BACKLOG = 128

LONGEST_SOCKET_NAME = "/worker-63.sock"


class AddressInUse(OSError):
    """Another program listens there, or the address is not this machine's."""


@dataclass
class Reservation:
    """A port that this process holds bound without listening on it.

    Its workers bind the same port (SO_REUSEPORT) and listen. A bound socket that does not listen gets no connection,
    and it keeps the port from everybody else between two workers.
    """

    host: str
    """Numeric."""
    port: int
    _socket: socket.socket

    @property
    def address(self) -> str:
        """``HOST:PORT``, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def advertised(self, name: str) -> str:
        """The address that clients are told: ``name`` if given, else this host's name where it is a wildcard."""
        if not name and self.host not in ("0.0.0.0", "::"):
            return self.address
        name = name or socket.gethostname()
        return f"[{name}]:{self.port}" if ":" in name and not name.startswith("[") else f"{name}:{self.port}"

    def close(self) -> None:
        """Gives the port up."""
        self._socket.close()


def reserve(address: str) -> Reservation:
    """Reserves ``HOST:PORT``; port 0 picks a free one.

    Raises:
        AddressInUse: somebody else has it.
    """
    host, port = split_address(address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # A name of both families (localhost) is IPv4 here: one address can be told to clients, and all can use it.
        family, _, _, _, where = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        if port:
            _check_free(family, where)
        held = socket.socket(family, socket.SOCK_STREAM)
        try:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind(where)
        except OSError:
            held.close()
            raise
    except OSError as error:
        raise AddressInUse(error.errno, f"cannot listen on {address}: {error.strerror or error}") from error
    name = held.getsockname()
    return Reservation(str(name[0]), int(name[1]), held)


def listen_at(address: str) -> socket.socket:
    """Listens at an address that the supervisor holds reserved; callers wait in line until they are accepted."""
    host, port = split_address(address)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def _check_free(family: int, where: tuple[object, ...]) -> None:
    # With SO_REUSEPORT a second daemon of the same user could bind the same port, and each would get half of the
    # connections. Without it the bind fails; SO_REUSEADDR lets it pass connections that merely linger.
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(where)


def socket_directory(data_dir: Path) -> Path:
    """Where the Unix sockets of the daemon of ``data_dir`` lie: there, or in a directory with a path short enough.

    Only this user may enter it: that is what guards a Unix socket.
    """
    if len(os.fsencode(str(data_dir) + LONGEST_SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        return data_dir
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:8]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and len(runtime) < 60 and os.access(runtime, os.W_OK):
        short = Path(runtime) / f"offboard-{digest}"
    else:
        short = Path("/tmp") / f"offboard-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    status = short.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        # Somebody else made it first, in a directory that everybody writes to.
        return Path(tempfile.mkdtemp(prefix="offboard-", dir="/tmp"))
    return short
