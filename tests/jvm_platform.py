"""What a version of Java has, as the JDK's own ``ct.sym`` says, and what class files use of it."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_OBJECT = "java/lang/Object"
# The compiler makes up the descriptors of their methods.
_OF_ANY_SIGNATURE = {"java/lang/invoke/MethodHandle", "java/lang/invoke/VarHandle"}
# A class, and a member's name and descriptor; a class alone has an empty member.
Use = tuple[str, str]


@dataclass(frozen=True)
class ClassFile:
    """What a class file says: its version (55 is Java 11's), name and bases, and what it declares and uses."""

    version: int
    name: str
    bases: tuple[str, ...]
    declared: frozenset[str]
    uses: frozenset[Use]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(f">{layout}", self._data, self._at)
        self._at += struct.calcsize(f">{layout}")
        return values

    def one(self, layout: str) -> int:
        return self.take(layout)[0]

    def text(self, length: int) -> str:
        self._at += length
        # A variant of UTF-8; the names that are looked at are ASCII.
        return self._data[self._at - length : self._at].decode("latin-1")

    def skip(self, length: int) -> None:
        self._at += length


# Of the constants that hold numbers or indices: their layouts, by tag.
_LAYOUTS = {
    3: "I", 4: "I", 5: "Q", 6: "Q", 7: "H", 8: "H", 9: "HH", 10: "HH", 11: "HH", 12: "HH",
    15: "BH", 16: "H", 17: "HH", 18: "HH", 19: "H", 20: "H",
}  # fmt: skip


def parse(data: bytes) -> ClassFile:
    """Reads a class file, or an entry of ``ct.sym``, which is one without code."""
    reader = _Reader(data)
    _, _, version, count = reader.take("IHHH")
    constants: dict[int, tuple[int, tuple[int, ...] | str]] = {}
    index = 1
    while index < count:
        tag = reader.one("B")
        constants[index] = (tag, reader.text(reader.one("H")) if tag == 1 else reader.take(_LAYOUTS[tag]))
        index += 2 if tag in (5, 6) else 1

    def text(index: int) -> str:
        value = constants[index][1]
        assert isinstance(value, str)
        return value

    def indices(index: int) -> tuple[int, ...]:
        value = constants[index][1]
        assert isinstance(value, tuple)
        return value

    def class_name(index: int) -> str:
        return text(indices(index)[0])

    def member(index: int) -> str:
        name, descriptor = indices(index)
        return text(name) + text(descriptor)

    _, this, parent, interfaces = reader.take("HHHH")
    bases = [class_name(each) for each in (*reader.take(f"{interfaces}H"), *([parent] if parent else []))]
    declared = set()
    for _ in range(2):
        for _ in range(reader.one("H")):
            _, name, descriptor, attributes = reader.take("HHHH")
            declared.add(text(name) + text(descriptor))
            for _ in range(attributes):
                _, length = reader.take("HI")
                reader.skip(length)
    uses = {(class_name(index), "") for index, (tag, _) in constants.items() if tag == 7}
    uses |= {
        (class_name(indices(index)[0]), member(indices(index)[1]))
        for index, (tag, _) in constants.items()
        if tag in (9, 10, 11)
    }
    return ClassFile(version, class_name(this), tuple(bases), frozenset(declared), frozenset(uses))


def class_files(jar: Path) -> Iterator[ClassFile]:
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if name.endswith(".class"):
                yield parse(archive.read(name))


class Platform:
    """The public API of a version of Java, as a newer JDK's compiler knows it for ``--release``."""

    def __init__(self, home: Path, version: int) -> None:
        self._archive = zipfile.ZipFile(home / "lib" / "ct.sym")
        self._letter = f"{version:X}" if version < 16 else chr(ord("G") + version - 16)

    @cached_property
    def _entries(self) -> dict[str, str]:
        """Where a class is: ``9AB/java.base/java/lang/String.sig`` holds for 9, 10 and 11."""
        found = {}
        for path in self._archive.namelist():
            versions, _, rest = path.partition("/")
            if self._letter in versions and rest.endswith(".sig"):
                found[rest.partition("/")[2].removesuffix(".sig")] = path
        return found

    def lacks(self, uses: Iterable[Use]) -> set[Use]:
        """Those of the Java platform's classes and members that this version does not have."""
        return {(owner, member) for owner, member in uses if _is_platform(owner) and not self._has(owner, member)}

    def _has(self, owner: str, member: str) -> bool:
        if owner not in self._entries:
            return False
        if not member or owner in _OF_ANY_SIGNATURE:
            return True
        found = parse(self._archive.read(self._entries[owner]))
        # An interface has what Object has.
        bases = [*found.bases, _OBJECT] if owner != _OBJECT else []
        return member in found.declared or any(self._has(base, member) for base in bases)


def _is_platform(owner: str) -> bool:
    return owner.startswith(("java/", "javax/"))
