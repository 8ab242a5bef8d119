"""Frames at their limit and beyond it, whole and in pieces."""

import socket
import threading
from collections.abc import Iterator

import pytest

from offboard.wire.frames import Frames, FrameTooLargeError, Kind


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, two = socket.socketpair()
    with one, two:
        one.settimeout(10)
        two.settimeout(10)
        yield one, two


@pytest.mark.parametrize("size", [0, 1, 65530, 65531, 65532, 200_000])
def test_passes(pair: tuple[socket.socket, socket.socket], size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    sides = [Frames(each, 200_000) for each in pair]
    sending = threading.Thread(target=sides[0].send, args=(Kind.REQUEST, body))
    sending.start()
    assert sides[1].receive() == (Kind.REQUEST, body)
    sending.join()


def test_at_the_limit_and_one_past(pair: tuple[socket.socket, socket.socket]) -> None:
    own = Frames(pair[0], 10)
    own.send(Kind.REQUEST, b"x" * 10)
    assert Frames(pair[1], 10).receive() == (Kind.REQUEST, b"x" * 10)
    with pytest.raises(FrameTooLargeError, match="11 bytes is larger than limit message_bytes, 10"):
        own.send(Kind.REQUEST, b"x" * 11)
    Frames(pair[0], 11).send(Kind.REQUEST, b"x" * 11)
    with pytest.raises(FrameTooLargeError, match="11 bytes is larger than limit message_bytes, 10"):
        Frames(pair[1], 10).receive()


def test_in_pieces(pair: tuple[socket.socket, socket.socket]) -> None:
    whole = b"\x03\x00\x00\x00\x02abc"

    def send() -> None:
        for byte in whole:
            pair[0].send(bytes([byte]))

    sending = threading.Thread(target=send)
    sending.start()
    assert Frames(pair[1], 10).receive() == (Kind.RESPONSE, b"abc")
    sending.join()


@pytest.mark.parametrize(
    ("sent", "error", "message"),
    [
        (b"\x00\x00\x00\x00\x09", ValueError, "9 is not a valid Kind"),
        (b"\x01\x00\x00\x00\x01ab", ValueError, "before its turn"),
        (b"\x05\x00\x00\x00\x01ab", ConnectionResetError, "within a frame"),
        (b"\x05\x00", ConnectionResetError, "within a frame"),
        (b"\xff\xff\xff\xff\x01", FrameTooLargeError, "message of 4294967295 bytes"),
    ],
)
def test_refuses(pair: tuple[socket.socket, socket.socket], sent: bytes, error: type[Exception], message: str) -> None:
    pair[0].sendall(sent)
    pair[0].shutdown(socket.SHUT_WR)
    with pytest.raises(error, match=message):
        Frames(pair[1], 1 << 20).receive()


def test_the_end(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].shutdown(socket.SHUT_WR)
    assert Frames(pair[1], 10).receive() is None
