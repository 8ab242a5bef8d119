import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SCRIPT = """
import mxnet as mx
net = mx.sym.exp(mx.sym.var('data'))
executor = net.simple_bind(ctx=mx.eia(), grad_req='null', data=(2,))
print(executor.forward(data=mx.nd.zeros((2,)))[0].asnumpy().tolist())
"""
# As on another host, where the worker's Unix socket is not.
ELSEWHERE = """
from offboard.client import connection
connection.Connection._worker_target = lambda self, endpoints: endpoints.grpc
print(connection.connection().same_host)
"""


def environment(home: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OFFBOARD_")}
    return {**kept, "OFFBOARD_HOME": str(home), **variables}


def offboard(home: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "offboard.cli", *arguments]
    variables = environment(home, **variables)
    return subprocess.run(command, check=False, capture_output=True, text=True, env=variables, timeout=60)


@contextmanager
def serving(home: Path, *arguments: str, **variables: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "offboard.cli", "serve", "--json", *arguments]
    log = home.parent / "daemon.log"
    with log.open("w") as errors:
        daemon = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment(home, **variables)
        )
    assert daemon.stdout
    line = daemon.stdout.readline()
    assert line, log.read_text()
    try:
        yield {**json.loads(line), "process": daemon}
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0, log.read_text()
        daemon.stdout.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A daemon with two accelerators, and its home."""
    home = tmp_path_factory.mktemp("pair") / "home"
    with serving(home, "--accelerator-type", "eia1.medium", "--accelerator-type", "eia1.large") as ready:
        yield home, ready


def test_help_imports_nothing_heavy(home: Path) -> None:
    done = offboard(home, "--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("serve", "run", "validate", "describe", "terminate"))
    code = "import sys, offboard.cli; print({'grpc', 'numpy', 'onnxruntime', 'pydantic'} & set(sys.modules))"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert imported.strip() == "set()"


def test_every_setting_has_its_flag(home: Path) -> None:
    from offboard_accelerator.settings import Settings, flag

    text = offboard(home, "serve", "--help", COLUMNS="200", TERMINAL_WIDTH="200").stdout
    for name in Settings.model_fields:
        for each in flag(name).split("/"):
            assert re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", text), each


def test_validate_without_a_daemon(home: Path) -> None:
    done = offboard(home, "validate")
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[:2] == ["Error: Failed to query accelerator metadata.", "Failed to detect any accelerator"]
    assert lines[-1] == "Start one with `offboard serve`, or point OFFBOARD_ENDPOINT at a running daemon"
    for command in (("validate",), ("describe",), ("terminate", "i-" + "0" * 17)):
        done = offboard(home, *command, OFFBOARD_ENDPOINT="127.0.0.1:9")
        assert done.returncode == 1
        assert "Failed to detect any accelerator\nNothing answers at 127.0.0.1:9" in done.stderr


def test_a_non_loopback_address_is_refused(home: Path) -> None:
    done = offboard(home, "serve", "--listen", "0.0.0.0:0")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "offboard serve: 0.0.0.0:0 is not a loopback address: give --tls-cert, --tls-key and --token-file, "
        "or listen on 127.0.0.1"
    )


def test_the_ready_line_of_a_person(home: Path) -> None:
    command = [sys.executable, "-m", "offboard.cli", "serve", "--limit", "plans=3"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(home))
    assert daemon.stdout
    line = daemon.stdout.readline()
    daemon.send_signal(signal.SIGINT)
    daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    where = r"127\.0\.0\.1:\d+ unix:\S+ http://127\.0\.0\.1:\d+"
    assert re.fullmatch(rf"offboard \S+ is ready at {where} with eia1\.medium eia-[0-9a-f]{{32}}\n", line)


def test_an_instance_gets_one_accelerator_and_keeps_it(pair: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    home, _ = pair
    first = json.loads(offboard(home, "validate", "--json").stdout)
    again = json.loads(offboard(home, "validate", "--json").stdout)
    assert first == again
    human = offboard(home, "validate").stdout
    assert f"Elastic Inference Accelerator ID: {first['accelerator']}" in human
    other = {"OFFBOARD_INSTANCE_ID": "i-" + "c" * 17}
    second = json.loads(offboard(home, "validate", "--json", **other).stdout)
    assert second["accelerator"] != first["accelerator"]
    third = offboard(home, "validate", OFFBOARD_INSTANCE_ID="i-" + "d" * 17)
    assert third.returncode == 1
    assert f"Accelerator {first['accelerator']} is associated with instance {first['instance']}" in third.stderr
    # The same instance without its secret: a copy of its id is not enough.
    stranger = offboard(
        tmp_path / "home", "validate", OFFBOARD_INSTANCE_ID=first["instance"], OFFBOARD_ENDPOINT=first["endpoint"]
    )
    assert stranger.returncode == 1
    assert "the secret shown is not the one" in stranger.stderr
    ended = json.loads(offboard(home, "terminate", second["instance"], "--json").stdout)
    assert (ended["state"], ended["accelerator"]) == ("disassociated", second["accelerator"])
    assert json.loads(offboard(home, "validate", "--json", OFFBOARD_INSTANCE_ID="i-" + "d" * 17).stdout)
    gone = offboard(home, "terminate", second["instance"])
    assert gone.returncode == 1
    assert "is not associated" in gone.stderr


def test_describe_counts_what_ran(pair: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    home, ready = pair
    script = tmp_path / "script.py"
    show = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'offboard.cli', 'describe', *sys.argv[1:]])"
    script.write_text(SCRIPT + show)
    done = offboard(home, "run", str(script), "--json")
    assert done.returncode == 0, done.stderr
    values, _, description = done.stdout.partition("\n")
    assert json.loads(values) == [1.0, 1.0]
    statuses = json.loads(description)["accelerators"]
    assert [each["id"] for each in statuses] == [each["id"] for each in ready["accelerators"]]
    (busy,) = (each for each in statuses if each["executors"])
    (executor,) = busy["executors"]
    assert (executor["forwards"], executor["bytes_in"], executor["bytes_out"]) == (1, 8, 8)
    assert busy["sessions"] == 1
    assert busy["association"]["state"] == "associated"
    shown = offboard(home, "run", str(script)).stdout
    assert busy["id"] in shown
    assert "forwards" in shown


def test_describe_knows_an_accelerator_whose_worker_is_away(pair: tuple[Path, dict[str, Any]]) -> None:
    home, ready = pair
    supervisor = ready["process"].pid
    workers = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    assert len(workers) >= 2
    before = json.loads(offboard(home, "describe", "--json").stdout)["accelerators"]
    for pid in workers:
        os.kill(int(pid), signal.SIGKILL)
    away = json.loads(offboard(home, "describe", "--json").stdout)["accelerators"]
    assert [each["id"] for each in away] == [each["id"] for each in before]
    deadline = time.monotonic() + 20
    while True:
        after = json.loads(offboard(home, "describe", "--json").stdout)["accelerators"]
        if all(each["worker"]["restarts"] and each["worker"]["generation"] for each in after):
            break
        assert time.monotonic() < deadline, after
    assert [each["endpoints"] for each in after] == [each["endpoints"] for each in before]


@pytest.mark.parametrize("accelerators", [1, 2])
def test_tls_and_token(home: Path, tmp_path: Path, accelerators: int) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(tmp_path / "cert.pem", append=True)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "token").write_text("hush\n")
    flags = ["--listen", "0.0.0.0:0", "--advertise", "localhost", "--http", "off"]
    for name, file in (("tls-cert", "cert.pem"), ("tls-key", "key.pem"), ("token-file", "token")):
        flags += [f"--{name}", str(tmp_path / file)]
    flags += ["--accelerator-type", "eia1.medium"] * accelerators
    with serving(home, *flags) as ready:
        assert re.fullmatch(r"localhost:\d+", ready["grpc"])
        remote = {"OFFBOARD_ENDPOINT": ready["grpc"], "OFFBOARD_CA": str(tmp_path / "ca.pem")}
        elsewhere = tmp_path / "elsewhere"
        assert json.loads(offboard(elsewhere, "validate", "--json", **remote, OFFBOARD_TOKEN="hush").stdout)
        script = tmp_path / "remote.py"
        script.write_text(ELSEWHERE + SCRIPT)
        ran = offboard(elsewhere, "run", str(script), **remote, OFFBOARD_TOKEN="hush")
        assert ran.stdout == "False\n[1.0, 1.0]\n", ran.stderr
        refused = offboard(elsewhere, "validate", **remote, OFFBOARD_TOKEN="wrong")
        assert refused.returncode == 1
        assert "set OFFBOARD_TOKEN" in refused.stderr
        plain = offboard(elsewhere, "validate", OFFBOARD_ENDPOINT=ready["grpc"], OFFBOARD_TOKEN="hush")
        assert plain.returncode == 1
        assert "Nothing answers" in plain.stderr
        # On the daemon's own host its file says where the token lies.
        described = json.loads(offboard(home, "describe", "--json").stdout)["accelerators"]
        assert len(described) == accelerators


def test_run_embedded_leaves_no_state(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = offboard(home, "run", "--embedded", str(script))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [1.0, 1.0]
    assert not home.exists()


def test_version(home: Path) -> None:
    from offboard.version import __version__

    assert offboard(home, "--version").stdout.strip() == __version__
