import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offboard.client import operator, state
from offboard.errors import NoAcceleratorError
from offboard_accelerator import embedded


def endpoint_of(target: str) -> state.Endpoint:
    return state.Endpoint(target, "test", secure=False, ca="", token="")


def until_gone(pid: int, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists():
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        if stat[0] == "Z":
            return
        assert time.monotonic() < deadline, f"process {pid} lives"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in text.split()]


@pytest.fixture
def daemon() -> Iterator[embedded.EmbeddedDaemon]:
    with embedded.start() as started:
        yield started


def test_it_answers_and_leaves_nothing_behind(daemon: embedded.EmbeddedDaemon) -> None:
    (status,) = operator.describe(endpoint=endpoint_of(daemon.endpoint)).accelerators
    assert status.accelerator.type.name == "eia1.medium"
    workers = children(daemon.pid)
    assert workers
    assert daemon.environment["OFFBOARD_ENDPOINT"] == daemon.endpoint
    daemon.close()
    daemon.close()
    for pid in (daemon.pid, *workers):
        until_gone(pid)
    assert not daemon.data_dir.exists()


def test_types_from_a_file(tmp_path: Path) -> None:
    config = tmp_path / "offboard.toml"
    config.write_text('[accelerator_types."small.16m"]\nmemory_bytes = 16777216\n')
    with embedded.start("small.16m", config=config) as daemon:
        (status,) = operator.describe(endpoint=endpoint_of(daemon.endpoint)).accelerators
        assert status.memory.total == 16 << 20


def test_a_type_that_is_none(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoAcceleratorError, match=r"did not start \(exit status 1\)"):
        embedded.start("eia9.huge")
    assert "eia9.huge is unknown" in capfd.readouterr().err


def test_it_ends_with_its_program_however_that_ends() -> None:
    code = """
import sys, time
from offboard_accelerator import embedded
daemon = embedded.start()
print(daemon.pid, daemon.data_dir, flush=True)
time.sleep(60)
"""
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert program.stdout
    pid, _, folder = program.stdout.readline().strip().partition(" ")
    workers = children(int(pid))
    program.send_signal(signal.SIGKILL)
    program.communicate()
    for each in (int(pid), *workers):
        until_gone(each)
    assert not Path(folder).exists()


def test_a_killed_supervisor_takes_its_workers_along(daemon: embedded.EmbeddedDaemon) -> None:
    workers = children(daemon.pid)
    os.kill(daemon.pid, signal.SIGKILL)
    for pid in workers:
        until_gone(pid)
    daemon.close()
    assert not daemon.data_dir.exists()


def test_the_variable_starts_one_for_the_process_and_its_children(tmp_path: Path) -> None:
    code = """
import os, subprocess, sys
from offboard.client import state
first = state.resolve_endpoint()
assert state.resolve_endpoint() == first
assert first.target.startswith("unix:"), first
child = "from offboard.client import state; print(state.resolve_endpoint().target)"
answer = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True).stdout.strip()
assert answer == first.target, answer
print(first.target.removeprefix("unix:"))
"""
    environment = {**os.environ, "OFFBOARD_ENDPOINT": "embedded", "OFFBOARD_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).exists()
    assert not (tmp_path / "home").exists()
