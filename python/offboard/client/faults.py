"""gRPC failures as errors of Offboard."""

from __future__ import annotations

from typing import Any

import grpc

from offboard import errors, rules
from offboard.version import __version__
from offboard.wire import accelerator as pb
from offboard.wire.names import ERROR_TRAILER

__all__ = ["LOST", "detail_of", "error_of", "is_lost", "lacks_blobs"]

_D = pb.ErrorDetail
_CLASSES: dict[int, type[errors.MXNetError]] = {
    _D.NO_ACCELERATOR: errors.NoAcceleratorError,
    _D.ASSOCIATED_ELSEWHERE: errors.AssociationError,
    _D.OUT_OF_MEMORY: errors.AcceleratorOutOfMemoryError,
    _D.INVALID_GRAPH: errors.InvalidGraphError,
    _D.QUARANTINED: errors.QuarantinedGraphError,
    _D.LIMIT_EXCEEDED: errors.LimitExceededError,
    _D.STORE_FULL: errors.LimitExceededError,
    _D.VERSION_MISMATCH: errors.VersionMismatchError,
    _D.OPERATOR_NOT_SUPPORTED: errors.UnsupportedOperatorError,
    _D.SHARED_MEMORY: errors.SharedMemoryError,
    _D.EXECUTION_FAILED: errors.ExecutionError,
}

# What a restarted worker or a lapsed session answers: bind again and replay.
LOST = frozenset({_D.SESSION_LAPSED, _D.EXECUTOR_NOT_FOUND, _D.INPUT_NOT_RESIDENT, _D.MISSING_BLOB, _D.DRAINING})


def detail_of(failure: grpc.RpcError) -> pb.ErrorDetail | None:
    """The daemon's own words, if the call got as far as the daemon."""
    for key, value in (failure.trailing_metadata() or ()) if hasattr(failure, "trailing_metadata") else ():
        if key == ERROR_TRAILER:
            return pb.ErrorDetail.FromString(value)
    return None


def is_lost(failure: grpc.RpcError) -> bool:
    """Whether the connection, the session or the executor is gone, so that a new one may succeed."""
    detail = detail_of(failure)
    if detail is not None:
        return detail.code in LOST
    return failure.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN)


def lacks_blobs(failure: grpc.RpcError) -> bool:
    """Whether a bind was refused for want of blobs, which are to be sent."""
    detail = detail_of(failure)
    return detail is not None and detail.code == _D.MISSING_BLOB


def error_of(failure: grpc.RpcError, doing: str) -> errors.MXNetError:
    """The error to raise for a call that failed while ``doing`` something."""
    detail = detail_of(failure)
    if detail is not None:
        if detail.code == _D.OUT_OF_MEMORY and detail.request_id:
            return errors.AcceleratorOutOfMemoryError(_out_of_memory(detail))
        return _CLASSES.get(detail.code, errors.AcceleratorError)(detail.message)
    code: Any = failure.code()
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.AcceleratorUnavailableError(f"The accelerator did not answer in time while {doing}")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        text = f"A message was too large while {doing} ({failure.details()}): limit message_bytes"
        return errors.LimitExceededError(text)
    return errors.AcceleratorUnavailableError(
        f"The accelerator cannot be reached while {doing}: {failure.details()}. Is the daemon running?"
    )


def _out_of_memory(detail: pb.ErrorDetail) -> str:
    return rules.text(
        "out_of_memory",
        request_id=detail.request_id,
        accelerator=detail.accelerator,
        version=__version__,
        asked=detail.asked,
        used=detail.used,
        free=max(detail.total - detail.used, 0),
        total=detail.total,
    )
