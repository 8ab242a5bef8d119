"""The Java and Scala programs of the original's developer guide run as they are, on an accelerator.

Their text is taken from the guide. What a page break did to it is undone: blocks cut in two, a program that was closed
at the break, strings and an arrow over two lines. Nothing but where files come from is replaced.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jvm_build import Repository
from jvm_program import Program, dependency
from offboard_accelerator.embedded import EmbeddedDaemon

_FENCE = "```\n"
# What the guide's programs depend on is of Scala 2.11.
GUIDE_DEPENDENCY = dependency("2.11", "[0.1.0,)")


def programs(guide: str) -> list[str]:
    """The whole programs on Context.eia(), in the guide's order: one in Java, four in Scala."""
    blocks = guide.replace("\u000c", "").split(_FENCE)[1::2]
    found: list[str] = []
    for block in blocks:
        if re.match(r"(package mxnet;|import (org\.apache\.mxnet|java\.io))", block):
            found.append(block)
        elif found and not block.startswith(("<", "$")) and not finished(found[-1], block):
            found[-1] = joined(found[-1], block)
    return [repaired(program) for program in found if "object Example" in program or "class Example" in program]


def depth(text: str) -> int:
    return text.count("{") - text.count("}")


def finished(program: str, block: str) -> bool:
    """Whether the block that follows is none of the program's."""
    return "Example" in program and depth(program) == 0 and depth(block) == 0


def joined(program: str, rest: str) -> str:
    """Both sides of a page break; where the program was closed before it, that is taken back."""
    if depth(program) == 0 and "Example" in program:
        program = re.sub(r"[\s}]*\Z", "\n", program)
    whole = program + rest
    lacking = depth(whole)
    return whole + "}\n" * lacking


def repaired(program: str) -> str:
    lines: list[str] = []
    for line in program.splitlines():
        if lines and lines[-1].count('"') % 2:
            lines[-1] = lines[-1].rstrip() + line
        elif lines and lines[-1].endswith("-") and line.startswith(">"):
            lines[-1] += line
        else:
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> list[str]:
    (guide,) = (shared_data / "guide").glob("*.txt")
    return programs(guide.read_text("utf-8"))


@pytest.fixture(scope="module")
def site(classifier, tmp_path_factory) -> Path:
    """What the programs download, where the addresses that they ask for are replaced to point to."""
    folder = tmp_path_factory.mktemp("site")
    layers = folder / "models" / "resnet" / "152-layers"
    layers.mkdir(parents=True)
    for suffix in ("symbol.json", "0000.params"):
        (layers / f"resnet-152-{suffix}").write_bytes(Path(f"{classifier.prefix}-{suffix}").read_bytes())
    (folder / "models" / "synset.txt").write_bytes((classifier.prefix.parent / "synset.txt").read_bytes())
    (folder / "cat.jpg").write_bytes(classifier.photograph.read_bytes())
    return folder


def test_the_programs_are_found(texts):
    assert len(texts) == 5
    assert texts[0].startswith("package mxnet;")
    assert all(depth(text) == 0 for text in texts)
    assert all("Context.eia()" in text for text in texts)


@pytest.fixture(scope="module")
def outputs(texts, site, repository, accelerator, tmp_path_factory) -> list[list[str]]:
    """What each program prints."""
    return [output(text, site, repository, accelerator, tmp_path_factory.mktemp("program")) for text in texts]


def output(text: str, site: Path, repository: Repository, accelerator: EmbeddedDaemon, folder: Path) -> list[str]:
    placed = text.replace("http://data.mxnet.io/models/imagenet", (site / "models").as_uri())
    placed = re.sub(r'"https://github\.com/[^"]*/cat\.jpg\?raw=true"', f'"{(site / "cat.jpg").as_uri()}"', placed)
    program = Program(repository, folder, placed, GUIDE_DEPENDENCY)
    downloads = folder / "downloads"
    downloads.mkdir()
    # The programs put a file's name right behind the folder's.
    return program.run(accelerator.environment, options=[f"-Djava.io.tmpdir={downloads}/"])


def test_the_java_predictor_names_what_python_names(outputs, classifier):
    assert [re.fullmatch(r"\d: (.*) - \d+", line).group(1) for line in outputs[0]] == classifier.best(5)


def test_simple_bind(outputs):
    printed = "\n".join(outputs[1])
    assert printed.count("2.718") == 10
    assert "Inference 10, output = " in printed


def test_bind(outputs):
    printed = "\n".join(outputs[2])
    first, second = printed.split("2nd Inference")
    assert re.findall(r"\d\.\d", first) == ["3.0", "5.0"]
    assert re.findall(r"\d\.\d", second) == ["2.0", "2.0"]


def test_the_module_prints_the_five_lowest_as_the_program_is_written(outputs, classifier):
    assert [re.match(r"Option \d: (.*) -", line).group(1) for line in outputs[3]] == classifier.lowest(5)


def test_the_image_classifier_names_what_python_names(outputs, classifier):
    assert [re.match(r"Option \d: (.*) - ", line).group(1) for line in outputs[4]] == classifier.best(5)
