import json
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from offboard.client import state
from offboard.errors import NoAcceleratorError

ACCELERATOR = "eia-" + "0" * 31 + "1"
INSTANCE = "i-" + "a" * 17


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"OFFBOARD_HOME": str(tmp_path / "home")}


def daemon_record(**changes: object) -> dict[str, object]:
    record: dict[str, object] = {
        "format": 1,
        "pid": 4711,
        "version": "0.1.0",
        "grpc": "127.0.0.1:5051",
        "unix_socket": "",
        "http": "",
        "tls": False,
        "token_file": "",
        "accelerators": [
            {"id": ACCELERATOR, "type": "eia1.medium", "grpc": "127.0.0.1:5051", "unix_socket": "", "http": ""}
        ],
    }
    return record | changes


def write_daemon(environ: dict[str, str], record: object) -> Path:
    path = state.data_directory(environ) / state.DAEMON_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return path


def test_home_follows_the_variables(tmp_path: Path) -> None:
    assert state.home({"OFFBOARD_HOME": "/x"}) == Path("/x")
    if sys.platform != "darwin":
        assert state.home({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "offboard"
        assert state.home({"XDG_DATA_HOME": "relative"}) == Path.home() / ".local" / "share" / "offboard"
    assert state.data_directory({"OFFBOARD_HOME": "/x"}) == Path("/x/daemon")
    assert state.data_directory({"OFFBOARD_HOME": "/x", "OFFBOARD_DATA_DIR": "/y"}) == Path("/y")


def test_instance_id_is_made_once(environ: dict[str, str]) -> None:
    made = state.instance_id(environ)
    assert re.fullmatch("i-[0-9a-f]{17}", made)
    assert state.instance_id(environ) == made
    assert stat.S_IMODE(state.home(environ).stat().st_mode) == 0o700


def test_instance_id_of_racing_processes_is_one(environ: dict[str, str]) -> None:
    code = "from offboard.client import state; print(state.instance_id())"
    racers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ | environ)
        for _ in range(4)
    ]
    assert len({racer.communicate()[0] for racer in racers}) == 1
    assert all(racer.returncode == 0 for racer in racers)


def test_instance_id_override_is_checked(environ: dict[str, str]) -> None:
    assert state.instance_id(environ | {"OFFBOARD_INSTANCE_ID": INSTANCE}) == INSTANCE
    with pytest.raises(ValueError, match="OFFBOARD_INSTANCE_ID"):
        state.instance_id(environ | {"OFFBOARD_INSTANCE_ID": "../../etc"})


def test_secret_by_accelerator_and_by_endpoint(environ: dict[str, str]) -> None:
    assert state.find_secret(INSTANCE, accelerator=ACCELERATOR, environ=environ) == b""
    for endpoint in ("127.0.0.1:1", "unix:/x"):
        state.store_secret(
            INSTANCE, b"\x01\x02", accelerator=ACCELERATOR, association="a", endpoint=endpoint, environ=environ
        )
    assert state.find_secret(INSTANCE, accelerator=ACCELERATOR, environ=environ) == b"\x01\x02"
    assert state.find_secret(INSTANCE, endpoint="127.0.0.1:1", environ=environ) == b"\x01\x02"
    assert state.find_secret(INSTANCE, endpoint="unix:/x", environ=environ) == b"\x01\x02"
    assert state.find_secret(INSTANCE, endpoint="unix:/y", environ=environ) == b""
    assert state.find_secret("i-" + "b" * 17, accelerator=ACCELERATOR, environ=environ) == b""
    path = state.home(environ) / "secrets" / INSTANCE / f"{ACCELERATOR}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_accelerator_id_cannot_leave_the_directory(environ: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="accelerator id"):
        state.store_secret(INSTANCE, b"x", accelerator="../x", association="", endpoint="", environ=environ)
    assert state.find_secret(INSTANCE, accelerator="../x", environ=environ) == b""


def test_attach_lock_excludes_processes_and_threads(environ: dict[str, str]) -> None:
    code = "from offboard.client import state\nwith state.attach_lock(): print('in')"
    entered = threading.Event()

    def enter() -> None:
        with state.attach_lock(environ):
            entered.set()

    with state.attach_lock(environ):
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ | environ)
        thread = threading.Thread(target=enter)
        thread.start()
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.0)
        assert not entered.is_set()
    assert other.communicate()[0] == b"in\n"
    thread.join()


def test_endpoint_from_the_variable(environ: dict[str, str]) -> None:
    def resolve(endpoint: str, **more: str) -> state.Endpoint:
        return state.resolve_endpoint(environ | {"OFFBOARD_ENDPOINT": endpoint} | more)

    assert resolve("127.0.0.1:5051").target == "127.0.0.1:5051"
    assert not resolve("[::1]:5051").secure
    assert not resolve("unix:/run/x.sock", OFFBOARD_CA="/ca.pem").secure
    assert resolve("localhost:5051", OFFBOARD_CA="/ca.pem").secure
    remote = resolve("accelerators.example:443", OFFBOARD_TOKEN="t")
    assert remote.secure
    assert remote.token == "t"


@pytest.mark.parametrize("endpoint", ["nonsense", "host:", ":1", "host:0", "host:65536", "unix:", "host:x"])
def test_endpoint_that_cannot_be_understood(environ: dict[str, str], endpoint: str) -> None:
    with pytest.raises(NoAcceleratorError, match="OFFBOARD_ENDPOINT") as caught:
        state.resolve_endpoint(environ | {"OFFBOARD_ENDPOINT": endpoint})
    assert str(caught.value).startswith(
        "Error: Failed to query accelerator metadata.\nFailed to detect any accelerator"
    )


def test_endpoint_of_this_hosts_daemon(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(NoAcceleratorError, match=re.escape("offboard serve")):
        state.resolve_endpoint(environ)
    token_file = tmp_path / "token"
    token_file.write_text("hush\n")
    path = write_daemon(environ, daemon_record(token_file=str(token_file), tls=True))
    endpoint = state.resolve_endpoint(environ)
    assert endpoint == state.Endpoint("127.0.0.1:5051", str(path), secure=True, ca="", token="hush")
    socket_path = tmp_path / "daemon.sock"
    socket_path.touch()
    write_daemon(environ, daemon_record(unix_socket=f"unix:{socket_path}", tls=True))
    assert state.resolve_endpoint(environ).target == f"unix:{socket_path}"
    assert not state.resolve_endpoint(environ).secure


@pytest.mark.parametrize("record", [{}, [], "x", {"format": 2}, {"format": 1, "pid": "x"}])
def test_foreign_daemon_file_counts_as_none(environ: dict[str, str], record: object) -> None:
    write_daemon(environ, record)
    assert state.find_daemon(environ) is None


def test_write_file_without_replacing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    state.write_file(path, b"one", replace=False)
    with pytest.raises(FileExistsError):
        state.write_file(path, b"two", replace=False)
    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.8.0.1", True), ("[::1]", True), ("0.0.0.0", False), ("example", False), ("::", False)],
)
def test_is_loopback(host: str, expected: bool) -> None:
    assert state.is_loopback(host) is expected
