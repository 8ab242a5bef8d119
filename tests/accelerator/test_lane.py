"""Lanes: what they answer, whom they disconnect, and how they end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from offboard.wire import accelerator as pb
from offboard.wire import inference as oip
from offboard.wire.frames import Frames, Kind
from offboard_accelerator.lane import Lanes
from offboard_accelerator.wire_errors import NotFoundError, SessionLapsedError

LIMIT = 1 << 16
MOST = 3


class Worker:
    """What a lane asks of its worker."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()

    def check(self, session: str) -> None:
        if session != "mine":
            raise SessionLapsedError(f"{session} is not live")

    def infer(self, request: oip.ModelInferRequest, session: str) -> oip.ModelInferResponse:
        if request.model_name == "absent":
            raise NotFoundError("absent is not bound")
        if request.model_name == "broken":
            raise RuntimeError("nobody foresaw this")
        if request.model_name == "slow":
            self.entered.set()
            assert self.go_on.wait(10)
        answer = oip.ModelInferResponse(model_name=request.model_name, id=session)
        if request.model_name == "large":
            answer.raw_output_contents.append(bytes(LIMIT))
        return answer


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def lanes(tmp_path: Path, worker: Worker) -> Iterator[Lanes]:
    made = Lanes(tmp_path / "w.lane", "eia-1", worker.check, worker.infer, LIMIT, MOST)
    yield made
    worker.go_on.set()
    made.close(5.0)


@pytest.fixture
def connect(lanes: Lanes, tmp_path: Path) -> Iterator[Callable[..., Frames]]:
    opened = []

    def make(session: bytes = b"mine") -> Frames:
        connection = socket.socket(socket.AF_UNIX)
        opened.append(connection)
        connection.settimeout(10)
        connection.connect(str(tmp_path / "w.lane"))
        frames = Frames(connection, 1 << 24)
        frames.send(Kind.SESSION, session)
        return frames

    yield make
    for each in opened:
        each.close()


def ask(frames: Frames, model: str) -> tuple[Kind, bytes] | None:
    frames.send(Kind.REQUEST, oip.ModelInferRequest(model_name=model).SerializeToString())
    return frames.receive()


def test_answers_in_the_name_of_its_session(connect: Callable[..., Frames]) -> None:
    frames = connect()
    assert frames.receive() == (Kind.SESSION, b"")
    for name in ("one", "two"):
        kind, body = ask(frames, name) or (None, b"")
        assert kind is Kind.RESPONSE
        assert oip.ModelInferResponse.FromString(body) == oip.ModelInferResponse(model_name=name, id="mine")


@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        ("absent", pb.ErrorDetail.EXECUTOR_NOT_FOUND, "absent is not bound"),
        ("broken", pb.ErrorDetail.EXECUTION_FAILED, "Accelerator eia-1 failed unexpectedly: RuntimeError: nobody"),
        ("large", pb.ErrorDetail.LIMIT_EXCEEDED, "limit message_bytes"),
    ],
)
def test_a_failure_is_an_answer(connect: Callable[..., Frames], model: str, code: int, message: str) -> None:
    frames = connect()
    frames.receive()
    kind, body = ask(frames, model) or (None, b"")
    assert kind is Kind.ERROR
    detail = pb.ErrorDetail.FromString(body)
    assert detail.code == code
    assert message in detail.message
    assert (ask(frames, "one") or (None,))[0] is Kind.RESPONSE


def test_a_session_that_is_not_live(connect: Callable[..., Frames]) -> None:
    frames = connect(b"other")
    kind, body = frames.receive() or (None, b"")
    assert kind is Kind.ERROR
    assert pb.ErrorDetail.FromString(body).code == pb.ErrorDetail.SESSION_LAPSED
    assert frames.receive() is None


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x00\x00\x00\x02",
        b"\x00\x00\x00\x00\x07",
        b"\x01\x00\x00\x00\x01ab",
    ],
    ids=["wrong kind", "no kind", "out of turn"],
)
def test_who_breaks_the_protocol_is_disconnected(connect: Callable[..., Frames], sent: bytes, worker: Worker) -> None:
    frames = connect()
    frames.receive()
    frames._socket.sendall(sent)
    # A Unix socket that was closed with unread bytes ends so.
    with suppress(ConnectionResetError):
        assert frames.receive() is None
    assert connect().receive() == (Kind.SESSION, b"")


def test_a_frame_beyond_the_limit_is_refused_and_the_last(connect: Callable[..., Frames]) -> None:
    frames = connect()
    frames.receive()
    with suppress(BrokenPipeError):
        frames.send(Kind.REQUEST, bytes(LIMIT + 1))
    kind, body = frames.receive() or (None, b"")
    assert kind is Kind.ERROR
    assert pb.ErrorDetail.FromString(body).code == pb.ErrorDetail.LIMIT_EXCEEDED
    with suppress(ConnectionResetError):
        assert frames.receive() is None


def test_a_session_that_is_no_name(connect: Callable[..., Frames]) -> None:
    frames = connect(b"\xff\xfe")
    with suppress(ConnectionResetError):
        assert frames.receive() is None
    assert connect().receive() == (Kind.SESSION, b"")


def test_a_message_that_is_none(connect: Callable[..., Frames]) -> None:
    frames = connect()
    frames.receive()
    frames.send(Kind.REQUEST, b"\xff\xff\xff")
    kind, _ = frames.receive() or (None, b"")
    assert kind is Kind.ERROR
    assert (ask(frames, "one") or (None,))[0] is Kind.RESPONSE


def test_so_many_lanes_and_no_more(connect: Callable[..., Frames]) -> None:
    taken = [connect() for _ in range(MOST)]
    assert all(each.receive() == (Kind.SESSION, b"") for each in taken)
    with suppress(OSError):
        assert connect().receive() is None
    taken.pop()._socket.close()
    until = time.monotonic() + 10
    while True:
        with suppress(OSError):
            if connect().receive() is not None:
                break
        assert time.monotonic() < until


def test_closing_answers_what_runs(
    connect: Callable[..., Frames], lanes: Lanes, worker: Worker, tmp_path: Path
) -> None:
    busy, idle = connect(), connect()
    assert busy.receive() == idle.receive() == (Kind.SESSION, b"")
    busy.send(Kind.REQUEST, oip.ModelInferRequest(model_name="slow").SerializeToString())
    assert worker.entered.wait(10)
    closing = threading.Thread(target=lanes.close, args=(10.0,))
    closing.start()
    assert idle.receive() is None
    worker.go_on.set()
    assert (busy.receive() or (None,))[0] is Kind.RESPONSE
    assert busy.receive() is None
    closing.join(10)
    with pytest.raises(OSError, match="refused"):
        connect()


def test_only_this_user_may_open_it(lanes: Lanes, tmp_path: Path) -> None:
    assert (tmp_path / "w.lane").stat().st_mode & 0o777 == 0o600
