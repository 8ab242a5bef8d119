"""Executors of ``mx.eia()``: graphs bound on the accelerator."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Collection, Hashable, Mapping
from functools import partial
from typing import Any, TypeAlias

import grpc
import numpy as np
import numpy.typing as npt

from offboard import rules
from offboard.client.connection import Connection, call_seconds, connection, renew
from offboard.client.faults import error_of, is_lost, lacks_blobs
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
from offboard.wire import inference as oip
from offboard.wire.datatype import datatype_of, dtype_of

__all__ = ["open_remote"]

_log = logging.getLogger("offboard")
_PAGE = 4096
# Name, dtype and shape.
_Output: TypeAlias = tuple[str, np.dtype[Any], tuple[int, ...]]


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
        pieces = cut(graph, where.instance, where.cut_after)
        open_piece = partial(open_remote, instance_nodes=len(where.instance))
        return PartitionedBackend(pieces, open_piece, arrays, versions, inputs, settled=settled)


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
        names = [node.name for node in graph.nodes() if not node.is_variable]
        self._report = Report(accelerated_nodes=len(names), nodes=dict.fromkeys(names, "accelerator"))
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
            changed = [n for n in self._constants if versions[n] is None or self._digests[n][0] != versions[n]]
            if changed:
                # What a program writes to is no weight: from now on it is an input, and only it travels.
                self._constants.difference_update(changed)
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
        self, to: Connection, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> None:
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
        reply = self._admitted(to, request, blobs)
        if reply.instance or reply.cut_after:
            raise _InPieces([each.node for each in reply.instance], [each.node for each in reply.cut_after])
        self._finalizer()
        self._connection, self._executor = to, reply.executor
        self._inputs = [spec.name for spec in reply.inputs]
        # Outputs by the shapes of the inputs, as far as they are known: what is known has its place in shared memory.
        bound = tuple(arrays[name].shape for name in self._inputs)
        self._outputs = {bound: [_described(spec) for spec in reply.outputs]}
        self._sized = all(d >= 0 for spec in reply.outputs for d in spec.shape)
        self._sent: dict[str, Hashable | None] = {}
        self._segment: Segment | None = None
        self._shared = to.same_host
        self._finalizer = weakref.finalize(self, _release, to, reply.executor)
        self._finalizer.atexit = False

    def _admitted(self, to: Connection, request: pb.BindRequest, blobs: Mapping[bytes, npt.NDArray[Any]]) -> Any:
        """Binds, with the blobs that the store lacks sent only when the accelerator has room for them."""
        seconds = rules.limit("bind_seconds")
        try:
            return to.call("Bind", request, "binding a graph", seconds)
        except MXNetError as error:
            if not (isinstance(error.__cause__, grpc.RpcError) and lacks_blobs(error.__cause__)):
                raise
        self._report.bytes_sent += send_missing(to, blobs)
        return to.call("Bind", request, "binding a graph", seconds)

    def _infer(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], until: float
    ) -> list[npt.NDArray[Any]]:
        began = time.perf_counter()
        request = oip.ModelInferRequest(model_name=self._executor)
        changed = [
            name
            for name in self._inputs
            if versions[name] is None or name not in self._sent or self._sent[name] != versions[name]
        ]
        key = tuple(arrays[name].shape for name in self._inputs)
        expected = self._outputs.get(key, [])
        layout = self._layout([arrays[name] for name in changed], expected) if self._shared else None
        offset = 0
        for name in changed:
            array = arrays[name]
            tensor = request.inputs.add(name=name, datatype=datatype_of(array.dtype), shape=array.shape)
            if layout is not None:
                layout.put(offset, array)
                _point(tensor.parameters, layout.name, offset, array.nbytes)
                offset += _aligned(array.nbytes)
            else:
                request.raw_input_contents.append(array.tobytes())
        if layout is not None:
            for name, dtype, shape in expected:
                size = _size(dtype, shape)
                if size and offset + size <= layout.size:
                    _point(request.outputs.add(name=name).parameters, layout.name, offset, size)
                    offset += _aligned(size)
                else:
                    request.outputs.add(name=name)
        serialised = time.perf_counter()
        reply = self._connection.infer(request, until)
        answered = time.perf_counter()
        for name in changed:
            self._sent[name] = versions[name]
        if key not in self._outputs:
            self._outputs[key] = [_described(spec) for spec in reply.outputs] if self._sized else []
        outputs = self._unpack(reply, layout)
        self._count(reply, changed, arrays, serialised - began, answered - serialised)
        return outputs

    def _layout(self, arrays: list[npt.NDArray[Any]], expected: list[_Output]) -> Segment | None:
        """A segment that holds the inputs and outputs of this call, if it is worth one."""
        inputs = sum(_aligned(array.nbytes) for array in arrays)
        outputs = sum(_aligned(_size(dtype, shape)) for _, dtype, shape in expected)
        needed = inputs + outputs
        if needed < THRESHOLD:
            return None
        if self._segment is None or self._segment.size < needed:
            self._segment = None
            try:
                self._segment = Segment(self._connection, needed)
            except OSError as error:
                # Containers have little shared memory: the socket does as well.
                _log.info("no shared memory, tensors go through the socket: %s", error)
                self._shared = False
        return self._segment

    def _unpack(self, reply: oip.ModelInferResponse, layout: Segment | None) -> list[npt.NDArray[Any]]:
        raw = iter(reply.raw_output_contents)
        outputs: list[npt.NDArray[Any]] = []
        for tensor in reply.outputs:
            dtype, shape = dtype_of(tensor.datatype), tuple(tensor.shape)
            if layout is not None and "shared_memory_region" in tensor.parameters:
                start = tensor.parameters["shared_memory_offset"].int64_param
                outputs.append(layout.take(start, dtype, shape))
            else:
                outputs.append(np.frombuffer(bytearray(next(raw)), dtype).reshape(shape))
        return outputs

    def _count(
        self,
        reply: oip.ModelInferResponse,
        changed: list[str],
        arrays: Mapping[str, npt.NDArray[Any]],
        serialise: float,
        call: float,
    ) -> None:
        report = self._report
        report.forwards += 1
        report.sent = changed
        report.bytes_sent += sum(arrays[name].nbytes for name in changed)
        queue = reply.parameters["queue_us"].int64_param / 1e6 if "queue_us" in reply.parameters else 0.0
        compute = reply.parameters["compute_us"].int64_param / 1e6 if "compute_us" in reply.parameters else 0.0
        for part, seconds in (
            ("serialise", serialise),
            ("queue", queue),
            ("compute", compute),
            ("network", call - queue - compute),
        ):
            report.seconds[part] = report.seconds.get(part, 0.0) + seconds

    def _recover(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], until: float
    ) -> None:
        while True:
            try:
                self._finalizer.detach()
                self._bind(renew(self._connection, until), arrays, versions)
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


def _described(spec: Any) -> _Output:
    return spec.name, dtype_of(spec.datatype), tuple(spec.shape)


def _size(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    """Bytes of an output, 0 when that depends on the data."""
    return 0 if -1 in shape else int(np.prod(shape, dtype=np.int64)) * dtype.itemsize


def _aligned(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


def _point(parameters: Any, region: str, offset: int, size: int) -> None:
    parameters["shared_memory_region"].string_param = region
    parameters["shared_memory_offset"].int64_param = offset
    parameters["shared_memory_byte_size"].int64_param = size


def _nothing() -> None:
    """What there is to release before the first bind."""


def _release(to: Connection, executor: str) -> None:
    """Tells the worker, without waiting for its answer: the program does not care."""
    if to.pid == os.getpid():
        with contextlib.suppress(Exception):
            to.tell("Release", pb.ReleaseRequest(executor=executor), 10.0)
