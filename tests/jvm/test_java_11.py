"""The artifacts are for Java 11: class files of its version at most, which use nothing that it does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

import java_runtimes
from jvm_build import SCALA_VERSIONS, JvmBuild
from jvm_platform import Platform, class_files

JAVA_11 = 55


@pytest.fixture(scope="module")
def platform(jvm_build: JvmBuild) -> Platform:
    return Platform(java_runtimes.runtimes()[0].java.parents[1], 11)


@pytest.fixture(scope="module", params=["client", *(f"mxnet_{scala}" for scala in SCALA_VERSIONS)])
def jar(request: pytest.FixtureRequest, jvm_build: JvmBuild) -> Path:
    jars = [
        each
        for each in (jvm_build.folder / request.param / "target").glob("*.jar")
        if not each.stem.endswith(("-sources", "-javadoc"))
    ]
    assert len(jars) == 1
    return jars[0]


def test_the_platform_is_read(platform):
    strip = ("java/lang/String", "strip()Ljava/lang/String;")
    inherited = ("java/util/List", "hashCode()I")
    formatted = ("java/lang/String", "formatted([Ljava/lang/Object;)Ljava/lang/String;")
    address = ("java/net/UnixDomainSocketAddress", "")
    assert platform.lacks({strip, inherited, formatted, address, ("scala/Option", "")}) == {formatted, address}


def test_class_files_are_of_java_11_at_most(jar):
    versions = {each.version for each in class_files(jar)}
    assert versions
    assert max(versions) <= JAVA_11


def test_only_what_java_11_has_is_used(jar, platform):
    used = {use for each in class_files(jar) for use in each.uses}
    assert ("java/lang/Object", "<init>()V") in used
    assert not platform.lacks(used)
