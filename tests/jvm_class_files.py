"""What class files declare, read with one call of javap: members by name and erased parameter types."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# A member's name (``<init>`` for a constructor) and the simple names of its erased parameter types.
Member = tuple[str, tuple[str, ...]]

_PRIMITIVES = {
    "B": "byte", "C": "char", "D": "double", "F": "float", "I": "int", "J": "long", "S": "short", "Z": "boolean",
}  # fmt: skip


class ClassFiles:
    """Public and protected members of every class below a folder, and which of them extends which."""

    def __init__(self, folder: Path) -> None:
        self._members: dict[str, set[Member]] = {}
        self._bases: dict[str, list[str]] = {}
        files = sorted(map(str, folder.rglob("*.class")))
        listing = subprocess.run(["javap", "-protected", "-s", *files], capture_output=True, text=True, check=True)
        owner = declared = ""
        for line in listing.stdout.splitlines():
            if line.endswith(" {"):
                owner, *bases = _named(line)
                self._members[owner], self._bases[owner] = set(), bases
            elif line.startswith("    descriptor: (") and "(" in declared:
                self._members[owner].add((_name(declared, owner), _parameters(line)))
            else:
                declared = line

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def declared(self, name: str) -> set[Member]:
        """Of one class file alone."""
        return self._members.get(name, set())

    def members(self, name: str) -> set[Member]:
        """Of a class, its companion and what is nested in them, inherited from classes of ours or declared."""
        queue = [each for each in self._members if each == name or each.startswith(f"{name}$")]
        seen: set[str] = set()
        while queue:
            each = queue.pop()
            if each not in seen and each in self._members:
                seen.add(each)
                queue += self._bases[each]
        return set().union(*(self._members[each] for each in seen))


def _named(head: str) -> list[str]:
    """The class that a line begins, and what it extends and implements."""
    while (plain := re.sub(r"<[^<>]*>", "", head)) != head:
        head = plain
    found = re.search(
        r"\b(?:class|interface) ([\w.$]+)(?: extends ([\w.$, ]+?))?(?: implements ([\w.$, ]+?))? \{", head
    )
    assert found is not None, head
    return [found.group(1), *(each.strip() for group in found.groups()[1:] if group for each in group.split(","))]


def _name(declaration: str, owner: str) -> str:
    name = re.search(r"([\w.$]+)\(", declaration)
    assert name is not None, declaration
    return "<init>" if name.group(1) == owner else name.group(1)


def _parameters(descriptor: str) -> tuple[str, ...]:
    inside = descriptor[descriptor.index("(") + 1 : descriptor.index(")")]
    found = []
    for dimensions, kind in re.findall(r"(\[*)(L[^;]+;|[BCDFIJSZ])", inside):
        simple = _PRIMITIVES[kind] if kind in _PRIMITIVES else re.split(r"[/$]", kind[1:-1])[-1]
        found.append(simple + "[]" * len(dimensions))
    return tuple(found)
