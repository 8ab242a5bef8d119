"""The gateway as a process: its ready line, its token, and its end."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def gateway(tmp_path):
    environ = {**os.environ, "OFFBOARD_HOME": str(tmp_path / "not" / "there" / "yet")}
    command = [sys.executable, "-m", "offboard.cli", "gateway", "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        host, port, token_file = process.stdout.readline().strip().split(":", 2)
        yield process, (host, int(port)), Path(token_file)
        process.kill()


def ask(address, token):
    """The first answer of the py4j server to a caller with this token."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(f"A\n{token}\ne\n".encode())
        return connection.recv(64)


def test_the_gateway_ends_with_its_parent(gateway):
    process, address, token_file = gateway
    assert address[0] == "127.0.0.1"
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    assert not token_file.exists()


def test_calls_without_the_token_are_refused(gateway):
    _, address, token_file = gateway
    assert ask(address, token_file.read_text()).startswith(b"!y")
    assert not ask(address, "guess").startswith(b"!y")
