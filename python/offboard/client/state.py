"""What an instance keeps on disk, and how it finds its daemon.

The files are shared with the JVM client; ``docs/state-files.md`` is their specification::

    HOME/instance-id                            "i-" and 17 hexadecimal digits
    HOME/attach.lock                            locked around a first attach
    HOME/secrets/<instance>/<accelerator>.json  what Attach returned, mode 0600
    <data dir>/daemon.json                      written by a running daemon; the data dir defaults to HOME/daemon

Every file appears complete or not at all. Standard library only: a program imports this before anything else.
"""

import contextlib
import fcntl
import ipaddress
import json
import os
import re
import secrets
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offboard import rules
from offboard.errors import NoAcceleratorError

__all__ = [
    "DAEMON_FILE",
    "Daemon",
    "DaemonAccelerator",
    "Endpoint",
    "attach_lock",
    "data_directory",
    "find_daemon",
    "find_secret",
    "home",
    "instance_id",
    "is_loopback",
    "read_daemon",
    "resolve_endpoint",
    "store_secret",
    "write_file",
]

DAEMON_FILE = "daemon.json"
FORMAT = 1

INSTANCE_PATTERN = re.compile(r"i-[0-9a-f]{17}")
ACCELERATOR_PATTERN = re.compile(r"eia-[0-9a-f]{32}")


@dataclass(frozen=True)
class DaemonAccelerator:
    """One accelerator of a running daemon and where its worker answers; an empty text is not offered."""

    id: str
    type: str
    grpc: str
    unix_socket: str
    http: str


@dataclass(frozen=True)
class Daemon:
    """The content of ``daemon.json``."""

    pid: int
    version: str
    grpc: str
    unix_socket: str
    http: str
    tls: bool
    token_file: str
    accelerators: tuple[DaemonAccelerator, ...]


@dataclass(frozen=True)
class Endpoint:
    """Where to attach: a gRPC target, and what the connection must carry."""

    target: str
    """``host:port`` or ``unix:PATH``."""
    source: str
    """What said so, for error messages: the variable's name or the daemon file's path."""
    secure: bool
    """Whether the connection is TLS: always beyond this host, on it when a CA is given."""
    ca: str
    """Path of the PEM file of trusted certificates; empty: the system's."""
    token: str
    """Bearer token; empty: none."""


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """The state directory: ``OFFBOARD_HOME``, or ``offboard`` below the user's data directory."""
    if given := environ.get("OFFBOARD_HOME"):
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "offboard"
    base = environ.get("XDG_DATA_HOME", "")
    # The XDG specification says to ignore a relative path.
    return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share") / "offboard"


def data_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """The data directory of this host's daemon: ``OFFBOARD_DATA_DIR``, or ``daemon`` below :func:`home`."""
    given = environ.get("OFFBOARD_DATA_DIR")
    return Path(given) if given else home(environ) / "daemon"


def instance_id(environ: Mapping[str, str] = os.environ) -> str:
    """The id of this instance, made at first use; ``OFFBOARD_INSTANCE_ID`` overrides it.

    Raises:
        ValueError: the variable or the file does not hold an instance id.
    """
    if given := environ.get("OFFBOARD_INSTANCE_ID"):
        return _checked_instance(given, "OFFBOARD_INSTANCE_ID")
    path = home(environ) / "instance-id"
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        _private_directory(path.parent)
        # Of several processes that get here at once one wins, and all read what it wrote.
        with contextlib.suppress(FileExistsError):
            write_file(path, f"i-{secrets.token_hex(9)[:17]}\n".encode(), replace=False)
        text = path.read_text("ascii")
    return _checked_instance(text.strip(), str(path))


def find_secret(
    instance: str, *, accelerator: str = "", endpoint: str = "", environ: Mapping[str, str] = os.environ
) -> bytes:
    """The secret that ``instance`` shows to ``accelerator``, or to the last accelerator met at ``endpoint``.

    Empty when there is none: then the attach is a first one. A client that knows only the endpoint and is refused
    retries once with the secret of the accelerator that the refusal names.
    """
    directory = _secrets_directory(instance, environ)
    if accelerator:
        if not ACCELERATOR_PATTERN.fullmatch(accelerator):
            return b""
        record = _read_json(directory / f"{accelerator}.json")
        return _secret_of(record)
    found: list[tuple[float, bytes]] = []
    for path in directory.glob("eia-*.json"):
        record = _read_json(path)
        if record is not None and endpoint in record.get("endpoints", ()):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime, _secret_of(record)))
    return max(found, default=(0.0, b""))[1]


