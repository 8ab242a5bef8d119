"""Errors as they cross the wire: a gRPC status, and an ErrorDetail that says what happened."""

from __future__ import annotations

import grpc

from offboard import errors
from offboard.wire import accelerator as pb
from offboard_accelerator.association import AssociationRefused
from offboard_accelerator.memory import OutOfMemory

__all__ = ["MissingBlobError", "NotFoundError", "NotResidentError", "SessionLapsedError", "detail_of"]


class SessionLapsedError(errors.AcceleratorError):
    """The call's session is not live."""


class NotFoundError(errors.AcceleratorError):
    """No such executor for this caller."""


class NotResidentError(errors.AcceleratorError):
    """An input was left out that was never sent."""


class MissingBlobError(errors.AcceleratorError):
    """A bind names a blob that the store lacks."""


_Detail = pb.ErrorDetail
_CODES: list[tuple[type[Exception], int, grpc.StatusCode]] = [
    (errors.AcceleratorOutOfMemoryError, _Detail.OUT_OF_MEMORY, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.AssociationError, _Detail.ASSOCIATED_ELSEWHERE, grpc.StatusCode.PERMISSION_DENIED),
    (errors.NoAcceleratorError, _Detail.NO_ACCELERATOR, grpc.StatusCode.NOT_FOUND),
    (errors.QuarantinedGraphError, _Detail.QUARANTINED, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.LimitExceededError, _Detail.LIMIT_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.VersionMismatchError, _Detail.VERSION_MISMATCH, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.SharedMemoryError, _Detail.SHARED_MEMORY, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.UnsupportedOperatorError, _Detail.OPERATOR_NOT_SUPPORTED, grpc.StatusCode.UNIMPLEMENTED),
    (errors.ExecutionError, _Detail.EXECUTION_FAILED, grpc.StatusCode.INTERNAL),
    (errors.InvalidGraphError, _Detail.INVALID_GRAPH, grpc.StatusCode.INVALID_ARGUMENT),
    (SessionLapsedError, _Detail.SESSION_LAPSED, grpc.StatusCode.UNAUTHENTICATED),
    (NotFoundError, _Detail.EXECUTOR_NOT_FOUND, grpc.StatusCode.NOT_FOUND),
    (NotResidentError, _Detail.INPUT_NOT_RESIDENT, grpc.StatusCode.FAILED_PRECONDITION),
    (MissingBlobError, _Detail.MISSING_BLOB, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.MXNetError, _Detail.INVALID_GRAPH, grpc.StatusCode.INVALID_ARGUMENT),
    (ValueError, _Detail.CODE_UNSPECIFIED, grpc.StatusCode.INVALID_ARGUMENT),
]


def detail_of(error: Exception, accelerator: str) -> tuple[grpc.StatusCode, pb.ErrorDetail]:
    """How ``error`` is told to a client; an unexpected one is an internal error that names its class."""
    for kind, code, status in _CODES:
        if isinstance(error, kind):
            detail = _Detail(code=code, message=str(error), accelerator=accelerator)
            if isinstance(error, AssociationRefused):
                # By this a client that met the accelerator elsewhere finds its secret.
                detail.accelerator = error.association.accelerator
            if isinstance(error, OutOfMemory):
                detail.request_id = error.request_id
                detail.asked, detail.used, detail.total = error.asked, error.used, error.total
            return status, detail
    message = f"Accelerator {accelerator} failed unexpectedly: {type(error).__name__}: {error}"
    return grpc.StatusCode.INTERNAL, _Detail(code=_Detail.EXECUTION_FAILED, message=message, accelerator=accelerator)
