"""The example applications build against the installed artifacts alone, and run on an accelerator."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import cv2
import pytest

import java_runtimes
import offboard.mxnet as mx
from java_runtimes import JavaRuntime
from jvm_build import JvmBuild, Repository
from offboard_accelerator.embedded import EmbeddedDaemon

ROOT = Path(__file__).parents[2]
EVERY_JAVA = pytest.mark.parametrize("java", java_runtimes.runtimes(), ids=str)


@pytest.fixture(scope="module")
def examples(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples' folder, copied to where nothing of ours is near, and built."""
    folder = tmp_path_factory.mktemp("examples") / "examples"
    shutil.copytree(ROOT / "jvm" / "examples", folder, ignore=shutil.ignore_patterns("target"))
    repository.maven(folder, "package")
    return folder


def run(
    example: Path, java: JavaRuntime, jvm_build: JvmBuild, accelerator: EmbeddedDaemon, *arguments: object
) -> list[str]:
    """The lines that an example prints, without Python at hand."""
    environment = {**jvm_build.environment(), **accelerator.environment, "OFFBOARD_PYTHON": "/nonexistent/python"}
    jar = example / "target" / f"{example.name}.jar"
    done = subprocess.run(
        [java.java, "-jar", str(jar), *map(str, arguments)],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Number of Elastic Inference Accelerators Available: 1" in done.stderr
    return done.stdout.splitlines()


@EVERY_JAVA
@pytest.mark.parametrize("name", ["java-predictor", "scala-image-classifier"])
def test_a_classifier_gives_the_labels_that_python_gives(name, java, examples, jvm_build, accelerator, classifier):
    lines = run(examples / name, java, jvm_build, accelerator, classifier.prefix, classifier.photograph)
    printed = [line.rsplit(" ", 1) for line in lines]
    assert [label for label, _ in printed] == classifier.best(5)
    wanted = sorted(classifier.probabilities, reverse=True)[:5]
    assert [float(score) for _, score in printed] == pytest.approx(wanted, abs=1e-4)


@EVERY_JAVA
def test_a_symbol_and_a_module(java, examples, jvm_build, accelerator, classifier):
    lines = run(examples / "scala-module", java, jvm_build, accelerator, classifier.prefix, classifier.photograph)
    assert lines[:2] == ["a + b = 3.0, 5.0", "1 + b = 3.0, 4.0"]
    assert [line.rsplit(" ", 1)[0] for line in lines[2:]] == classifier.best(5)


@EVERY_JAVA
def test_objects_are_where_python_finds_them(java, examples, jvm_build, accelerator, shared_data, tmp_path):
    """A detector of faces that takes pixels as they are: (x - 127) / 128 is put before it, as for the classifier."""
    source = shared_data / "models" / "ultraface-ssd-mxnet" / "ultraface-rfb-320"
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(source), 0)
    whole = symbol(data=(mx.sym.Variable("data") - 127) / 128)
    prefix = tmp_path / "faces"
    mx.model.save_checkpoint(str(prefix), 0, whole, arguments, auxiliary)
    (tmp_path / "synset.txt").write_text("face\n", "utf-8")
    picture = cv2.imread(str(shared_data / "models" / "images" / "astronaut.png"))
    image = tmp_path / "astronaut.png"
    cv2.imwrite(str(image), cv2.resize(picture, (320, 240)))

    lines = run(examples / "java-object-detector", java, jvm_build, accelerator, prefix, image, 240, 320)
    label, probability, *corners = re.fullmatch(r"(\w+) ([\d.]+) at (\d+),(\d+) to (\d+),(\d+)", lines[0]).groups()
    assert label == "face"
    assert float(probability) > 0.99
    assert [int(each) for each in corners] == pytest.approx([112, 29, 167, 81], abs=12)
