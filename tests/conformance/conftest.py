"""Environments that cases need and driver processes that play them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from offboard_accelerator import embedded

HERE = Path(__file__).parent
DRIVERS: dict[str, list[str]] = {"python": [sys.executable, str(HERE / "drivers" / "python_driver.py")]}
SMALL_TYPE = '[accelerator_types."small.16m"]\nmemory_bytes = 16777216\nthreads = 1\n'


class Driver:
    """A driver process: one JSON document a line, both ways."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        self.capabilities: list[str] = self.ask({"do": "hello"})["capabilities"]

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the driver ended with {self.process.wait(10)}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self.process.communicate(timeout=30)


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, str]]]:
    """Makes an environment of a case on first use: the variables that point a client at it."""
    made: dict[str, dict[str, str]] = {}
    running: list[Any] = []

    def make(name: str) -> dict[str, str]:
        home = str(tmp_path_factory.mktemp(name))
        if name == "absent":
            return {"OFFBOARD_HOME": home, "OFFBOARD_ENDPOINT": "127.0.0.1:9"}
        if name == "small":
            config = tmp_path_factory.mktemp("config") / "offboard.toml"
            config.write_text(SMALL_TYPE)
            daemon = embedded.start("small.16m", config=config)
        else:
            daemon = embedded.start("eia1.medium")
        running.append(daemon)
        variables = {"OFFBOARD_HOME": home, "OFFBOARD_ENDPOINT": daemon.endpoint}
        if name == "elsewhere":
            other = {**os.environ, **variables, "OFFBOARD_HOME": str(tmp_path_factory.mktemp("other"))}
            subprocess.run([sys.executable, "-m", "offboard.cli", "validate"], env=other, check=True, timeout=60)
        return variables

    def environment(name: str) -> dict[str, str]:
        if name not in made:
            made[name] = make(name)
        return made[name]

    yield environment
    for daemon in running:
        daemon.close()


@pytest.fixture(scope="session")
def drivers(environments: Callable[[str], dict[str, str]]) -> Iterator[Callable[[str, str], Driver]]:
    """One process for each language and environment, started on first use."""
    started: dict[tuple[str, str], Driver] = {}

    def driver(language: str, environment: str) -> Driver:
        key = (language, environment)
        if key not in started:
            started[key] = Driver(DRIVERS[language], environments(environment))
        return started[key]

    yield driver
    for each in started.values():
        each.close()
