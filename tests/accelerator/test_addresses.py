import os
import socket
import stat
from pathlib import Path

import pytest

from offboard_accelerator import addresses
from offboard_accelerator.addresses import AddressInUse, reserve, socket_directory


def listen(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    # As gRPC and asyncio do.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


def test_workers_come_and_go_on_a_reserved_port() -> None:
    reserved = reserve("127.0.0.1:0")
    try:
        for _ in range(3):
            with listen(reserved.host, reserved.port) as worker:
                client = socket.create_connection((reserved.host, reserved.port), timeout=5)
                accepted, _ = worker.accept()
                # The server closes first, so its side lingers in TIME_WAIT.
                accepted.close()
                client.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((reserved.host, reserved.port), timeout=5)
    finally:
        reserved.close()
    again = reserve(reserved.address)
    again.close()


def test_a_second_daemon_cannot_share_the_port() -> None:
    reserved = reserve("127.0.0.1:0")
    try:
        with pytest.raises(AddressInUse, match=f"cannot listen on {reserved.address}"):
            reserve(reserved.address)
        with listen(reserved.host, reserved.port), pytest.raises(AddressInUse):
            reserve(reserved.address)
    finally:
        reserved.close()


def test_an_address_of_another_machine() -> None:
    with pytest.raises(AddressInUse):
        reserve("192.0.2.1:0")


def test_what_clients_are_told() -> None:
    reserved = reserve("localhost:0")
    reserved.close()
    assert reserved.advertised("") == reserved.address == f"127.0.0.1:{reserved.port}"
    assert reserved.advertised("a.example") == f"a.example:{reserved.port}"
    assert reserved.advertised("fd00::1") == f"[fd00::1]:{reserved.port}"
    wildcard = reserve("0.0.0.0:0")
    wildcard.close()
    assert wildcard.advertised("") == f"{socket.gethostname()}:{wildcard.port}"


def test_socket_directory_is_the_data_directory_where_its_path_is_short() -> None:
    assert socket_directory(Path("/d")) == Path("/d")


def test_socket_directory_of_a_long_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 100)
    runtime = Path("/tmp") / f"offboard-test-{os.getpid()}"
    runtime.mkdir(mode=0o700)
    try:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
        short = socket_directory(long)
        assert short.parent == runtime
        assert stat.S_IMODE(short.stat().st_mode) == 0o700
        assert socket_directory(long) == short
        path = str(short) + addresses.LONGEST_SOCKET_NAME
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
        os.unlink(path)
        # A directory that others may enter is not trusted.
        short.chmod(0o755)
        other = socket_directory(long)
        assert other != short
        other.rmdir()
        short.rmdir()
    finally:
        runtime.rmdir()
