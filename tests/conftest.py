"""Fixtures shared by all tests: where bigger data and the JVM's build lie, and how many tests were left out without."""

import os
import shutil
from pathlib import Path

import pytest

import java_runtimes
from jvm_build import JvmBuild

ROOT = Path(__file__).resolve().parent.parent
# What a test may want and not find: the beginning of the reason that it skips with, and how the summary counts it.
_WANTED = {"no test data": "test data", "no JVM build": "a JVM build"}
_SKIPPED = pytest.StashKey[dict[str, int]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SKIPPED] = dict.fromkeys(_WANTED, 0)


def pytest_report_header() -> list[str]:
    return [f"{each}: {each.java}" for each in java_runtimes.runtimes()]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of bigger test data (OFFBOARD_TEST_DATA, default ../shared); tests skip without it."""
    folder = Path(os.environ.get("OFFBOARD_TEST_DATA", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("no test data: set OFFBOARD_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def jvm_build() -> JvmBuild:
    """What ``make jvm`` left; tests skip without it."""
    build = JvmBuild(ROOT / "jvm")
    missing = [tool for tool in ("java", "javac", "mvn") if shutil.which(tool) is None]
    if missing or not build.complete():
        pytest.skip(f"no JVM build: {'no ' + ', no '.join(missing) if missing else 'run `make jvm`'}")
    return build


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.skipped:
        for reason in _WANTED:
            item.config.stash[_SKIPPED][reason] += reason in str(report.longrepr)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason, what in _WANTED.items():
        terminalreporter.write_line(f"skipped for want of {what}: {terminalreporter.config.stash[_SKIPPED][reason]}")
