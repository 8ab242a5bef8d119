"""What ``make jvm`` leaves behind, and how programs among the JVM's tests are started."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCALA_VERSIONS = ("2.11", "2.12", "2.13")


# The build's repository first; what it did not need (a logger, another plugin) comes from where Maven has it from.
_SETTINGS = """<settings>
  <profiles><profile>
    <id>build</id>
    <repositories><repository><id>build</id><url>{repository}</url></repository></repositories>
    <pluginRepositories><pluginRepository><id>build</id><url>{repository}</url></pluginRepository></pluginRepositories>
  </profile></profiles>
  <activeProfiles><activeProfile>build</activeProfile></activeProfiles>
</settings>
"""
_METADATA = """<metadata><groupId>io.offboard</groupId><artifactId>{artifact}</artifactId><versioning>
  <release>{version}</release><versions><version>{version}</version></versions>
</versioning></metadata>
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

    def command(
        self,
        program: str,
        *arguments: str,
        scala: str = "2.13",
        options: tuple[str, ...] = (),
        java: str | os.PathLike[str] = "java",
    ) -> list[str]:
        """Starts a class among the tests of a Scala version."""
        target = self.module(scala)
        libraries = (target / "test-classpath.txt").read_text("utf-8").strip()
        path = os.pathsep.join([str(target / "test-classes"), str(target / "classes"), libraries])
        return [os.fspath(java), *options, "-cp", path, program, *arguments]

    def environment(self) -> dict[str, str]:
        """This process's, with its Python as the instance's."""
        return {**os.environ, "OFFBOARD_PYTHON": sys.executable}

    def local_repository(self) -> Path:
        """Where the build took its libraries from."""
        libraries = (self.module("2.13") / "test-classpath.txt").read_text("utf-8").strip().split(os.pathsep)
        (gson,) = (Path(each) for each in libraries if "/com/google/code/gson/gson/" in each)
        return gson.parents[6]

    def install(self, folder: Path) -> Repository:
        """Puts the artifacts that were built into a repository of their own, laid out as ``mvn install`` does."""
        settings = folder / "settings.xml"
        settings.write_text(_SETTINGS.format(repository=self.local_repository().as_uri()), "utf-8")
        made = Repository(folder / "repository", settings)
        for project in (self.folder, *(self.folder / name for name in ("client", "mxnet"))):
            made.add(project)
        for scala in SCALA_VERSIONS:
            made.add(self.module(scala).parent)
        return made


@dataclass(frozen=True)
class Repository:
    """A local Maven repository with our artifacts, that takes what else it needs from the one of the build."""

    folder: Path
    settings: Path

    def add(self, project: Path) -> None:
        """A project's POM, and the jars that it was packaged into."""
        text = (project / "pom.xml").read_text("utf-8")
        # The project's own names come after those of its parent.
        plain = re.sub(r"<parent>.*?</parent>", "", text, flags=re.S)
        artifact = re.search(r"<artifactId>(.*?)</artifactId>", plain).group(1)
        version = re.search(r"<version>(.*?)</version>", text).group(1)
        home = self.folder / "io" / "offboard" / artifact
        (home / version).mkdir(parents=True)
        (home / version / f"{artifact}-{version}.pom").write_text(text, "utf-8")
        for jar in (project / "target").glob(f"{artifact}-{version}*.jar"):
            shutil.copy(jar, home / version)
        (home / "maven-metadata-local.xml").write_text(_METADATA.format(artifact=artifact, version=version), "utf-8")

    def maven(self, project: Path, *arguments: str, timeout: float = 600) -> str:
        """Runs Maven on ``project``/pom.xml; what it printed. Fails with that where it fails."""
        command = ["mvn", "--batch-mode", "--no-transfer-progress", "--file", str(project / "pom.xml")]
        command += ["--settings", str(self.settings), f"-Dmaven.repo.local={self.folder}"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=timeout)
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        return done.stdout
