"""The operator methods that Java programs call, derived from MXNet's argument strings by its generation rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jvm_class_files import Member

# What begins an argument string, and the Java type that it makes.
_TYPES = {
    "NDArray-or-Symbol": "NDArray", "NDArray-or-Symbol[]": "NDArray[]", "NDArray": "NDArray", "Shape(tuple)": "Shape",
    "ShapeorNone": "Shape", "int": "Integer", "int(non-negative)": "Integer", "intorNone": "Integer", "long": "Long",
    "long(non-negative)": "Long", "float": "Float", "real_t": "Float", "floatorNone": "Float", "double": "Double",
    "doubleorNone": "Double", "boolean": "Boolean", "booleanorNone": "Boolean", "string": "String",
}  # fmt: skip
# Names that Scala keeps for itself.
_NAMES = {"var": "vari", "type": "typeOf"}


@dataclass(frozen=True)
class Argument:
    """One argument of an operator, as Java sees it."""

    name: str
    type: str
    optional: bool


@dataclass(frozen=True)
class Signature:
    """An operator's method and, where it takes one, its Param class."""

    name: str
    arguments: tuple[Argument, ...]

    @property
    def takes_param(self) -> bool:
        return sum(each.optional for each in self.arguments) >= 2

    def method(self) -> Member:
        if self.takes_param:
            return self.name, (f"{self.name}Param",)
        return self.name, (*(each.type for each in self.arguments), "NDArray")

    def param_members(self) -> set[Member]:
        required = tuple(each.type for each in self.arguments if not each.optional)
        members: set[Member] = {("<init>", required), ("setOut", ("NDArray",)), ("getOut", ())}
        for each in self.arguments:
            name = each.name[0].upper() + each.name[1:]
            members.add((f"get{name}", ()))
            if each.optional:
                members.add((f"set{name}", (each.type,)))
        return members


def _argument(name: str, text: str) -> Argument:
    text, enumerated = re.subn(r"\{[^}]*\}", "string", text.replace(" ", ""))
    kind, *rest = text.split(",")
    optional = len(rest) >= 2 and rest[1].startswith("default=")
    return Argument(_NAMES.get(name, name), "String" if enumerated else _TYPES.get(kind, "Object"), optional)


def signatures(facts: dict[str, dict[str, list[list[str]]]]) -> list[Signature]:
    """Of every operator that Java has a method of: of two names that differ by case, the lower one."""
    names: dict[str, str] = {}
    for name in facts:
        if not name.startswith("_") and name != "Custom":
            other = names.get(name.lower())
            names[name.lower()] = name if other is None or name[0].islower() else other
    return [Signature(name, tuple(_argument(*each) for each in facts[name]["args"])) for name in names.values()]
