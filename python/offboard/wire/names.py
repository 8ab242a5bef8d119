"""Names that travel beside the messages, as gRPC metadata or parameters of the Open Inference Protocol."""

from __future__ import annotations

__all__ = ["ERROR_TRAILER", "SESSION_HEADER", "STREAM_ERROR"]

# Metadata of a call: the session on whose behalf it is made.
SESSION_HEADER = "offboard-session"
# Trailing metadata of a call that failed: a serialised ErrorDetail.
ERROR_TRAILER = "offboard-error-bin"
# Parameter of a ModelStreamInfer reply that says a failure: the same, in base64.
STREAM_ERROR = "offboard-error"
