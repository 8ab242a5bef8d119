"""What ``make jvm`` leaves behind, and how programs among the JVM's tests are started."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCALA_VERSIONS = ("2.11", "2.12", "2.13")


_SETTINGS = """<settings><mirrors><mirror>
  <id>build</id><mirrorOf>*</mirrorOf><url>{repository}</url>
</mirror></mirrors></settings>
"""


@dataclass(frozen=True)
class JvmBuild:
    """The folder ``jvm/``, built."""

    folder: Path

    def module(self, scala: str) -> Path:
        """Where the artifact of a Scala version is built."""
        return self.folder / f"mxnet_{scala}" / "target"

    def complete(self) -> bool:
        return all((self.module(scala) / "test-classpath.txt").exists() for scala in SCALA_VERSIONS)

    def command(self, program: str, *arguments: str, scala: str = "2.13", options: tuple[str, ...] = ()) -> list[str]:
        """Starts a class among the tests of a Scala version."""
        target = self.module(scala)
        libraries = (target / "test-classpath.txt").read_text("utf-8").strip()
        path = os.pathsep.join([str(target / "test-classes"), str(target / "classes"), libraries])
        return ["java", *options, "-cp", path, program, *arguments]

    def environment(self) -> dict[str, str]:
        """This process's, with its Python as the instance's."""
        return {**os.environ, "OFFBOARD_PYTHON": sys.executable}

    def local_repository(self) -> Path:
        """Where the build took its libraries from."""
        libraries = (self.module("2.13") / "test-classpath.txt").read_text("utf-8").strip().split(os.pathsep)
        (gson,) = (Path(each) for each in libraries if "/com/google/code/gson/gson/" in each)
        return gson.parents[6]

    def install(self, folder: Path) -> Repository:
        """Installs the artifacts that were built, as they are, into a repository of their own in ``folder``."""
        settings = folder / "settings.xml"
        settings.write_text(_SETTINGS.format(repository=self.local_repository().as_uri()), "utf-8")
        made = Repository(folder / "repository", settings)
        made.maven(
            self.folder, "install", "-Dmaven.main.skip", "-Dmaven.test.skip", "-Dmaven.javadoc.skip", "-Dexec.skip",
        )  # fmt: skip
        return made


@dataclass(frozen=True)
class Repository:
    """A local Maven repository that knows no other than the one of the build: what is not there fails at once."""

    folder: Path
    settings: Path

    def maven(self, project: Path, *arguments: str, timeout: float = 600) -> str:
        """Runs Maven on ``project``/pom.xml; what it printed. Fails with that where it fails."""
        command = ["mvn", "--batch-mode", "--no-transfer-progress", "--file", str(project / "pom.xml")]
        command += ["--settings", str(self.settings), f"-Dmaven.repo.local={self.folder}"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=timeout)
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        return done.stdout
