"""This process's connection to its accelerator: attached once, leased by a stream, made anew after a fork."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from offboard import rules
from offboard.client import state
from offboard.client.failure import InferenceFailure
from offboard.client.faults import detail_of, error_of
from offboard.client.stream import Streams
from offboard.errors import AcceleratorUnavailableError, AssociationError, NoAcceleratorError
from offboard.operators import table
from offboard.version import __version__
from offboard.wire import accelerator as pb
from offboard.wire import inference as oip
from offboard.wire.names import SESSION_HEADER
from offboard.wire.pool import ACCELERATOR, INFERENCE, METHODS

__all__ = ["PROTOCOL", "Connection", "bind_seconds", "call_seconds", "close", "connection", "open_channel", "renew"]

PROTOCOL = (1, 0)
_ATTACH_SECONDS = 10.0
# What an attempt is given even at the end of a deadline.
_LEAST_SECONDS = 0.1
_LOCK = threading.RLock()
_CURRENT: list[Connection | None] = [None]
_ANNOUNCED: list[bool] = [False]


def call_seconds() -> float:
    """The deadline of one inference: ``OFFBOARD_CALL_SECONDS``, or the limit's default."""
    return float(os.environ.get("OFFBOARD_CALL_SECONDS") or rules.limit("call_seconds"))


def bind_seconds() -> float:
    """The deadline of one bind, uploads included: ``OFFBOARD_BIND_SECONDS``, or the limit's default."""
    return float(os.environ.get("OFFBOARD_BIND_SECONDS") or rules.limit("bind_seconds"))


def open_channel(endpoint: state.Endpoint, target: str) -> Any:
    """A channel of its own to a target of ``endpoint``: TLS where the endpoint says so, but not on a Unix socket."""
    limit = rules.limit("message_bytes")
    options = [
        ("grpc.max_receive_message_length", limit),
        ("grpc.max_send_message_length", limit),
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.min_reconnect_backoff_ms", 50),
        ("grpc.max_reconnect_backoff_ms", 500),
        # None is shared behind our back: a new attempt is a new connection.
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if endpoint.secure and not target.startswith("unix:"):
        roots = None
        if endpoint.ca:
            with open(endpoint.ca, "rb") as file:
                roots = file.read()
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options)
    return grpc.insecure_channel(target, options)


