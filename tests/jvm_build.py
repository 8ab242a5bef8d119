"""What ``make jvm`` leaves behind, and how programs among the JVM's tests are started."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCALA_VERSIONS = ("2.11", "2.12", "2.13")


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

    def maven(self, *arguments: str, folder: Path | None = None, timeout: float = 600) -> str:
        """Runs Maven on ``folder``/pom.xml (default: ``jvm/``); what it printed. Fails with that where it fails."""
        command = ["mvn", "--batch-mode", "--no-transfer-progress", "--file", str((folder or self.folder) / "pom.xml")]
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=False, timeout=timeout, env=self.environment()
        )
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        return done.stdout
