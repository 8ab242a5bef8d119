"""Plays every conformance case on every driver."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

import java_runtimes
from offboard import rules

HERE = Path(__file__).parent
LANGUAGES = ["python", "java", "scala-2.11", "scala-2.12", "scala-2.13"]
# What the build's own Java plays by all four, every other Java plays by two of them.
LANGUAGES += [f"{language} on {java}" for java in java_runtimes.runtimes()[1:] for language in ("java", "scala-2.12")]
KNOWN_FAILURES: dict[str, list[str]] = json.loads((HERE / "known_failures.json").read_text())


def load_cases() -> list[dict[str, Any]]:
    cases = []
    for path in sorted((HERE / "cases").glob("*.json")):
        # Cases name files of tests/data.
        topic = json.loads(path.read_text().replace("{data}", (HERE.parent / "data").as_posix()))
        cases += [{**case, "name": f"{path.stem}: {case['name']}"} for case in topic["cases"]]
    return cases


def pattern(rule: str, fields: dict[str, Any]) -> str:
    """A rule's whole text; fields that a case does not tell may be anything but empty."""
    text: str = rules.catalogue()["texts"][rule]
    parts = re.split(r"\{(\w+)\}", text)
    return "".join(
        re.escape(part) if index % 2 == 0 else re.escape(str(fields[part])) if part in fields else "(?:.|\n)+?"
        for index, part in enumerate(parts)
    )


def check(step: dict[str, Any], answer: dict[str, Any], classes: dict[str, str]) -> None:
    expected = step.get("expect", {})
    if "error" not in expected:
        assert "error" not in answer, f"{step['do']} failed: {answer['error']}"
        if "value" in expected:
            assert answer["value"] == expected["value"], step
        if "text" in expected:
            wanted = expected["text"]
            found = re.findall(pattern(wanted["rule"], wanted["fields"]), answer["value"])
            assert len(found) == wanted["times"], answer["value"]
        if "close" in expected:
            numpy.testing.assert_allclose(answer["value"], expected["close"], rtol=0, atol=1e-4)
        return
    assert "error" in answer, f"{step['do']} was to fail and did not: {answer}"
    wanted, got = expected["error"], answer["error"]
    assert got["class"] == classes.get(wanted["class"], wanted["class"]), got
    if "rule" in wanted:
        assert re.search(pattern(wanted["rule"], wanted["fields"]), got["text"]), got["text"]
    for part in wanted.get("contains", []):
        assert part in got["text"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case["name"])
def test_case(
    case: dict[str, Any],
    language: str,
    drivers: Callable[[str, str], Any],
    request: pytest.FixtureRequest,
) -> None:
    driver = drivers(language, case["environment"])
    missing = set(case["requires"]) - set(driver.capabilities)
    if missing:
        pytest.skip(f"{language} does not advertise {', '.join(sorted(missing))}")
    if case["name"] in KNOWN_FAILURES[language.partition(" on ")[0]]:
        request.applymarker(pytest.mark.xfail(strict=True, reason="listed in known_failures.json"))
    driver.ask({"do": "begin"})
    for step in case["steps"]:
        check(step, driver.ask(step), driver.classes)
