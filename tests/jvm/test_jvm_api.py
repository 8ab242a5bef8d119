"""The classes of our jars against the inventory of MXNet's: every class A member by name and erased parameter types."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

JVM = Path(__file__).parents[2] / "jvm"
SCALA = ("2.11", "2.12", "2.13")
PACKAGE = "org.apache.mxnet."

# Scala's names of operators in class files.
ENCODED = {
    "+": "plus", "-": "minus", "*": "times", "/": "div", "%": "percent", "<": "less", ">": "greater", "=": "eq",
}  # fmt: skip
# What Scala's types are in class files; a type parameter is an Object.
ERASED = {
    "Int": "int", "Float": "float", "Double": "double", "Boolean": "boolean", "Long": "long", "Byte": "byte",
    "Unit": "void", "Any": "Object", "AnyRef": "Object", "MXUint": "int", "MXFloat": "float", "CPtrAddress": "long",
    "DType": "Value", "SparseFormat": "Value", "Traversable": "Iterable",
}  # fmt: skip
# Members of MXNet's native library: ours has none of these handles.
NATIVE = {"_LIB", "checkCall", "ctypes2docstring"}


@dataclass
class Wanted:
    """What the inventory says of one class."""

    name: str
    members: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    defaults: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def encoded(name: str) -> str:
    return "".join("$" + ENCODED[each] if each in ENCODED else each for each in name)


def erased(text: str) -> str:
    """The simple name of a Scala type's erasure."""
    text = text.strip()
    if text.startswith("=>"):
        return "Function0"
    if text.endswith("*"):
        return "Seq"
    if text.startswith("Array["):
        inner = erased(text[len("Array[") : -1])
        # An array of a type parameter is any array: an Object.
        return "Object" if re.fullmatch("[A-Z]|_", text[len("Array[") : -1]) else inner + "[]"
    simple = re.split(r"[.]", re.sub(r"\[.*", "", text).removesuffix(".type"))[-1]
    if re.fullmatch("[A-Z]", simple):
        return "Object"
    return ERASED.get(simple, simple)


