"""Inference on streams that stay open: a forward costs two messages instead of a call.

A stream answers in order and is used by one thread at a time; a connection keeps a few, and a call is made where all
are in use. What a call would raise is raised here too.
"""

from __future__ import annotations

import base64
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from offboard.wire import inference as oip
from offboard.wire.names import ERROR_TRAILER, STREAM_ERROR

__all__ = ["StreamFailure", "Streams"]

_KEPT = 4
_WATCH_SECONDS = 0.05


class StreamFailure(grpc.RpcError):  # type: ignore[misc]  # grpc has no types
    """A failure that a stream told, as gRPC would have told a call's."""

    def __init__(self, code: Any, details: str, detail: bytes = b"") -> None:
        super().__init__(details)
        self._code, self._details, self._detail = code, details, detail

    def code(self) -> Any:
        """The status."""
        return self._code

    def details(self) -> str:
        """The status' text."""
        return self._details

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        """The daemon's own words, if there are any."""
        return ((ERROR_TRAILER, self._detail),) if self._detail else ()


class _Stream:
    def __init__(self, method: Any, metadata: Any) -> None:
        self._requests: queue.SimpleQueue[oip.ModelInferRequest | None] = queue.SimpleQueue()
        self._replies = method(iter(self._requests.get, None), metadata=metadata)
        # Monotonic seconds; infinite while nothing is asked.
        self.deadline = float("inf")
        self.late = False

    def infer(self, request: oip.ModelInferRequest, until: float) -> oip.ModelInferResponse:
        self.deadline = until
        self._requests.put(request)
        try:
            reply: oip.ModelStreamInferResponse = next(self._replies)
        except StopIteration:
            raise StreamFailure(grpc.StatusCode.UNAVAILABLE, "the stream was closed") from None
        except grpc.RpcError:
            if self.late:
                raise StreamFailure(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline is over") from None
            raise
        finally:
            self.deadline = float("inf")
        if reply.error_message:
            detail = base64.b64decode(reply.infer_response.parameters[STREAM_ERROR].string_param)
            raise StreamFailure(grpc.StatusCode.UNKNOWN, reply.error_message, detail)
        return reply.infer_response

    def cancel(self) -> None:
        self.late = True
        self._replies.cancel()

    def close(self) -> None:
        self._requests.put(None)


class Streams:
    """The streams of one connection."""

    def __init__(self, method: Any) -> None:
        self._method = method
        self._idle: list[_Stream] = []
        self._all: list[_Stream] = []
        self._lock = threading.Lock()
        self._watch = threading.Event()
        self._closed = False

    @contextmanager
    def one(self, metadata: Any) -> Iterator[_Stream | None]:
        """A stream for one inference; None where all are in use. One that failed is not used again."""
        with self._lock:
            stream = self._idle.pop() if self._idle else None
            if stream is None and len(self._all) < _KEPT and not self._closed:
                stream = _Stream(self._method, metadata)
                self._all.append(stream)
                if len(self._all) == 1:
                    threading.Thread(target=self._cancel_late, name="offboard-deadlines", daemon=True).start()
        if stream is None:
            yield None
            return
        self._watch.set()
        try:
            yield stream
        except StreamFailure as failure:
            # A refusal is an answer: the stream goes on.
            self._keep(stream) if failure.trailing_metadata() else self._drop(stream)
            raise
        except BaseException:
            self._drop(stream)
            raise
        self._keep(stream)

    def close(self) -> None:
        """Ends all streams."""
        self._closed = True
        with self._lock:
            for stream in self._all:
                stream.close()
            self._all.clear()
            self._idle.clear()
        self._watch.set()

    def _keep(self, stream: _Stream) -> None:
        with self._lock:
            self._idle.append(stream)

    def _drop(self, stream: _Stream) -> None:
        # An interrupted inference may still be answered: nobody must read that.
        stream.cancel()
        stream.close()
        with self._lock:
            if stream in self._all:
                self._all.remove(stream)

    def _cancel_late(self) -> None:
        """A stream has no deadline of its own: cancels what is over it."""
        while not self._closed:
            self._watch.wait()
            self._watch.clear()
            while not self._closed:
                now = time.monotonic()
                with self._lock:
                    busy = [stream for stream in self._all if stream not in self._idle]
                if not busy:
                    break
                for stream in busy:
                    if now > stream.deadline:
                        stream.cancel()
                time.sleep(_WATCH_SECONDS)