class Connection:
    """A channel to the worker, the session leased on it, and the methods of its services."""

    def __init__(self, endpoint: state.Endpoint, seconds: float = _ATTACH_SECONDS) -> None:
        """Attaches, and opens a session; each may take so many seconds."""
        self.endpoint = endpoint
        self._attach_seconds = seconds
        self._identity: list[tuple[str, str]] = []
        if endpoint.token:
            self._identity.append(("authorization", f"Bearer {endpoint.token}"))
        self.pid = os.getpid()
        front = open_channel(endpoint, endpoint.target)
        reply, self._secret, self._instance = self._attach(front)
        self.accelerator = reply.accelerator
        target = self._worker_target(reply.endpoints)
        self.same_host = target.startswith("unix:")
        if target != endpoint.target:
            front.close()
            front = open_channel(endpoint, target)
        self.channel = front
        self.session = ""
        self.generation = ""
        self.lease_seconds = float(rules.limit("lease_seconds"))
        self._requests: queue.SimpleQueue[pb.LeaseRequest | None] = queue.SimpleQueue()
        self._closed = False
        self._told: set[Any] = set()
        self.methods = {
            name: method.stub(front)
            for service in (ACCELERATOR, INFERENCE)
            for name, method in METHODS[service].items()
        }
        lane = reply.endpoints.lane.removeprefix("unix:") if self.same_host else ""
        self.streams = Streams(self.methods["ModelStreamInfer"], lane if os.access(lane, os.W_OK) else "")
        self._lease()
        self._announce()

    @property
    def metadata(self) -> list[tuple[str, str]]:
        """What every call carries."""
        return [*self._identity, (SESSION_HEADER, self.session)]

    def call(self, method: str, request: Any, doing: str, seconds: float) -> Any:
        """One call; what the daemon refuses is raised as an error of Offboard."""
        try:
            self._check_open()
            return self.methods[method](request, timeout=seconds, metadata=self.metadata)
        except grpc.RpcError as failure:
            raise error_of(failure, doing) from failure

    def tell(self, method: str, request: Any, seconds: float) -> None:
        """A call whose answer nobody waits for."""
        stub: Any = self.methods[method]
        future = stub.future(request, timeout=seconds, metadata=self.metadata)
        # gRPC cancels a call that nobody holds.
        self._told.add(future)
        future.add_done_callback(self._told.discard)

    def infer(self, request: oip.ModelInferRequest, until: float) -> oip.ModelInferResponse:
        """One inference, answered until ``until`` (monotonic seconds); raises grpc.RpcError."""
        self._check_open()
        with self.streams.one(self.session, lambda: self.metadata, until) as stream:
            if stream is not None:
                return stream.infer(request, until)
        method: Callable[..., oip.ModelInferResponse] = self.methods["ModelInfer"]
        return method(request, timeout=max(until - time.monotonic(), 0.001), metadata=self.metadata)

    def close(self) -> None:
        """Ends the session, and with it everything it owns on the accelerator."""
        if self._closed or self.pid != os.getpid():
            return
        self._closed = True
        self.streams.close()
        self._requests.put(pb.LeaseRequest(session=self.session, end=True))
        self._requests.put(None)
        self._lease_thread.join(2.0)
        self.channel.close()

    def abandon(self) -> None:
        """Closes the channel; the session lapses by itself."""
        self._closed = True
        self.streams.close()
        self._requests.put(None)
        self.channel.close()

    def _check_open(self) -> None:
        """Raises grpc.RpcError where gRPC would raise a ValueError: a new connection may do better."""
        if self._closed:
            raise InferenceFailure(grpc.StatusCode.UNAVAILABLE, "the connection was closed")

    def _attach(self, channel: Any) -> tuple[pb.AttachReply, bytes, str]:
        method = METHODS[ACCELERATOR]["Attach"].stub(channel)
        instance = state.instance_id()
        target = self.endpoint.target
        version = pb.Version(major=PROTOCOL[0], minor=PROTOCOL[1], release=__version__, operator_table=table.digest())
        with state.attach_lock():
            secret = state.find_secret(instance, endpoint=target)
            for attempt in range(2):
                request = pb.AttachRequest(instance=instance, secret=secret, client=version)
                try:
                    reply = method(request, timeout=self._attach_seconds, metadata=self._identity)
                    break
                except grpc.RpcError as failure:
                    error = error_of(failure, "attaching")
                    detail = detail_of(failure)
                    other = b""
                    if isinstance(error, AssociationError) and detail is not None and attempt == 0:
                        other = state.find_secret(instance, accelerator=detail.accelerator)
                    if other and other != secret:
                        secret = other
                        continue
                    if isinstance(error, (AcceleratorUnavailableError, NoAcceleratorError)):
                        reason = f"Nothing answers at {target} ({self.endpoint.source})"
                        raise NoAcceleratorError(rules.text("no_accelerator", reason=reason)) from failure
                    raise error from failure
            secret = reply.secret or secret
            state.store_secret(
                instance,
                secret,
                accelerator=reply.accelerator.id,
                association=reply.association.id,
                endpoint=target,
            )
        return reply, secret, instance

    def _worker_target(self, endpoints: pb.Endpoints) -> str:
        """The worker's Unix socket where it can be opened from here, else its address."""
        path = endpoints.unix_socket.removeprefix("unix:")
        if path and os.access(path, os.R_OK | os.W_OK):
            return endpoints.unix_socket
        return self.endpoint.target if self.endpoint.target.startswith("unix:") else endpoints.grpc

    def _lease(self) -> None:
        opened: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lease_thread = threading.Thread(target=self._renew, args=(opened,), name="offboard-lease", daemon=True)
        self._lease_thread.start()
        try:
            first = opened.get(timeout=self._attach_seconds)
        except queue.Empty:
            raise AcceleratorUnavailableError("The accelerator did not open a session in time") from None
        if isinstance(first, Exception):
            raise first

    def _renew(self, opened: queue.SimpleQueue[Any]) -> None:
        """Keeps the lease stream open, and opens it again when it breaks."""
        stub = self.methods["Lease"]
        deadline = time.monotonic() + self._attach_seconds
        while not self._closed:
            try:
                for reply in stub(self._lease_requests(), metadata=self._identity):
                    first = self.session == ""
                    self.session, self.generation = reply.session, reply.worker_generation
                    self.lease_seconds = float(reply.lease_seconds)
                    if first:
                        opened.put(reply)
                        # The next was to be sent by the default lease; this daemon's may be shorter.
                        self._requests.put(pb.LeaseRequest(session=self.session))
                    deadline = time.monotonic() + reply.lease_seconds
            except grpc.RpcError as failure:
                if self.session == "":
                    opened.put(error_of(failure, "opening a session"))
                    return
                if self._closed or time.monotonic() > deadline:
                    return
                time.sleep(0.1)
            except ValueError:
                # The channel was closed under the stream.
                return

    def _lease_requests(self) -> Iterator[pb.LeaseRequest]:
        program = os.path.basename(sys.argv[0]) if sys.argv else ""
        yield pb.LeaseRequest(
            instance=self._instance,
            secret=self._secret,
            session=self.session,
            process=self.pid,
            program=program,
        )
        while True:
            try:
                request = self._requests.get(timeout=self.lease_seconds / 3)
            except queue.Empty:
                yield pb.LeaseRequest(session=self.session)
                continue
            if request is None:
                return
            yield request

    def _announce(self) -> None:
        if not _ANNOUNCED[0]:
            _ANNOUNCED[0] = True
            text = rules.text(
                "first_use",
                version=__version__,
                accelerator=self.accelerator.id,
                type=self.accelerator.type.name,
            )
            print(text, file=sys.stderr)


