"""Inference on what stays open: lanes where the worker is on this host, else streams of gRPC.

A forward then costs two messages instead of a call. Either answers in order and is used by one thread at a time; a
connection keeps a few, and a call is made where all are in use. What a call would raise is raised here too.
"""

from __future__ import annotations

import base64
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import grpc

from offboard.client.failure import InferenceFailure
from offboard.client.lane import Lane
from offboard.wire import inference as oip
from offboard.wire.names import STREAM_ERROR

__all__ = ["Streams"]

_KEPT = 8
_WATCH_SECONDS = 0.05


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
            raise InferenceFailure(grpc.StatusCode.UNAVAILABLE, "the stream was closed") from None
        except grpc.RpcError:
            if self.late:
                raise InferenceFailure(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline is over") from None
            raise
        finally:
            self.deadline = float("inf")
        if reply.error_message:
            detail = base64.b64decode(reply.infer_response.parameters[STREAM_ERROR].string_param)
            raise InferenceFailure(grpc.StatusCode.UNKNOWN, reply.error_message, detail)
        return reply.infer_response

    def cancel(self) -> None:
        self.late = True
        self._replies.cancel()

    def drop(self) -> None:
        self.cancel()
        self.close()

    def close(self) -> None:
        self._requests.put(None)


_Open: TypeAlias = Lane | _Stream


class Streams:
    """The open lanes or streams of one connection."""

    def __init__(self, method: Any, lane: str) -> None:
        """``lane`` is the path of the worker's socket for lanes, or empty."""
        self._method, self._lane = method, lane
        self._idle: list[_Open] = []
        self._all: list[_Open] = []
        self._lock = threading.Lock()
        self._watch = threading.Event()
        self._watching = False
        self._closed = False

    @contextmanager
    def one(self, session: str, metadata: Callable[[], Any], until: float) -> Iterator[_Open | None]:
        """A lane or stream for one inference; None where all are in use. One that failed is not used again."""
        with self._lock:
            found = self._idle.pop() if self._idle else None
            if found is None and len(self._all) < _KEPT and not self._closed:
                found = Lane(self._lane, session, until) if self._lane else self._new_stream(metadata())
                self._all.append(found)
        if found is None:
            yield None
            return
        self._watch.set()
        try:
            yield found
        except InferenceFailure as failure:
            # A refusal is an answer: the stream goes on.
            self._keep(found) if failure.trailing_metadata() else self._drop(found)
            raise
        except BaseException:
            self._drop(found)
            raise
        self._keep(found)

    def close(self) -> None:
        """Ends all of them."""
        self._closed = True
        with self._lock:
            for each in self._all:
                each.close()
            self._all.clear()
            self._idle.clear()
        self._watch.set()

    def _new_stream(self, metadata: Any) -> _Stream:
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._cancel_late, name="offboard-deadlines", daemon=True).start()
        return _Stream(self._method, metadata)

    def _keep(self, used: _Open) -> None:
        with self._lock:
            self._idle.append(used)

    def _drop(self, used: _Open) -> None:
        # An interrupted inference may still be answered: nobody must read that.
        used.drop()
        with self._lock:
            if used in self._all:
                self._all.remove(used)

    def _cancel_late(self) -> None:
        """A stream has no deadline of its own: cancels what is over it."""
        while not self._closed:
            self._watch.wait()
            self._watch.clear()
            while not self._closed:
                now = time.monotonic()
                with self._lock:
                    busy = [each for each in self._all if isinstance(each, _Stream) and each not in self._idle]
                if not busy:
                    break
                for stream in busy:
                    if now > stream.deadline:
                        stream.cancel()
                time.sleep(_WATCH_SECONDS)
