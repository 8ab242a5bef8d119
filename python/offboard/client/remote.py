"""Executors of ``mx.eia()``: graphs bound on the accelerator."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
import time
import weakref
from collections.abc import Collection, Hashable, Mapping
from functools import partial
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt

from offboard.client.connection import Connection, bind_seconds, call_seconds, connection, renew
from offboard.client.faults import error_of, is_lost, lacks_blobs
from offboard.client.request import Request, output_of, room_needed
from offboard.client.shared_memory import THRESHOLD, Segment
from offboard.client.upload import digest_of, send_missing
from offboard.errors import AcceleratorUnavailableError, MXNetError
from offboard.graph import symbol_json
from offboard.graph.node import Graph
from offboard.runtime.backend import Backend, Report
from offboard.runtime.constants import choose
from offboard.runtime.partition import cut
from offboard.runtime.partitioned import PartitionedBackend
from offboard.wire import accelerator as pb
from offboard.wire.datatype import datatype_of

__all__ = ["open_remote"]

_log = logging.getLogger("offboard")
# Requests, and what is known of outputs, that are kept for one executor, by what travels and its shapes.
_REQUESTS = 64


class _InPieces(Exception):
    """The worker's answer to a graph that it does not run as a whole: the nodes where it is cut, by index."""

    def __init__(self, instance: list[int], cut_after: list[int]) -> None:
        super().__init__(instance, cut_after)
        self.instance, self.cut_after = instance, cut_after


def open_remote(
    graph: Graph,
    arrays: Mapping[str, npt.NDArray[Any]],
    versions: Mapping[str, Hashable | None],
    inputs: Collection[str],
    *,
    settled: bool = True,
    instance_nodes: int = 0,
) -> Backend:
    """Binds a graph on the accelerator, in pieces where the worker says so."""
    try:
        return RemoteBackend(graph, arrays, versions, inputs, settled=settled, instance_nodes=instance_nodes)
    except _InPieces as where:
        pieces = cut(graph, where.instance, where.cut_after, arrays)
        open_piece = partial(open_remote, instance_nodes=len(where.instance))
        return PartitionedBackend(pieces, open_piece, arrays, versions, inputs, settled=settled, place="accelerator")


