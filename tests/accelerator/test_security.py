import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import trustme

from offboard_accelerator.security import (
    AioTokenInterceptor,
    Authenticator,
    TokenInterceptor,
    read_token,
    server_credentials,
)

wire = pytest.importorskip("offboard.wire.accelerator", reason="generated messages")

TOKEN = "hush-4711"
KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}".encode(), True),
        (f"Bearer {TOKEN} ", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (TOKEN, False),
        ("Bearer ", False),
        ("Bearer \udcff", False),
        ("", False),
        (None, False),
    ],
)
def test_authenticator(header: str | bytes | None, allowed: bool) -> None:
    assert Authenticator(TOKEN).allows(header) is allowed


def test_token_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"  {TOKEN}\n")
    assert read_token(file) == TOKEN
    for bad in ("", " \n", "a\nb", "a b", "ä"):
        file.write_text(bad)
        with pytest.raises(ValueError, match="does not hold a token"):
            read_token(file)


def handlers(aio: bool) -> grpc.GenericRpcHandler:
    """An echo of every kind of call: it answers with what came in, joined."""

    def reply(request: bytes, _: Any) -> bytes:
        return request

    def reply_stream(request: bytes, _: Any) -> Iterator[bytes]:
        yield request

    def join(requests: Iterator[bytes], _: Any) -> bytes:
        return b"".join(requests)

    def each(requests: Iterator[bytes], _: Any) -> Iterator[bytes]:
        yield from requests

    async def aio_reply(request: bytes, _: Any) -> bytes:
        return request

    async def aio_reply_stream(request: bytes, _: Any) -> AsyncIterator[bytes]:
        yield request

    async def aio_join(requests: AsyncIterator[bytes], _: Any) -> bytes:
        return b"".join([request async for request in requests])

    async def aio_each(requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request

    functions = (aio_reply, aio_reply_stream, aio_join, aio_each) if aio else (reply, reply_stream, join, each)
    return grpc.method_handlers_generic_handler(
        "echo.Echo",
        {
            kind: getattr(grpc, f"{kind}_rpc_method_handler")(function)
            for kind, function in zip(KINDS, functions, strict=True)
        },
    )


@contextlib.contextmanager
def threaded_server(credentials: grpc.ServerCredentials | None = None) -> Iterator[int]:
    with futures.ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool, interceptors=[TokenInterceptor(TOKEN)])
        server.add_generic_rpc_handlers([handlers(aio=False)])
        if credentials:
            port = server.add_secure_port("127.0.0.1:0", credentials)
        else:
            port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(None).wait()


def call(channel: grpc.Channel, kind: str, token: str | None) -> bytes:
    method: Callable[..., Any] = getattr(channel, kind)(f"/echo.Echo/{kind}")
    metadata = [("authorization", f"Bearer {token}")] if token is not None else []
    request: Any = iter([b"a", b"b"]) if kind.startswith("stream") else b"ab"
    answer = method(request, metadata=metadata, timeout=10)
    return answer if isinstance(answer, bytes) else b"".join(answer)


def check_refusals(target: str, credentials: grpc.ChannelCredentials | None = None) -> None:
    channel = grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target)
    with channel:
        for kind in KINDS:
            assert call(channel, kind, TOKEN) == b"ab"
            for wrong in (None, "", "wrong"):
                with pytest.raises(grpc.RpcError) as caught:
                    call(channel, kind, wrong)
                assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
                trailer = dict(caught.value.trailing_metadata())["offboard-error-bin"]
                assert wire.ErrorDetail.FromString(trailer).code == wire.ErrorDetail.UNAUTHENTICATED
                assert "OFFBOARD_TOKEN" in caught.value.details()
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/echo.Echo/unknown")(b"", timeout=10)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_token_on_a_threaded_server() -> None:
    with threaded_server() as port:
        check_refusals(f"127.0.0.1:{port}")


def test_token_on_an_asyncio_server() -> None:
    async def main() -> None:
        server = grpc.aio.server(interceptors=[AioTokenInterceptor(TOKEN)])
        server.add_generic_rpc_handlers([handlers(aio=True)])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            await asyncio.to_thread(check_refusals, f"127.0.0.1:{port}")
        finally:
            await server.stop(None)

    asyncio.run(main())


def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(tmp_path / "cert.pem", append=True)
    with threaded_server(server_credentials(tmp_path / "cert.pem", tmp_path / "key.pem")) as port:
        trusted = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
        check_refusals(f"127.0.0.1:{port}", trusted)
        strangers = (grpc.ssl_channel_credentials(trustme.CA().cert_pem.bytes()), None)
        for stranger in strangers:
            target = f"127.0.0.1:{port}"
            channel = grpc.secure_channel(target, stranger) if stranger else grpc.insecure_channel(target)
            with channel, pytest.raises(grpc.RpcError) as caught:
                call(channel, "unary_unary", TOKEN)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
