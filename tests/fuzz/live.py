"""Mutated graphs sent to a running daemon, as a hostile client would: each is bound, and run if it binds."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import numpy as np

from offboard.client.connection import Connection, renew
from offboard.client.faults import error_of
from offboard.client.state import Endpoint
from offboard.errors import MXNetError
from offboard.graph import symbol_json
from offboard.graph.lists import argument_names, auxiliary_names
from offboard.operators.infer import infer_shapes
from offboard.wire import accelerator as pb
from offboard.wire import inference as oip
from offboard.wire.datatype import datatype_of, dtype_of
from offboard_accelerator import embedded

__all__ = ["LiveDaemon", "live_daemon"]

_SECONDS = 60.0
_FLOAT = np.dtype(np.float32)


class LiveDaemon:
    """A client that sends what it is told; refusals are raised as MXNetError."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._connection = Connection(endpoint)

    def symbol(self, graph: bytes) -> None:
        """Binds symbol JSON with the arguments that it seems to have."""
        self._bind_and_run(pb.MXNET_SYMBOL_JSON, graph, _arguments(graph))

    def onnx(self, graph: bytes) -> None:
        """Binds an ONNX model with an input ``x``."""
        self._bind_and_run(pb.ONNX, graph, {"x": (1, 1, 8, 8)})

    def restarts(self) -> int:
        """How often the daemon's worker was restarted; it answers, however often that is."""
        reply = self._connection.call("Describe", pb.DescribeRequest(), "describing", _SECONDS)
        count: int = reply.accelerators[0].worker_restarts
        return count

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()

    def _bind_and_run(self, kind: int, graph: bytes, shapes: dict[str, tuple[int, ...]]) -> None:
        try:
            reply = self._call("Bind", self._bind_request(kind, graph, shapes))
            if reply.executor:
                try:
                    self._call("ModelInfer", _infer_request(reply))
                finally:
                    self._call("Release", pb.ReleaseRequest(executor=reply.executor))
        except grpc.RpcError as failure:
            if failure.code() is grpc.StatusCode.UNAVAILABLE:
                # The worker died of it: the next one has another session.
                self._connection = renew(self._connection, time.monotonic() + _SECONDS)
            raise error_of(failure, "binding a mutated graph") from failure

    def _bind_request(self, kind: int, graph: bytes, shapes: dict[str, tuple[int, ...]]) -> pb.BindRequest:
        digest = hashlib.sha256(graph).digest()
        chunk = pb.BlobChunk(digest=digest, size=len(graph), data=graph)
        self._connection.methods["PutBlob"](iter([chunk]), timeout=_SECONDS, metadata=self._connection.metadata)
        arguments = [
            pb.Argument(name=name, datatype=datatype_of(_FLOAT), shape=shape) for name, shape in shapes.items()
        ]
        return pb.BindRequest(graph=digest, format=kind, arguments=arguments)

    def _call(self, method: str, request: object) -> object:
        return self._connection.methods[method](request, timeout=_SECONDS, metadata=self._connection.metadata)


@contextmanager
def live_daemon() -> Iterator[LiveDaemon]:
    """A private daemon for the length of the block."""
    with embedded.start("eia1.medium") as daemon:
        made = LiveDaemon(Endpoint(daemon.endpoint, "fuzz", secure=False, ca="", token=""))
        try:
            yield made
        finally:
            made.close()


def _arguments(graph: bytes) -> dict[str, tuple[int, ...]]:
    """Shapes as far as they can be inferred, else something."""
    try:
        parsed = symbol_json.loads(graph)
        names = [*argument_names(parsed), *auxiliary_names(parsed)]
        inferred = infer_shapes(parsed, {"data": (1, 1, 8, 8)})
        found = {**inferred.arguments, **inferred.auxiliary}
    except MXNetError:
        return {"data": (1, 1, 8, 8)}
    return {name: tuple(found.get(name) or (1,)) for name in names}


def _infer_request(reply: pb.BindReply) -> oip.ModelInferRequest:
    request = oip.ModelInferRequest(model_name=reply.executor)
    for spec in reply.inputs:
        shape = [max(d, 1) for d in spec.shape]
        request.inputs.add(name=spec.name, datatype=spec.datatype, shape=shape)
        request.raw_input_contents.append(np.zeros(shape, dtype_of(spec.datatype)).tobytes())
    return request
