"""The classes of our jars against the inventory of MXNet's: every member by name and erased parameter types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jvm_build import SCALA_VERSIONS, JvmBuild
from jvm_class_files import ClassFiles
from jvm_inventory import Wanted, inventory
from jvm_signatures import signatures

# Members that we leave out, by class, each with its reason: `[]` of members is the whole class; `scala` says in which
# versions only.
MISSING = json.loads((Path(__file__).parent / "missing.json").read_text("utf-8"))
JAVA = "org.apache.mxnet.javaapi."
# Operators that are methods of an array, too.
ARRAY_METHODS = {"reshape", "slice"}


@pytest.fixture(scope="module", params=SCALA_VERSIONS)
def scala(request: pytest.FixtureRequest) -> str:
    version: str = request.param
    return version


@pytest.fixture(scope="module")
def classes(scala: str, jvm_build: JvmBuild) -> ClassFiles:
    return ClassFiles(jvm_build.module(scala) / "classes" / "org")


@pytest.fixture(scope="module")
def facts(shared_data: Path) -> Path:
    return shared_data / "mxnet"


def missing_of(classes: ClassFiles, wanted: Wanted) -> list[str]:
    """Members that the class files lack, as text; the class's name alone where all of it is missing."""
    members = classes.members(wanted.name)
    if not members:
        return [wanted.name]
    found = {aliased(member) for member in members}
    names = {member[0] for member in found}
    lacking = [
        f"{name}({', '.join(types)})" for name, types in sorted(wanted.members) if aliased((name, types)) not in found
    ]
    lacking += [*sorted(wanted.defaults - names), *sorted(wanted.names - names)]
    return [f"{wanted.name}.{each}" for each in lacking]


def aliased(member):
    """The member with the collection types by which Scala 2.13 differs."""
    name, types = member
    return name, tuple("Iterable" if each in ("Traversable", "Iterable") else each for each in types)


def listed(relevance: str, scala: str) -> set[str]:
    """What is known to be missing."""
    return {
        f"{name}.{member}" if member else name
        for name, reasons in MISSING[relevance].items()
        for each in reasons
        for member in each["members"] or [""]
        if each["reason"] and scala in each.get("scala", [scala])
    }


def test_the_inventory_is_read(facts):
    wanted = inventory((facts / "jvm-api.md").read_text("utf-8"), "A")
    context = wanted["org.apache.mxnet.Context"]
    assert ("<init>", ("String", "int")) in context.members
    assert ("ctx2Array", ("Context",)) in context.members
    array = wanted["org.apache.mxnet.NDArray"].members
    assert ("$plus$eq", ("MX_PRIMITIVE_TYPE",)) in array
    assert ("reshape", ("long[]", "Option")) in array
    assert ("add", ("double",)) in wanted["org.apache.mxnet.javaapi.NDArray"].members
    assert len(wanted["org.apache.mxnet.SymbolAPIBase"].names) == 268


@pytest.mark.parametrize("relevance", ["A", "B"])
def test_no_member_is_missing_but_those_listed_with_a_reason(classes, scala, facts, relevance):
    missing = set()
    for each in inventory((facts / "jvm-api.md").read_text("utf-8"), relevance).values():
        missing.update(missing_of(classes, each))
    known = listed(relevance, scala)
    assert not missing - known, f"{len(missing - known)} missing:\n" + "\n".join(sorted(missing - known))
    assert not known - missing, "listed as missing and there:\n" + "\n".join(sorted(known - missing))


def test_java_signatures_are_read():
    facts = {
        "Cast": {"args": []},
        "cast": {"args": [["data", "NDArray-or-Symbol"], ["dtype", "{'float16', 'float32'}, required"]]},
        "_hidden": {"args": []},
        "topk": {
            "args": [
                ["data", "NDArray-or-Symbol"],
                ["axis", "int or None, optional, default='-1'"],
                ["dtype", "{'float32', 'int32'},optional, default='float32'"],
            ]
        },
    }
    cast, topk = signatures(facts)
    assert cast.method() == ("cast", ("NDArray", "String", "NDArray"))
    assert topk.method() == ("topk", ("topkParam",))
    assert topk.param_members() >= {("<init>", ("NDArray",)), ("setAxis", ("Integer",)), ("setDtype", ("String",))}


def test_every_operator_method_of_the_first_release_is_there_for_java(classes, facts):
    wanted = signatures(json.loads((facts / "operators-1.5.1-signatures.json").read_text("utf-8")))
    assert len(wanted) == 236
    static = classes.declared(f"{JAVA}NDArray")
    missing = []
    for each in wanted:
        # Where arrays have a method of that name, the operator is reached through the companion, as with MXNet.
        own = (
            static
            if each.method() in static or each.name not in ARRAY_METHODS
            else classes.declared(f"{JAVA}NDArrayBase")
        )
        if each.method() not in own:
            missing.append(f"NDArray.{each.method()}")
    params = [each for each in wanted if each.takes_param]
    assert len(params) == 107
    for each in params:
        name = f"{JAVA}{each.name}Param"
        missing += [f"{each.name}Param.{member}" for member in sorted(each.param_members() - classes.declared(name))]
    assert not missing, f"{len(missing)} missing:\n" + "\n".join(missing)
