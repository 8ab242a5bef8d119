"""What every REST request must pass: a loopback host name, no browser behind it, the token, a bounded body."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from offboard import rules
from offboard.client.state import is_loopback
from offboard_accelerator.security import Authenticator

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["BodyTooLarge", "Guard", "read_body"]

OPEN_PATHS = frozenset({"/healthz"})
"""Answered without a token: a probe cannot have one, and learns nothing."""

WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class BodyTooLarge(ValueError):
    """A body beyond the limit ``message_bytes``."""


class Guard:
    """ASGI middleware.

    REST listens on loopback, where a web page in a browser of this host could reach it, too: by a name of its own that
    it resolves to 127.0.0.1 (so the host name is checked), or by posting blindly (browsers say their origin then, and
    nobody else does).
    """

    def __init__(self, application: ASGIApp, token: str = ""):
        self._application = application
        self._authenticator = Authenticator(token) if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            host = headers.get(b"host", b"").decode("latin-1")
            name = host if host.endswith("]") else host.rpartition(":")[0] or host
            refusal: Callable[[Scope, Receive, Send], Awaitable[None]] | None = None
            if not is_loopback(name) or b"origin" in headers:
                refusal = JSONResponse({"error": "REST is for programs of this host"}, 403)
            elif self._authenticator is not None and scope["path"] not in OPEN_PATHS:
                given = [value for key, value in scope["headers"] if key == b"authorization"]
                if len(given) != 1 or not self._authenticator.allows(given[0]):
                    challenge = {"www-authenticate": "Bearer"}
                    refusal = JSONResponse({"error": rules.text("unauthenticated")}, 401, challenge)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._application(scope, receive, send)


async def read_body(request: Request, limit: int) -> bytes:
    """The body, decompressed.

    Raises:
        BodyTooLarge: it is, or becomes, longer than ``limit`` bytes.
        ValueError: its encoding is unknown or broken.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    body = bytearray()
    if encoding == "identity":
        async for chunk in request.stream():
            body += chunk
            _check(len(body), limit)
        return bytes(body)
    if encoding not in WINDOW:
        raise ValueError(f"Content-Encoding {encoding} is not one of {', '.join(WINDOW)}")
    inflate = zlib.decompressobj(WINDOW[encoding])
    try:
        async for chunk in request.stream():
            # One byte more than allowed is enough to see that it is too much.
            body += inflate.decompress(chunk, limit + 1 - len(body))
            _check(len(body) + len(inflate.unconsumed_tail), limit)
    except zlib.error as error:
        raise ValueError(f"The body is not {encoding}: {error}") from error
    if not inflate.eof:
        raise ValueError(f"The body is not {encoding}: it is truncated")
    return bytes(body)


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise BodyTooLarge(f"The body is longer than the limit message_bytes, {limit} bytes")
