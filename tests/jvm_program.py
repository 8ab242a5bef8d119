"""A program of one source file as a Maven project of its own, built against an installed artifact and run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jvm_build import Repository

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>program</groupId><artifactId>program</artifactId><version>1</version>
  <properties>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
    <maven.compiler.release>11</maven.compiler.release>
  </properties>
  <dependencies>{dependency}</dependencies>
  <build><plugins>
    <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.14.1</version></plugin>
    <plugin>
      <groupId>net.alchim31.maven</groupId><artifactId>scala-maven-plugin</artifactId><version>4.9.10</version>
      <executions><execution><goals><goal>compile</goal></goals></execution></executions>
    </plugin>
    <plugin>
      <artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version>
      <executions><execution>
        <phase>compile</phase><goals><goal>build-classpath</goal></goals>
        <configuration><outputFile>${{project.build.directory}}/classpath.txt</outputFile></configuration>
      </execution></executions>
    </plugin>
  </plugins></build>
</project>
"""


def dependency(scala: str, version: str) -> str:
    """What a program's POM says to have our API."""
    return (
        f"<dependency><groupId>io.offboard</groupId><artifactId>mxnet-full_{scala}</artifactId>"
        f"<version>{version}</version></dependency>"
    )


@dataclass(frozen=True)
class Program:
    """Built when it is first run; Java if it declares a class, Scala if an object."""

    repository: Repository
    folder: Path
    text: str
    dependency: str

    def run(self, environment: Mapping[str, str], options: Sequence[str] = ()) -> list[str]:
        """What it prints, by lines, where no Python is at hand; fails where it fails, or had no accelerator."""
        language, name = re.search(r"\b(class|object) (\w+)", self.text).groups()
        package = re.match(r"package (\w+)", self.text)
        qualified = f"{package.group(1)}.{name}" if package else name
        language = "java" if language == "class" else "scala"
        source = self.folder / "src" / "main" / language / f"{qualified.replace('.', '/')}.{language}"
        source.parent.mkdir(parents=True)
        source.write_text(self.text, "utf-8")
        (self.folder / "pom.xml").write_text(_POM.format(dependency=self.dependency), "utf-8")
        self.repository.maven(self.folder, "compile")
        target = self.folder / "target"
        path = f"{target / 'classes'}{os.pathsep}{(target / 'classpath.txt').read_text('utf-8').strip()}"
        done = subprocess.run(
            ["java", *options, "-cp", path, qualified],
            env={**os.environ, "OFFBOARD_PYTHON": "/nonexistent/python", **environment},
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Number of Elastic Inference Accelerators Available: 1" in done.stderr
        return done.stdout.splitlines()
