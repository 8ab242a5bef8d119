"""Lanes: inference over a Unix socket in bare frames, where client and worker are on one host."""

from __future__ import annotations

import contextlib
import socket
import time

import grpc

from offboard import rules
from offboard.client.failure import InferenceFailure
from offboard.wire import inference as oip
from offboard.wire.frames import Frames, FrameTooLargeError, Kind

__all__ = ["Lane"]


class Lane:
    """One open lane of a session; used by one thread at a time."""

    def __init__(self, path: str, session: str, until: float) -> None:
        """Raises grpc.RpcError when the worker does not listen, or does not know the session."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._frames = Frames(self._socket, rules.limit("message_bytes"))
        try:
            self._socket.settimeout(_left(until))
            self._socket.connect(path)
            self._ask(Kind.SESSION, session.encode(), until)
        except OSError as error:
            self._socket.close()
            raise InferenceFailure(grpc.StatusCode.UNAVAILABLE, f"no lane to the accelerator: {error}") from None
        except BaseException:
            self._socket.close()
            raise

    def infer(self, request: oip.ModelInferRequest, until: float) -> oip.ModelInferResponse:
        """One inference, answered until ``until`` (monotonic seconds); raises grpc.RpcError."""
        return oip.ModelInferResponse.FromString(self._ask(Kind.REQUEST, request.SerializeToString(), until))

    def drop(self) -> None:
        """Ends it after a failure."""
        self._socket.close()

    def close(self) -> None:
        """Ends it; a thread that waits on it gets the end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _ask(self, kind: Kind, body: bytes, until: float) -> bytes:
        try:
            self._socket.settimeout(_left(until))
            # A worker that hangs up on a request may have said why.
            with contextlib.suppress(BrokenPipeError):
                self._frames.send(kind, body)
            reply = self._frames.receive()
        except FrameTooLargeError as error:
            raise InferenceFailure(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error)) from None
        except TimeoutError:
            raise InferenceFailure(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline is over") from None
        except (OSError, ValueError) as error:
            raise InferenceFailure(grpc.StatusCode.UNAVAILABLE, f"the lane broke: {error}") from None
        if reply is None:
            raise InferenceFailure(grpc.StatusCode.UNAVAILABLE, "the worker closed the lane")
        if reply[0] is Kind.ERROR:
            raise InferenceFailure(grpc.StatusCode.UNKNOWN, "the worker refused", reply[1])
        return reply[1]


def _left(until: float) -> float:
    return max(until - time.monotonic(), 0.001)
