"""The operator table: what MXNet 1.9.1 says of each operator, as data.

``table.json`` holds one operator a line and suffices to compose symbols in any language:

- ``inputs``: names in order, auxiliary states (``aux``) among them; ``optional_inputs`` are there only when every
  parameter named has the value given; ``repeated_inputs`` come ``count`` times, ``{}`` being the number, by groups.
- ``outputs``: names in order; the first of ``outputs_when`` whose condition holds replaces them; ``repeated_outputs``
  come as often as the parameter ``count`` says (where that is 0, as often as the tuple ``length_of`` is long).
- ``declared_by`` names the parameter under which the program registered code that declares inputs, auxiliary states
  and outputs; such an operator takes any parameter, as text.
- ``params``: type, default (as text), allowed values, and of numbers the least (``low``) and greatest (``high``).
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np

from offboard import rules
from offboard.errors import MXNetError, UnsupportedOperatorError
from offboard.operators import custom

__all__ = [
    "Facts",
    "Parameter",
    "digest",
    "find",
    "format_value",
    "names",
    "refuse_unsupported",
    "resolve",
    "unsupported",
]

_INTEGERS = {"int", "uint", "long", "ulong"}
_UNSIGNED = {"uint", "ulong"}
# What MXNet calls types in its messages; of a choice it names the integer behind it.
_KIND = {
    "uint": "int (non-negative)", "ulong": "long (non-negative)", "bool": "boolean", "shape": "Shape(tuple)",
    "enum": "int",
}  # fmt: skip
# Operators with different attributes whose parsed values are remembered.
_KEPT = 4096
_TRUE, _FALSE = {"1", "true", "True"}, {"0", "false", "False"}


class _OutOfBoundsError(ValueError):
    """A number that MXNet's bounds of a parameter exclude."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operator; ``default`` is MXNet's text, None where the parameter is required."""

    name: str
    type: str
    default: str | None
    nullable: bool
    values: tuple[str, ...]
    # The least and the greatest number that MXNet takes, where it says so.
    low: float | None = None
    high: float | None = None

    @property
    def required(self) -> bool:
        """Whether a program must give it."""
        return self.default is None

    def parse(self, text: str) -> Any:
        """The typed value of an attribute's text; raises ValueError where MXNet refuses it."""
        text = text.strip()
        if text == "None" and (self.nullable or self.type == "shape"):
            return None
        if self.type == "enum":
            if text not in self.values:
                listed = ", ".join(f"'{value}'" for value in self.values)
                raise ValueError(f"Invalid Input: '{text}', valid values are: {{{listed}}}")
            return text
        if self.type == "bool":
            if text in _TRUE or text in _FALSE:
                return text in _TRUE
            raise self._invalid(text)
        if self.type == "string":
            return text
        try:
            if self.type in _INTEGERS:
                return self._bounded(self._integer(text))
            if self.type == "double":
                return self._bounded(float(text))
            if self.type == "float":
                with np.errstate(over="ignore"):
                    return self._bounded(float(np.float32(text)))
            return self._tuple(text)
        except _OutOfBoundsError:
            raise
        except (ValueError, SyntaxError, TypeError):
            raise self._invalid(text) from None

    def _integer(self, text: str) -> int:
        value = int(text)
        if value < 0 and self.type in _UNSIGNED:
            raise ValueError(text)
        return value

    def _bounded(self, value: Any) -> Any:
        low, high = self.low, self.high
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            bounds = f"[{'' if low is None else low},{'' if high is None else high}]"
            raise _OutOfBoundsError(f"value {value} for Parameter {self.name} exceed bound {bounds}")
        return value

    def _tuple(self, text: str) -> tuple[Any, ...]:
        # MXNet reads "(2, 3)", "[2, 3]", "(2L, 3L)" of Python 2, "(2,None)" and a bare number.
        cleaned = text.replace("L", "").replace("nan", "None") if self.type != "tuple_float" else text
        value = ast.literal_eval(cleaned)
        items = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        kind = float if self.type == "tuple_float" else int
        return tuple(None if item is None else kind(item) for item in items)

    @property
    def kind(self) -> str:
        """What MXNet calls its type in messages."""
        return _KIND.get(self.type, self.type)

    def _invalid(self, text: str) -> ValueError:
        return ValueError(f"Invalid Parameter format for {self.name} expect {self.kind} but value='{text}'")


