"""Environments that cases need and driver processes that play them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import java_runtimes
from driver_process import Driver
from jvm_build import JvmBuild
from offboard_accelerator import embedded

HERE = Path(__file__).parent
# Drivers on the JVM: the program among the tests of jvm/mxnet, and the Scala version whose artifact it drives.
JVM_DRIVERS = {
    "java": ("io.offboard.conformance.JavaDriver", "2.11"),
    "scala-2.11": ("io.offboard.conformance.ScalaDriver", "2.11"),
    "scala-2.12": ("io.offboard.conformance.ScalaDriver", "2.12"),
    "scala-2.13": ("io.offboard.conformance.ScalaDriver", "2.13"),
}
SMALL_TYPE = '[accelerator_types."small.16m"]\nmemory_bytes = 16777216\nthreads = 1\n'


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
def drivers(
    environments: Callable[[str], dict[str, str]], request: pytest.FixtureRequest
) -> Iterator[Callable[[str, str], Driver]]:
    """One process for each language and environment, started on first use."""
    started: dict[tuple[str, str], Driver] = {}

    def command(language: str) -> list[str]:
        if language == "python":
            return [sys.executable, str(HERE / "drivers" / "python_driver.py")]
        build: JvmBuild = request.getfixturevalue("jvm_build")
        name, _, version = language.partition(" on ")
        program, scala = JVM_DRIVERS[name]
        java = next((each.java for each in java_runtimes.runtimes() if str(each) == version), "java")
        return build.command(program, scala=scala, java=java)

    def driver(language: str, environment: str) -> Driver:
        key = (language, environment)
        if key not in started:
            started[key] = Driver(command(language), environments(environment))
        return started[key]

    yield driver
    for each in started.values():
        each.close()