def store_secret(
    instance: str,
    secret: bytes,
    *,
    accelerator: str,
    association: str,
    endpoint: str,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Keeps what a first Attach returned, readable by this user only.

    Call it again with the same secret to add another ``endpoint`` under which the accelerator was met.
    """
    _checked_instance(instance, "instance")
    if not ACCELERATOR_PATTERN.fullmatch(accelerator):
        raise ValueError(f"not an accelerator id: {accelerator!r}")
    path = _secrets_directory(instance, environ) / f"{accelerator}.json"
    _private_directory(path.parent)
    former = _read_json(path)
    endpoints = former.get("endpoints", []) if former and _secret_of(former) == secret else []
    record = {
        "format": FORMAT,
        "instance": instance,
        "accelerator": accelerator,
        "association": association,
        "endpoints": [*(known for known in endpoints if known != endpoint), endpoint],
        "secret": secret.hex(),
    }
    write_file(path, json.dumps(record, indent=1).encode() + b"\n", mode=0o600)


_thread_lock = threading.Lock()


def _forget_lock() -> None:
    """A child must not inherit a lock that a thread of its parent holds."""
    global _thread_lock
    _thread_lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_lock)


@contextlib.contextmanager
def attach_lock(environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Held from reading a secret until storing the attach's answer, so that first attaches of two processes queue.

    A POSIX record lock, which is what Java's ``FileChannel.lock`` takes too.
    """
    directory = _private_directory(home(environ))
    with _thread_lock:
        descriptor = os.open(directory / "attach.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def find_daemon(environ: Mapping[str, str] = os.environ) -> Daemon | None:
    """The daemon of this host's data directory as its ``daemon.json`` says, or None."""
    return read_daemon(data_directory(environ) / DAEMON_FILE)


def read_daemon(path: Path) -> Daemon | None:
    """Reads a ``daemon.json``; None when it is absent or of another format."""
    record = _read_json(path)
    if record is None or record.get("format") != FORMAT:
        return None
    try:
        accelerators = tuple(
            DaemonAccelerator(**{field: str(entry[field]) for field in ("id", "type", "grpc", "unix_socket", "http")})
            for entry in record["accelerators"]
        )
        return Daemon(
            pid=int(record["pid"]),
            version=str(record["version"]),
            grpc=str(record["grpc"]),
            unix_socket=str(record["unix_socket"]),
            http=str(record["http"]),
            tls=bool(record["tls"]),
            token_file=str(record["token_file"]),
            accelerators=accelerators,
        )
    except (KeyError, TypeError, ValueError):
        return None


def resolve_endpoint(environ: Mapping[str, str] = os.environ) -> Endpoint:
    """Where this process attaches: ``OFFBOARD_ENDPOINT``, or the daemon of this host's data directory.

    ``OFFBOARD_ENDPOINT=embedded`` starts a private daemon that lives as long as this process and rewrites the
    variable to its address, so that child processes share it.

    Raises:
        NoAcceleratorError: nothing is configured and no daemon runs here, or the variable cannot be understood.
    """
    given = environ.get("OFFBOARD_ENDPOINT", "").strip()
    if given == "embedded":
        given = _start_embedded()
    if given:
        return _given_endpoint(given, environ)
    path = data_directory(environ) / DAEMON_FILE
    daemon = read_daemon(path)
    if daemon is None:
        raise _no_accelerator(f"No daemon runs on this host ({path} does not exist or is not readable)")
    socket_path = daemon.unix_socket.removeprefix("unix:")
    local = daemon.unix_socket if socket_path and os.path.exists(socket_path) else daemon.grpc
    token = environ.get("OFFBOARD_TOKEN", "") or _read_token(daemon.token_file)
    ca = environ.get("OFFBOARD_CA", "")
    return Endpoint(local, str(path), secure=daemon.tls and not local.startswith("unix:"), ca=ca, token=token)


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address, IPv6 in brackets or not) is this host's loopback."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def write_file(path: Path, content: bytes, *, mode: int = 0o600, replace: bool = True) -> None:
    """Makes ``path`` appear with its whole content at once.

    Raises:
        FileExistsError: ``replace`` is false and the file is there already.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _given_endpoint(given: str, environ: Mapping[str, str]) -> Endpoint:
    """Reads ``OFFBOARD_ENDPOINT``."""
    ca = environ.get("OFFBOARD_CA", "")
    token = environ.get("OFFBOARD_TOKEN", "")
    source = "OFFBOARD_ENDPOINT"
    if given.startswith("unix:") and len(given) > len("unix:"):
        return Endpoint(given, source, secure=False, ca=ca, token=token)
    host, separator, port = given.rpartition(":")
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise _no_accelerator(f"OFFBOARD_ENDPOINT is {given!r}: write host:port, unix:PATH or embedded")
    # A daemon offers nothing but TLS beyond loopback, and a token must never travel in the clear.
    return Endpoint(given, source, secure=bool(ca) or not is_loopback(host), ca=ca, token=token)


def _start_embedded() -> str:
    """Starts the process's private daemon, once, and returns its address."""
    try:
        from offboard_accelerator import embedded
    except ImportError as error:
        raise _no_accelerator(
            f"OFFBOARD_ENDPOINT is embedded, and this Python cannot run a daemon ({error}): "
            "pip install 'offboard[accelerator]'"
        ) from error
    endpoint: str = embedded.process_daemon().endpoint
    return endpoint


def _no_accelerator(reason: str) -> NoAcceleratorError:
    return NoAcceleratorError(rules.text("no_accelerator", reason=reason))


def _checked_instance(text: str, source: str) -> str:
    if not INSTANCE_PATTERN.fullmatch(text):
        raise ValueError(f"{source} holds {text!r}: an instance id is 'i-' and 17 hexadecimal digits")
    return text


def _secrets_directory(instance: str, environ: Mapping[str, str]) -> Path:
    return home(environ) / "secrets" / instance


def _private_directory(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _secret_of(record: Mapping[str, Any] | None) -> bytes:
    try:
        return bytes.fromhex(record["secret"]) if record else b""
    except (KeyError, TypeError, ValueError):
        return b""


def _read_token(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError:
        return ""
