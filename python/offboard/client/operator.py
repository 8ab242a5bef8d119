"""What the operator asks of a daemon, without attaching to it."""

from __future__ import annotations

from typing import Any

import grpc

from offboard import rules
from offboard.client import state
from offboard.client.connection import open_channel
from offboard.client.faults import error_of
from offboard.errors import AcceleratorUnavailableError, NoAcceleratorError
from offboard.wire.pool import ACCELERATOR, METHODS

__all__ = ["ask_daemon"]


def ask_daemon(method: str, request: Any) -> Any:
    """One call to the daemon that this host's settings name; raises MXNetError."""
    endpoint = state.resolve_endpoint()
    metadata = [("authorization", f"Bearer {endpoint.token}")] if endpoint.token else []
    with open_channel(endpoint, endpoint.target) as channel:
        try:
            return METHODS[ACCELERATOR][method].stub(channel)(request, timeout=30.0, metadata=metadata)
        except grpc.RpcError as failure:
            error = error_of(failure, f"asking the daemon to {method.lower()}")
            if isinstance(error, AcceleratorUnavailableError):
                reason = f"Nothing answers at {endpoint.target} ({endpoint.source})"
                raise NoAcceleratorError(rules.text("no_accelerator", reason=reason)) from failure
            raise error from failure
