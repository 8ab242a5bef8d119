"""Who may call: TLS for the wire, a bearer token for the caller.

A daemon with a token wants ``authorization: Bearer TOKEN`` on every call, whatever the transport.
"""

import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from offboard import rules
from offboard.wire.names import ERROR_TRAILER

__all__ = ["AioTokenInterceptor", "Authenticator", "TokenInterceptor", "read_token", "server_credentials"]

HEADER = "authorization"


def read_token(path: str | Path) -> str:
    """The token in the file, stripped.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is empty, or not one line of visible ASCII, which is all that a header carries.
    """
    token = Path(path).read_text("utf-8").strip()
    if not token or not token.isascii() or not all(character.isprintable() and character != " " for character in token):
        raise ValueError(f"{path} does not hold a token: one line of visible ASCII characters")
    return token


def server_credentials(certificate: str | Path, key: str | Path) -> grpc.ServerCredentials:
    """TLS with the PEM files of a certificate chain and its private key."""
    return grpc.ssl_server_credentials([(Path(key).read_bytes(), Path(certificate).read_bytes())])


class Authenticator:
    """Compares a caller's ``authorization`` with the daemon's token, in constant time."""

    def __init__(self, token: str):
        self._expected = f"Bearer {token}".encode()

    def allows(self, header: str | bytes | None) -> bool:
        """Whether ``header``, the value of ``authorization``, shows the token. The scheme's case does not matter."""
        given = header.encode("utf-8", "surrogateescape") if isinstance(header, str) else header or b""
        scheme, separator, token = given.partition(b" ")
        if scheme.lower() == b"bearer":
            given = b"Bearer" + separator + token
        return hmac.compare_digest(given, self._expected)


class TokenInterceptor(grpc.ServerInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Refuses every call of a threaded server that does not show the token, with UNAUTHENTICATED."""

    def __init__(self, token: str):
        self._authenticator = Authenticator(token)

    def intercept_service(self, continuation: Callable[[Any], Any], call: Any) -> Any:
        """The call's own handler, or one that refuses."""
        if self._authenticator.allows(_header(call)):
            return continuation(call)
        return _refusing(continuation(call), _refuse, _refuse_stream)


class AioTokenInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """The same for an asyncio server."""

    def __init__(self, token: str):
        self._authenticator = Authenticator(token)

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], call: Any) -> Any:
        """The call's own handler, or one that refuses."""
        handler = await continuation(call)
        if self._authenticator.allows(_header(call)):
            return handler
        return _refusing(handler, _refuse_aio, _refuse_aio_stream)


def _header(call: Any) -> str | bytes | None:
    values: list[str | bytes] = [value for key, value in call.invocation_metadata or () if key == HEADER]
    # Two headers would leave open which one was meant.
    return values[0] if len(values) == 1 else None


def _refusing(handler: Any, refuse: Any, refuse_stream: Any) -> Any:
    """A handler of the same arity, which only the right kind of call accepts; unknown methods are refused alike."""
    requests = bool(handler and handler.request_streaming)
    replies = bool(handler and handler.response_streaming)
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[requests, replies]
    return make(refuse_stream if replies else refuse)


def _status() -> tuple[str, tuple[tuple[str, bytes], ...]]:
    from offboard.wire import accelerator as pb

    message = rules.text("unauthenticated")
    detail = pb.ErrorDetail(code=pb.ErrorDetail.UNAUTHENTICATED, message=message)
    return message, ((ERROR_TRAILER, detail.SerializeToString()),)


def _refuse(_: Any, context: Any) -> None:
    message, trailer = _status()
    context.set_trailing_metadata(trailer)
    context.abort(grpc.StatusCode.UNAUTHENTICATED, message)


def _refuse_stream(requests: Any, context: Any) -> Any:
    _refuse(requests, context)
    yield


async def _refuse_aio(_: Any, context: Any) -> None:
    message, trailer = _status()
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, message, trailer)


async def _refuse_aio_stream(requests: Any, context: Any) -> Any:
    await _refuse_aio(requests, context)
    yield