def connection() -> Connection:
    """This process's connection, attached at first use."""
    with _LOCK:
        found = _CURRENT[0]
        if found is None:
            found = _CURRENT[0] = Connection(state.resolve_endpoint())
        return found


def renew(old: Connection, until: float) -> Connection:
    """A new connection in place of a broken one, tried until ``until`` (monotonic seconds)."""
    with _LOCK:
        if _CURRENT[0] is not old and _CURRENT[0] is not None:
            return _CURRENT[0]
        old.abandon()
        _CURRENT[0] = None
        while True:
            try:
                seconds = min(max(until - time.monotonic(), _LEAST_SECONDS), _ATTACH_SECONDS)
                made = _CURRENT[0] = Connection(state.resolve_endpoint(), seconds)
                return made
            except (NoAcceleratorError, AcceleratorUnavailableError):
                if time.monotonic() + 0.1 > until:
                    raise
                time.sleep(0.1)


def _forget() -> None:
    """A child of a fork has none of its parent's threads and sockets: it connects anew."""
    global _LOCK
    _LOCK = threading.RLock()
    _CURRENT[0] = None


def close() -> None:
    """Ends this process's session, if there is one."""
    with _LOCK:
        found, _CURRENT[0] = _CURRENT[0], None
    if found is not None:
        with contextlib.suppress(Exception):
            found.close()


def at_exit(register: Callable[[Callable[[], None]], Any]) -> None:
    """Ends the session with the process."""
    register(close)


os.register_at_fork(after_in_child=_forget)
# Before the thread machinery is torn down, which atexit is too late for.
at_exit(threading._register_atexit)  # type: ignore[attr-defined]
