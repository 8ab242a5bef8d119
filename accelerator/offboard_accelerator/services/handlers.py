"""gRPC handlers of a service object: one method of the object for each of the proto's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from offboard.wire.names import ERROR_TRAILER, SESSION_HEADER
from offboard.wire.pool import METHODS, Method
from offboard_accelerator.logs import logger
from offboard_accelerator.wire_errors import detail_of

__all__ = ["handlers_of", "session_of"]

_log = logger(__name__)


def session_of(context: Any) -> str:
    """The session that a call names, or nothing."""
    for key, value in context.invocation_metadata():
        if key == SESSION_HEADER:
            return str(value)
    return ""


def handlers_of(service: str, implementation: object, accelerator: str) -> grpc.GenericRpcHandler:
    """Handlers for the methods that ``implementation`` has; what they raise is told to the client, typed."""
    made = {}
    for name, method in METHODS[service].items():
        function = getattr(implementation, name, None)
        if function is not None:
            wrap = _streaming if method.server_streams else _plain
            made[name] = _handler(method, wrap(function, accelerator))
    return grpc.method_handlers_generic_handler(service, made)


def _handler(method: Method, function: Callable[..., Any]) -> Any:
    return getattr(grpc, f"{method.kind}_rpc_method_handler")(
        function, request_deserializer=method.request.FromString, response_serializer=method.reply.SerializeToString
    )


def _plain(function: Callable[[Any, Any], Any], accelerator: str) -> Callable[[Any, Any], Any]:
    def call(request: Any, context: Any) -> Any:
        try:
            return function(request, context)
        except Exception as error:
            _tell(error, context, accelerator)

    return call


def _streaming(function: Callable[[Any, Any], Iterator[Any]], accelerator: str) -> Callable[[Any, Any], Iterator[Any]]:
    def call(requests: Any, context: Any) -> Iterator[Any]:
        try:
            yield from function(requests, context)
        except grpc.RpcError:
            # The client has left: nobody listens.
            return
        except Exception as error:
            _tell(error, context, accelerator)

    return call


def _tell(error: Exception, context: Any, accelerator: str) -> None:
    status, detail = detail_of(error, accelerator)
    if status is grpc.StatusCode.INTERNAL:
        _log.error("call failed", reason=repr(error))
    context.set_trailing_metadata(((ERROR_TRAILER, detail.SerializeToString()),))
    # A status message must be one that headers can carry; the detail holds the whole text.
    context.abort(status, detail.message.replace("\n", " ")[:1024])
