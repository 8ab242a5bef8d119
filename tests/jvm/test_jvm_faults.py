"""kill -9 of the worker, of the instance's Python, and of the JVM: right or typed answers, and nothing orphaned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from driver_process import Driver
from jvm_build import JvmBuild
from offboard_accelerator import embedded
from worker_process import worker_of

LENET = Path(__file__).parents[1] / "data" / "digits-lenet"
DRIVER = "io.offboard.conformance.ScalaDriver"
PATIENCE = 120.0


@pytest.fixture
def daemon() -> Iterator[embedded.EmbeddedDaemon]:
    """An accelerator whose sessions lapse soon."""
    with embedded.start("eia1.medium", arguments=["--limit", "lease_seconds=5"]) as started:
        yield started


@pytest.fixture
def driver(daemon: embedded.EmbeddedDaemon, jvm_build: JvmBuild) -> Iterator[Driver]:
    """A JVM with a predictor ``net`` on ``eia`` and an input ``x``."""
    made = Driver(jvm_build.command(DRIVER), daemon.environment)
    digit = np.load(LENET / "golden.npz")["data"][:1]
    keep(made, {"do": "array", "values": digit.tolist(), "as": "x"})
    yield made
    made.close()


def keep(driver: Driver, request: dict[str, object]) -> None:
    assert "error" not in (answer := driver.ask(request)), answer


def predictor(driver: Driver, kind: str) -> None:
    keep(driver, {"do": "context", "kind": kind, "as": "ctx"})
    keep(
        driver,
        {
            "do": "predictor", "checkpoint": str(LENET / "digits-lenet"), "epoch": 30,
            "data_shapes": {"data": [1, 1, 8, 8]}, "context": "ctx", "as": "net",
        },
    )  # fmt: skip


def predict(driver: Driver) -> dict[str, object]:
    """A right answer, or a typed error: anything else fails."""
    answer = driver.ask({"do": "predict", "predictor": "net", "input": "x"})
    if "error" in answer:
        assert answer["error"]["class"] == "MXNetError", answer
    else:
        expected = np.load(LENET / "golden.npz")["softmax_output"][:1]
        np.testing.assert_allclose(answer["value"], expected, atol=1e-4)
    return answer


def until(reached: Callable[[], bool]) -> None:
    """Waits for a state that has to come; how soon is not asserted."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def executors(daemon: embedded.EmbeddedDaemon) -> int:
    """How many the accelerator holds."""
    command = [sys.executable, "-m", "offboard.cli", "describe", "--json"]
    environment = {**os.environ, **daemon.environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return sum(len(each["executors"]) for each in json.loads(done.stdout)["accelerators"])


def test_a_killed_worker(driver, daemon):
    predictor(driver, "eia")
    assert "error" not in predict(driver)
    for _ in range(2):
        os.kill(worker_of(daemon.pid), signal.SIGKILL)
        answers = [predict(driver) for _ in range(20)]
        until(lambda: "error" not in predict(driver))
        assert sum("error" in answer for answer in answers) <= 10


def test_a_killed_gateway(driver, daemon):
    predictor(driver, "cpu")
    assert "error" not in predict(driver)
    gateway = gateway_of(driver)
    gateway.kill()
    predict(driver)
    until(lambda: "error" not in predict(driver))
    assert gateway_of(driver).pid != gateway.pid
    # Its token was in no file, so that none is left.
    assert not list(Path(daemon.environment["OFFBOARD_HOME"]).glob("*gateway*"))


def gateway_of(driver: Driver) -> psutil.Process:
    """The instance's Python that a JVM started."""
    children = psutil.Process(driver.process.pid).children()
    (found,) = (each for each in children if each.status() != psutil.STATUS_ZOMBIE and "gateway" in each.cmdline())
    return found


def test_a_killed_jvm_leaves_nothing(driver, daemon):
    before = set(os.listdir("/dev/shm"))
    predictor(driver, "cpu")
    predict(driver)
    gateway = gateway_of(driver)
    predictor(driver, "eia")
    assert "error" not in predict(driver)
    assert executors(daemon) == 1
    family = [gateway, *gateway.children(recursive=True)]
    driver.process.kill()
    driver.process.wait()
    until(lambda: not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family))
    until(lambda: executors(daemon) == 0)
    left = {name for name in set(os.listdir("/dev/shm")) - before if "offboard" in name}
    assert not left
