"""Fixtures shared by all tests: where bigger data lies, and how many tests were left out without it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_SKIPPED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SKIPPED] = []


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of bigger test data (OFFBOARD_TEST_DATA, default ../shared); tests skip without it."""
    folder = Path(os.environ.get("OFFBOARD_TEST_DATA", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("no test data: set OFFBOARD_TEST_DATA")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.skipped and "no test data" in str(report.longrepr):
        item.config.stash[_SKIPPED].append(item.nodeid)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.config.stash[_SKIPPED]
    terminalreporter.write_line(f"skipped for want of test data: {len(skipped)}")