class RemoteBackend:
    """One graph on the accelerator, and what of its arrays the accelerator has.

    Replaying is safe: after a lost connection or a restarted worker the graph is bound again from the program's own
    arrays, within the call's deadline, and at most once after a worker's death.
    """

    def __init__(
        self,
        graph: Graph,
        arrays: Mapping[str, npt.NDArray[Any]],
        versions: Mapping[str, Hashable | None],
        inputs: Collection[str],
        *,
        settled: bool = True,
        instance_nodes: int = 0,
    ) -> None:
        """Binds. Unless ``settled`` the arrays are yet to be filled: weights travel with the first forward."""
        self._graph = np.frombuffer(symbol_json.dumps(graph).encode(), np.uint8)
        weights = {name for name in choose(graph, arrays, inputs) if versions[name] is not None}
        self._constants = weights if settled else set()
        self._unsettled = set() if settled else weights
        self._digests: dict[str, tuple[Hashable | None, bytes]] = {}
        self._report = Report.of([node.name for node in graph.nodes() if not node.is_variable], "accelerator")
        self._instance_nodes = instance_nodes
        self._lock = threading.RLock()
        self._publish_as = ""
        self._pid = os.getpid()
        self._finalizer: weakref.finalize[..., RemoteBackend] = weakref.finalize(self, _nothing)
        self._bind(connection(), arrays, versions)

    def forward(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], *, is_train: bool
    ) -> list[npt.NDArray[Any]]:
        """Sends what changed since the last forward and returns the outputs."""
        with self._lock:
            until = time.monotonic() + call_seconds()
            if self._pid != os.getpid():
                self._after_fork(arrays, versions)
            self._settle(arrays, versions)
            if [versions[name] for name in self._bound] != self._bound_versions:
                # What a program writes to is no weight: from now on it is an input, and only it travels.
                self._constants.difference_update(n for n in self._bound if self._digests[n][0] != versions[n])
                self._bind(self._connection, arrays, versions)
            replayed = False
            while True:
                try:
                    return self._infer(arrays, versions, until)
                except grpc.RpcError as failure:
                    error = error_of(failure, "running a forward")
                    if not is_lost(failure) or replayed or time.monotonic() >= until:
                        raise error from failure
                    replayed = True
                    _log.warning("The accelerator was lost during a forward; binding again and replaying: %s", error)
                    self._recover(arrays, versions, until)

    def publish(
        self, name: str, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> None:
        """Gives the executor a name under which any Open Inference Protocol client may infer."""
        with self._lock:
            self._settle(arrays, versions)
            self._publish_as = name
            self._bind(self._connection, arrays, versions)

    def report(self) -> Report:
        """Everything ran on the accelerator."""
        return self._report

    def close(self) -> None:
        """Releases the executor."""
        self._finalizer()

    def _settle(self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]) -> None:
        """Binds for good once the program has filled the arrays: what it filled are weights, not inputs."""
        if self._unsettled:
            self._constants, self._unsettled = {n for n in self._unsettled if versions[n] is not None}, set()
            # First, so that memory for both is never asked for.
            self._finalizer()
            self._bind(self._connection, arrays, versions)

    def _bind(
        self,
        to: Connection,
        arrays: Mapping[str, npt.NDArray[Any]],
        versions: Mapping[str, Hashable | None],
        until: float = math.inf,
    ) -> None:
        """Binds, until ``until`` (monotonic seconds) or the bind's own deadline."""
        for name in self._constants:
            if name not in self._digests or self._digests[name][0] != versions[name]:
                self._digests[name] = (versions[name], digest_of(arrays[name]))
        digest = digest_of(self._graph)
        blobs = {self._digests[name][1]: arrays[name] for name in self._constants}
        blobs[digest] = self._graph
        arguments = [
            pb.Argument(
                name=name,
                datatype=datatype_of(array.dtype),
                shape=array.shape,
                digest=self._digests[name][1] if name in self._constants else b"",
            )
            for name, array in arrays.items()
        ]
        request = pb.BindRequest(
            graph=digest,
            format=pb.MXNET_SYMBOL_JSON,
            arguments=arguments,
            publish_as=self._publish_as,
            instance_nodes=self._instance_nodes,
        )
        reply = self._admitted(to, request, blobs, min(until, time.monotonic() + bind_seconds()))
        if reply.instance or reply.cut_after:
            raise _InPieces([each.node for each in reply.instance], [each.node for each in reply.cut_after])
        self._finalizer()
        self._connection, self._executor = to, reply.executor
        self._bound = list(self._constants)
        self._bound_versions = [versions[name] for name in self._bound]
        self._inputs = [spec.name for spec in reply.inputs]
        # Outputs by the shapes of the inputs, as far as they are known: what is known has its place in shared memory.
        bound = tuple(arrays[name].shape for name in self._inputs)
        self._outputs = {bound: [output_of(spec) for spec in reply.outputs]}
        self._sized = all(d >= 0 for spec in reply.outputs for d in spec.shape)
        self._sent: dict[str, Hashable | None] = {}
        self._segment: Segment | None = None
        self._requests: dict[Hashable, Request] = {}
        self._shared = to.same_host
        self._finalizer = weakref.finalize(self, _release, to, reply.executor)
        self._finalizer.atexit = False

    def _admitted(
        self, to: Connection, request: pb.BindRequest, blobs: Mapping[bytes, npt.NDArray[Any]], until: float
    ) -> Any:
        """Binds, with the blobs that the store lacks sent only when the accelerator has room for them."""
        try:
            return to.call("Bind", request, "binding a graph", _left(until))
        except MXNetError as error:
            if not (isinstance(error.__cause__, grpc.RpcError) and lacks_blobs(error.__cause__)):
                raise
        self._report.bytes_sent += send_missing(to, blobs, lambda: _left(until))
        return to.call("Bind", request, "binding a graph", _left(until))

    def _infer(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], until: float
    ) -> list[npt.NDArray[Any]]:
        began = time.perf_counter()
        sent = self._sent
        changed = [n for n in self._inputs if versions[n] is None or n not in sent or sent[n] != versions[n]]
        shapes = tuple(arrays[name].shape for name in self._inputs)
        request = self._requests.get((tuple(changed), shapes))
        if request is None:
            request = self._new_request(changed, shapes, arrays)
        message = request.fill(arrays)
        serialised = time.perf_counter()
        reply = self._connection.infer(message, until)
        answered = time.perf_counter()
        for name in changed:
            sent[name] = versions[name]
        if shapes not in self._outputs and self._sized:
            if len(self._outputs) >= _REQUESTS:
                self._outputs.clear()
            self._outputs[shapes] = [output_of(spec) for spec in reply.outputs]
            # From now on the outputs have a place, too.
            self._requests.clear()
        outputs = request.unpack(reply)
        self._report.sent = changed
        self._report.bytes_sent += request.nbytes
        self._count(reply.parameters, serialised - began, answered - serialised)
        return outputs

    def _new_request(
        self, changed: list[str], shapes: tuple[tuple[int, ...], ...], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> Request:
        outputs = self._outputs.get(shapes, [])
        inputs = {name: arrays[name] for name in changed}
        needed = room_needed(list(inputs.values()), outputs)
        segment = self._room(needed) if self._shared and needed >= THRESHOLD else None
        if len(self._requests) >= _REQUESTS:
            self._requests.clear()
        made = self._requests[tuple(changed), shapes] = Request(self._executor, inputs, outputs, segment)
        return made

    def _room(self, needed: int) -> Segment | None:
        """The segment, of at least so many bytes; None where there is no shared memory for it."""
        if self._segment is None or self._segment.size < needed:
            # Requests hold on to the one that they point to.
            self._segment = None
            self._requests.clear()
            try:
                self._segment = Segment(self._connection, needed)
            except OSError as error:
                # Containers have little shared memory: the socket does as well.
                _log.info("no shared memory, tensors go through the socket: %s", error)
                self._shared = False
        return self._segment

    def _count(self, told: Any, serialise: float, call: float) -> None:
        self._report.forwards += 1
        queue = told["queue_us"].int64_param / 1e6 if "queue_us" in told else 0.0
        compute = told["compute_us"].int64_param / 1e6 if "compute_us" in told else 0.0
        seconds = self._report.seconds
        for part, spent in (
            ("serialise", serialise),
            ("queue", queue),
            ("compute", compute),
            ("network", call - queue - compute),
        ):
            seconds[part] = seconds.get(part, 0.0) + spent

    def _recover(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], until: float
    ) -> None:
        while True:
            try:
                self._finalizer.detach()
                self._bind(renew(self._connection, until), arrays, versions, until)
                return
            except (AcceleratorUnavailableError, MXNetError) as error:
                cause = error.__cause__
                lost = isinstance(cause, grpc.RpcError) and is_lost(cause)
                if not lost or time.monotonic() + 0.1 > until:
                    raise
                time.sleep(0.1)

    def _after_fork(self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]) -> None:
        """The child binds for itself; the parent's executor stays the parent's."""
        self._pid = os.getpid()
        self._finalizer.detach()
        self._bind(connection(), arrays, versions)


def _left(until: float) -> float:
    return max(until - time.monotonic(), 0.001)


def _nothing() -> None:
    """What there is to release before the first bind."""


def _release(to: Connection, executor: str) -> None:
    """Tells the worker, without waiting for its answer: the program does not care."""
    if to.pid == os.getpid():
        with contextlib.suppress(Exception):
            to.tell("Release", pb.ReleaseRequest(executor=executor), 10.0)
