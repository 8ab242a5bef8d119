"""A failure of an inference that was no gRPC call of its own, told as gRPC would have told it."""

from __future__ import annotations

from typing import Any

import grpc

from offboard.wire.names import ERROR_TRAILER

__all__ = ["InferenceFailure"]


class InferenceFailure(grpc.RpcError):  # type: ignore[misc]  # grpc has no types
    """What a stream or a lane told; ``detail`` is the daemon's ErrorDetail, if it said one."""

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