def split_top(text: str) -> list[str]:
    """Splits at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for index, each in enumerate(text):
        depth += (each in "[(") - (each in "])")
        if each == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [part for part in [*parts, text[start:]] if part.strip()]


def parameters(text: str) -> tuple[str, ...]:
    """Erased types of ``(a: Int, b: String)(implicit c: D)``."""
    found = []
    for group in re.findall(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
        for each in split_top(group.removeprefix("implicit ")):
            found.append(erased(each.split(":", 1)[1]))
    return tuple(found)


def scala_member(line: str) -> tuple[str, tuple[str, ...]] | None:
    line = re.sub(r"^(override|protected|implicit|final|sealed|abstract|lazy) ", "", line.strip())
    line = re.sub(r"^(override|protected|implicit|final|sealed|abstract|lazy) ", "", line)
    match = re.match(r"(def|val|var) ([^\s\[(:]+):?(\[[^(]*?\])?(.*)", line)
    if match is None or line.startswith("def $init$"):
        return None
    kind, name, _, rest = match.groups()
    if name.endswith(":") and len(name) > 1:
        name = name[:-1]
    if kind != "def":
        return encoded(name), ()
    signature = re.match(r"((?:\((?:[^()]|\([^()]*\))*\))*)", rest.strip())
    name = "<init>" if name == "this" else encoded(name)
    return name, parameters(signature.group(1) if signature else "")


def java_member(line: str, owner: str) -> tuple[str, tuple[str, ...]] | None:
    match = re.search(r"([\w$.]+)\(([^)]*)\)", line)
    if match is None:
        return None
    name = match.group(1).split(".")[-1]
    types = tuple(java_type(each) for each in split_generic(match.group(2)))
    return ("<init>" if name == owner.rsplit(".", maxsplit=1)[-1] else name), types


def split_generic(text: str) -> list[str]:
    return [each for each in re.sub(r"<[^<>]*(<[^<>]*>)?[^<>]*>", "", text).split(",") if each.strip()]


def java_type(text: str) -> str:
    text = re.sub(r"<.*>", "", text).strip().removesuffix("...")
    return re.split(r"[.$]", text)[-1]


def inventory(text: str) -> dict[str, Wanted]:
    """Class A of the inventory by class name."""
    found: dict[str, Wanted] = {}
    for section in re.split(r"^### ", text, flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        match = re.match(r"\[A\] ([\w.]+)", heading)
        if match is None or match.group(1) == "javaapi.":
            continue
        name = match.group(1) if match.group(1).startswith(PACKAGE) else PACKAGE + match.group(1)
        wanted = found[name] = Wanted(name)
        block = re.search(r"```\n(.*?)```", body, flags=re.S)
        for line in (block.group(1) if block else "").splitlines():
            member = java_member(line, name) if line.strip().startswith("public ") else scala_member(line)
            # An object's constructor, listed like a class's, is private in class files.
            if member and member[0] not in NATIVE and member != ("<init>", ()):
                wanted.members.add(member)
        defaults = re.search(r"^defaults: (.*)$", body, flags=re.M)
        if defaults:
            wanted.defaults = set(defaults.group(1).split())
        listed = re.search(r"all generated: \d+ names\)\n`([^`]*)`", section)
        if listed:
            wanted.names = set(listed.group(1).split())
    return found


def class_files(classes: Path, name: str) -> list[Path]:
    """The class, its companion and what is nested in them."""
    folder = classes / Path(*name.split(".")[:-1])
    simple = name.rsplit(".", maxsplit=1)[-1]
    return sorted(path for path in folder.glob(f"{simple}*.class") if re.fullmatch(rf"{simple}(\$.*)?", path.stem))


def members_of(files: list[Path]) -> set[tuple[str, tuple[str, ...]]]:
    """Every public or protected member, with what is inherited from our own classes left to the caller."""
    listing = subprocess.run(
        ["javap", "-protected", *map(str, files)], capture_output=True, text=True, check=True
    ).stdout
    found, owner = set(), ""
    for line in listing.splitlines():
        head = re.match(r".*\b(?:class|interface) ([\w.$]+)", line)
        if head and line.rstrip().endswith("{"):
            owner = head.group(1)
        elif "(" in line:
            match = re.search(r"([\w$.]+)\((.*?)\)", line)
            if match:
                name = match.group(1)
                types = tuple(java_type(each) for each in split_generic(match.group(2)))
                found.add(("<init>" if name == owner else name, types))
    return found


def bases(files: list[Path], classes: Path) -> list[Path]:
    """Class files of our own superclasses and traits, all the way up."""
    found: list[Path] = []
    queue = list(files)
    while queue:
        listing = subprocess.run(["javap", *map(str, queue)], capture_output=True, text=True, check=True).stdout
        queue = []
        for head in re.findall(r"^.*(?:extends|implements) .*\{$", listing, flags=re.M):
            for name in re.findall(r"org\.apache\.mxnet\.[\w.$]+", head):
                path = classes / (name.replace(".", "/") + ".class")
                if path.exists() and path not in found and path not in files:
                    found.append(path)
                    queue.append(path)
    return found


@pytest.fixture(scope="module", params=SCALA)
def classes(request):
    folder = JVM / f"mxnet_{request.param}" / "target" / "classes"
    if shutil.which("javap") is None or not (folder / "org").exists():
        pytest.skip(f"no classes for Scala {request.param}: mvn -f jvm/pom.xml compile")
    return folder


@pytest.fixture(scope="module")
def wanted(shared_data):
    return inventory((shared_data / "mxnet" / "jvm-api.md").read_text())


def aliased(member):
    """The member with the collection types by which Scala 2.13 differs."""
    name, types = member
    return name, tuple("Iterable" if each in ("Traversable", "Iterable") else each for each in types)


def test_the_inventory_is_read(wanted):
    context = wanted["org.apache.mxnet.Context"]
    assert ("<init>", ("String", "int")) in context.members
    assert ("ctx2Array", ("Context",)) in context.members
    array = wanted["org.apache.mxnet.NDArray"].members
    assert ("$plus$eq", ("MX_PRIMITIVE_TYPE",)) in array
    assert ("reshape", ("long[]", "Option")) in array
    assert ("add", ("double",)) in wanted["org.apache.mxnet.javaapi.NDArray"].members
    assert len(wanted["org.apache.mxnet.SymbolAPIBase"].names) == 268


def test_no_member_of_class_a_is_missing(classes, wanted):
    missing = []
    for name, each in wanted.items():
        files = class_files(classes, name)
        if not files:
            missing.append(name)
            continue
        found = {aliased(member) for member in members_of([*files, *bases(files, classes)])}
        names = {member[0] for member in found}
        missing += [f"{name}.{member}" for member in sorted(each.members) if aliased(member) not in found]
        missing += [f"{name}.{default}" for default in sorted(each.defaults - names)]
        missing += [f"{name}.{operator}" for operator in sorted(each.names - names)]
    assert not missing, f"{len(missing)} missing:\n" + "\n".join(missing)
