"""The gateway as a process: its ready line, its token, and its end."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

TOKEN = "0123456789abcdef" * 4


@pytest.fixture
def state(tmp_path):
    return tmp_path / "not" / "there" / "yet"


@contextlib.contextmanager
def started(state, *arguments, given=None):
    """A gateway with its address, and the rest of its ready line."""
    environ = {**os.environ, "OFFBOARD_HOME": str(state)}
    command = [sys.executable, "-m", "offboard.cli", "gateway", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            if given is not None:
                process.stdin.write(f"{given}\n")
                process.stdin.flush()
            host, port, *rest = process.stdout.readline().strip().split(":", 2)
            yield process, (host, int(port)), rest
        finally:
            process.kill()


def ask(address, token):
    """The first answer of the py4j server to a caller with this token."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(f"A\n{token}\ne\n".encode())
        return connection.recv(64)


def test_a_parent_gives_the_token_and_no_file_has_it(state):
    with started(state, "--with-parent", given=TOKEN) as (process, address, rest):
        assert address[0] == "127.0.0.1"
        assert rest == []
        assert ask(address, TOKEN).startswith(b"!y")
        assert not ask(address, "guess").startswith(b"!y")
        assert list(state.glob("*gateway*")) == []
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_a_parent_without_a_token_is_refused(state):
    command = [sys.executable, "-m", "offboard.cli", "gateway", "--with-parent"]
    done = subprocess.run(command, input="short\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "5 came" in done.stderr


def test_without_a_parent_the_token_is_in_a_file_that_goes(state):
    with started(state) as (process, address, (token_file,)):
        path = Path(token_file)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert ask(address, path.read_text()).startswith(b"!y")
        assert not ask(address, "guess").startswith(b"!y")
        process.terminate()
        assert process.wait(timeout=30) == 0
        assert not path.exists()


def test_the_next_gateway_removes_the_file_of_a_killed_one_alone(state):
    with started(state) as (_, _, (living,)):
        with started(state) as (process, _, (killed,)):
            process.kill()
            process.wait()
        assert Path(killed).exists()
        with started(state) as (_, _, (latest,)):
            assert sorted(state.glob("*gateway*")) == sorted([Path(living), Path(latest)])
