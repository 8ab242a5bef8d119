"""What a translation sees of an ONNX node: its attributes, its inputs as symbols or constants, their shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from offboard.errors import MXNetError
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["Node", "Translation", "TRANSLATIONS", "translates"]

Array: TypeAlias = "npt.NDArray[Any]"


class Values(Protocol):
    """What is known of the values of a graph by name."""

    opset: int

    def symbol(self, name: str) -> Symbol:
        """The value as a symbol; a constant becomes a parameter."""

    def constant(self, name: str) -> Array | None:
        """The value, where it is known."""

    def shape(self, name: str) -> tuple[int | None, ...] | None:
        """Its dimensions, None where unknown."""

    def dtype(self, name: str) -> np.dtype[Any]:
        """Its dtype; float32 where unknown."""

    def parameter(self, name: str, value: Array, *, auxiliary: bool = False) -> Symbol:
        """A new parameter."""


class Node:
    """One node of an ONNX graph."""

    def __init__(self, proto: onnx.NodeProto, values: Values) -> None:
        self.proto, self.values = proto, values
        self.op = proto.op_type
        self.name = proto.name or f"{proto.op_type.lower()}_{proto.output[0]}"
        self._attrs = {each.name: helper.get_attribute_value(each) for each in proto.attribute}

    @property
    def opset(self) -> int:
        """The version of the standard operators."""
        return self.values.opset

    def refuse(self, why: str) -> MXNetError:
        """An error that names the node."""
        return MXNetError(f"ONNX node {self.name} ({self.op}) cannot be imported: {why}")

    def attr(self, name: str, default: Any = None) -> Any:
        """An attribute's value, text as str."""
        value = self._attrs.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def has(self, index: int) -> bool:
        """Whether an optional input is given."""
        return index < len(self.proto.input) and bool(self.proto.input[index])

    def __len__(self) -> int:
        return len(self.proto.input)

    def sym(self, index: int) -> Symbol:
        """An input as a symbol."""
        if not self.has(index):
            raise self.refuse(f"input {index} is missing")
        return self.values.symbol(self.proto.input[index])

    def known(self, index: int) -> Array | None:
        """An input's value where it is a constant, else None."""
        return self.values.constant(self.proto.input[index]) if self.has(index) else None

    def const(self, index: int) -> Array:
        """An input's value, which must be a constant."""
        value = self.known(index)
        if value is None:
            raise self.refuse(f"input {index} must be a constant, it is computed while the graph runs")
        return value

    def ints(self, index: int, attribute: str) -> list[int] | None:
        """Integers that newer versions give as an input and older ones as an attribute."""
        if self.has(index):
            return [int(each) for each in self.const(index).ravel()]
        value = self.attr(attribute)
        return None if value is None else [int(each) for each in value]

    def shape(self, index: int) -> tuple[int | None, ...]:
        """An input's dimensions, None where unknown; raises MXNetError when not even their number is known."""
        found = self.values.shape(self.proto.input[index])
        if found is None:
            raise self.refuse(f"the number of dimensions of input {index} is not known")
        return found

    def dims(self, index: int) -> tuple[int, ...]:
        """An input's dimensions, all of which must be known."""
        found = self.shape(index)
        if any(d is None for d in found):
            raise self.refuse(f"the shape of input {index} must be known, it is {found}")
        return tuple(int(d) for d in found if d is not None)

    def rank(self, index: int) -> int:
        """How many dimensions an input has."""
        return len(self.shape(index))

    def parameter(self, suffix: str, value: Array, *, auxiliary: bool = False) -> Symbol:
        """A parameter of this node's own."""
        return self.values.parameter(f"{self.name}_{suffix}", value, auxiliary=auxiliary)


Translation: TypeAlias = "Callable[[Node], Symbol | list[Symbol]]"
TRANSLATIONS: dict[str, Translation] = {}


def translates(*operators: str) -> Callable[[Translation], Translation]:
    """Registers the decorated function for ONNX operators."""

    def register(function: Translation) -> Translation:
        for each in operators:
            TRANSLATIONS[each] = function
        return function

    return register
