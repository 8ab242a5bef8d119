"""The public API of MXNet's JVM packages, read from the inventory of facts: members by name and erased types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jvm_class_files import Member

PACKAGE = "org.apache.mxnet."

# Scala's names of operators in class files.
ENCODED = {
    "+": "plus", "-": "minus", "*": "times", "/": "div", "%": "percent", "<": "less", ">": "greater", "=": "eq",
}  # fmt: skip
# What Scala's types are in class files; a type parameter is an Object.
ERASED = {
    "Int": "int", "Float": "float", "Double": "double", "Boolean": "boolean", "Long": "long", "Byte": "byte",
    "Unit": "void", "Any": "Object", "AnyRef": "Object", "MXUint": "int", "MXFloat": "float", "CPtrAddress": "long",
    "NDArrayHandle": "long", "DataIterHandle": "long", "DType": "Value",
    "SparseFormat": "Value", "Traversable": "Iterable",
}  # fmt: skip
# Members of MXNet's native library: ours has none of these handles.
NATIVE = {"_LIB", "checkCall", "ctypes2docstring"}


@dataclass
class Wanted:
    """What the inventory says of one class."""

    name: str
    members: set[Member] = field(default_factory=set)
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


def scala_member(line: str) -> Member | None:
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


def java_member(line: str, owner: str) -> Member | None:
    match = re.search(r"([\w$.]+)\(([^)]*)\)", line)
    if match is None:
        return None
    name = match.group(1).split(".")[-1]
    types = tuple(java_type(each) for each in split_generic(match.group(2)))
    return ("<init>" if name == owner.rsplit(".", maxsplit=1)[-1] else name), types


def split_generic(text: str) -> list[str]:
    return [each for each in re.sub(r"<[^<>]*(<[^<>]*>)?[^<>]*>", "", text).split(",") if each.strip()]


def java_type(text: str) -> str:
    return re.split(r"[.$]", re.sub(r"<.*>", "", text).strip().removesuffix("..."))[-1]


def inventory(text: str, relevance: str) -> dict[str, Wanted]:
    """Classes of one relevance, by name: A is what inference needs, B what goes around it, C training."""
    found: dict[str, Wanted] = {}
    for section in re.split(r"^### ", text, flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        match = re.match(rf"\[{relevance}\] ([\w.]+)", heading)
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
