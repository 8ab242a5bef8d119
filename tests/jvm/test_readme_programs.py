"""The README's Java and Scala programs, with the dependency as it shows it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from jvm_program import Program

README = Path(__file__).parents[2] / "README.md"


def block(language: str) -> str:
    """The README's only block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", README.read_text("utf-8"), flags=re.M | re.S)
    return found


def test_the_java_program(repository, accelerator, classifier, tmp_path):
    (tmp_path / "model").mkdir()
    for suffix in ("symbol.json", "0000.params"):
        shutil.copy(f"{classifier.prefix}-{suffix}", tmp_path / "model" / f"net-{suffix}")
    shutil.copy(classifier.photograph, tmp_path / "cat.png")
    (line,) = Program(repository, tmp_path, block("java"), block("xml")).run(accelerator.environment)
    first = float(re.fullmatch(r"1000 scores, the first is (.*)", line).group(1))
    assert first == pytest.approx(float(classifier.probabilities[0]), abs=1e-6)


def test_the_scala_program(repository, accelerator, tmp_path):
    lines = Program(repository, tmp_path, block("scala"), block("xml")).run(accelerator.environment)
    assert re.findall(r"\d\.\d", "".join(lines)) == ["3.0", "5.0"]