@dataclass(frozen=True)
class Facts:
    """Everything that the table knows of one operator."""

    name: str
    aliases: tuple[str, ...]
    group: str
    parameters: Mapping[str, Parameter]
    _entry: Mapping[str, Any]

    @property
    def variadic(self) -> str | None:
        """The parameter that counts the inputs, or None."""
        repeated = self._entry.get("repeated_inputs")
        return None if repeated is None else str(repeated["count"])

    @property
    def program_defined(self) -> bool:
        """Whether code of the program declares its inputs and outputs."""
        return "declared_by" in self._entry

    @property
    def has_auxiliary(self) -> bool:
        """Whether some input may be an auxiliary state."""
        return bool(self._entry["aux"]) or self.program_defined

    @property
    def subgraphs(self) -> tuple[str, ...]:
        """Names of the graphs that a control-flow operator carries."""
        return tuple(self._entry.get("subgraphs", ()))

    @property
    def declared_inputs(self) -> tuple[str, ...]:
        """All inputs that the operator may have, in order; none for a purely variadic one."""
        return tuple(self._entry["inputs"])

    def parse(self, attrs: Mapping[str, str]) -> Mapping[str, Any]:
        """Typed values of all parameters, defaults included; raises MXNetError with MXNet's texts.

        Keys of the form ``__key__`` are no parameters. An operator without parameters ignores what it is given.
        """
        return _parsed(self.name, tuple(attrs.items()))

    def _parse(self, attrs: Mapping[str, str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        try:
            for key, text in attrs.items():
                if key.startswith("__") and key.endswith("__"):
                    continue
                parameter = self.parameters.get(key)
                if parameter is not None:
                    values[key] = parameter.parse(text)
                elif key == self.variadic:
                    # Some operators count their inputs in an attribute that is no parameter of theirs.
                    values[key] = int(text)
                elif self.program_defined:
                    values[key] = text
                elif self.parameters:
                    possible = "\n".join(f"{each.name} : {each.type}" for each in self.parameters.values())
                    line = "-" * 16
                    raise ValueError(f"Cannot find argument '{key}', Possible Arguments:\n{line}\n{possible}\n")
            for name, parameter in self.parameters.items():
                if name not in values:
                    if parameter.default is None:
                        raise ValueError(f"Required parameter {name} of {parameter.kind} is not presented")
                    values[name] = _default(self.name, name)
        except ValueError as error:
            given = "".join(f', {key}="{text}"' for key, text in attrs.items())
            raise MXNetError(f'{error}, in operator {self.name}(name=""{given})') from None
        return values

    def input_names(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Names of all inputs in order, auxiliary states included."""
        if self.program_defined:
            declared = custom.definition(params)
            return (*declared.arguments, *declared.auxiliary)
        repeated = self._entry.get("repeated_inputs")
        if repeated is not None and _holds(repeated.get("if", {}), params):
            count = int(params.get(repeated["count"]) or 0)
            return tuple(
                name.format(number) for group in repeated["names"] for number in range(count) for name in group
            )
        optional = self._entry.get("optional_inputs", {})
        return tuple(name for name in self._entry["inputs"] if _holds(optional.get(name, {}), params))

    def auxiliary_names(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Those of :meth:`input_names` that the operator itself may write: auxiliary states."""
        if self.program_defined:
            return custom.definition(params).auxiliary
        return tuple(self._entry["aux"])

    def output_names(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Names of the visible outputs; an only output is named ``output`` unless the table says else."""
        if self.program_defined:
            return custom.definition(params).outputs
        repeated = self._entry.get("repeated_outputs")
        if repeated is not None:
            count = int(params.get(repeated["count"]) or 0) or len(params.get(repeated.get("length_of", "")) or ())
            if count == 1 and "single" in repeated:
                return (str(repeated["single"]),)
            return tuple(f"output{number}" for number in range(count))
        for case in self._entry.get("outputs_when", ()):
            if _holds(case["if"], params):
                return tuple(case["outputs"])
        return tuple(self._entry["outputs"])

    def num_outputs(self, params: Mapping[str, Any]) -> int:
        """How many outputs are visible."""
        return len(self.output_names(params))


def _holds(condition: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    return all(params.get(name) == value for name, value in condition.items())


@lru_cache(_KEPT)
def _parsed(operator: str, attrs: tuple[tuple[str, str], ...]) -> Mapping[str, Any]:
    """Kept, for the many who ask and the nodes of deep networks that are alike; so nobody may write to it."""
    return MappingProxyType(_load()[operator]._parse(dict(attrs)))


@cache
def _default(operator: str, name: str) -> Any:
    parameter = _load()[operator].parameters[name]
    if parameter.default is None:
        raise KeyError(name)
    return parameter.parse(parameter.default)


@cache
def _source() -> bytes:
    return files(__package__).joinpath("table.json").read_bytes()


@cache
def _load() -> dict[str, Facts]:
    facts = {}
    for entry in json.loads(_source())["operators"]:
        parameters = {
            name: Parameter(
                name,
                each["type"],
                None if each.get("required") else each.get("default", ""),
                each.get("nullable", False),
                tuple(each.get("values", ())),
                each.get("low"),
                each.get("high"),
            )
            for name, each in entry["params"].items()
        }
        facts[entry["name"]] = Facts(entry["name"], tuple(entry["aliases"]), entry["group"], parameters, entry)
    return facts


@cache
def _aliases() -> dict[str, str]:
    return {alias: facts.name for facts in _load().values() for alias in (facts.name, *facts.aliases)}


def resolve(name: str) -> str | None:
    """The canonical name of an operator or of one of its aliases; None when there is no such operator."""
    return _aliases().get(name)


def find(name: str) -> Facts:
    """The facts of an operator, by its name or an alias.

    Raises UnsupportedOperatorError for one that MXNet has and the table has not, MXNetError when there is none.
    """
    canonical = _aliases().get(name)
    if canonical is None:
        refuse_unsupported(name)
        raise MXNetError(f"Cannot find Operator {name} in registry")
    return _load()[canonical]


def refuse_unsupported(name: str) -> None:
    """Raises UnsupportedOperatorError, with the reason, for an operator that MXNet has and the table has not."""
    for reason, listed in unsupported().items():
        if name in listed:
            raise UnsupportedOperatorError(rules.text("operator_not_supported", operator=name, reason=reason))


@cache
def unsupported() -> dict[str, list[str]]:
    """The operators that MXNet has and the table has not, by the reason."""
    made: dict[str, list[str]] = json.loads(files(__package__).joinpath("unsupported.json").read_bytes())
    return made


def names(*, aliases: bool = False) -> list[str]:
    """All canonical names, or all names under which operators are found."""
    return list(_aliases()) if aliases else list(_load())


@cache
def digest() -> str:
    """SHA-256 of the table, hexadecimal: what client and daemon compare."""
    return hashlib.sha256(_source()).hexdigest()


def format_value(value: Any) -> str:
    """A parameter's value as MXNet writes it into attributes; NumPy scalars come out as plain numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        items = [format_value(item) for item in value]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim):
        return f"[{', '.join(format_value(item) for item in value)}]"
    if isinstance(value, type) and issubclass(value, np.generic):
        return np.dtype(value).name
    return value.name if isinstance(value, np.dtype) else str(value)
