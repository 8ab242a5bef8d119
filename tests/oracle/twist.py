"""Attributes changed to what hardly anybody means: axes that are not there, tuples too short, sizes of 0."""

from __future__ import annotations

from random import Random
from typing import Any

from offboard.operators import table

_INTEGERS = (-3, -2, -1, 0, 0, 1, 2, 3, 5, 9)
_FLOATS = (-1.0, 0.0, 0.5, 1.0, 2.0, 1e3, -7.25)
# These say which inputs there are, how large a result is, or what a program cannot see.
_LEFT = {"num_args", "num_outputs", "workspace", "cudnn_tune", "cudnn_off", "ctx", "repeat", "state_size", "num_layers"}


def twisted(random: Random, facts: table.Facts, attrs: dict[str, str]) -> dict[str, str]:
    """``attrs`` with one of them changed; as they are where the operator has none to change."""
    names = sorted(set(facts.parameters) - _LEFT)
    if not names:
        return attrs
    name = random.choice(names)
    parameter = facts.parameters[name]
    given = attrs.get(name, parameter.default or "")
    return {**attrs, name: table.format_value(_changed(random, parameter, given))}


def _changed(random: Random, parameter: table.Parameter, given: str) -> Any:
    if parameter.nullable and random.random() < 0.2:
        return None
    if parameter.type == "bool":
        return given not in ("True", "1")
    if parameter.type == "enum":
        return random.choice(parameter.values)
    if parameter.type in ("float", "double"):
        return random.choice(_FLOATS)
    if parameter.type in ("int", "long", "uint", "ulong"):
        return random.choice(_INTEGERS)
    if parameter.type == "string":
        return given
    try:
        listed = list(parameter.parse(given) or ())
    except (ValueError, TypeError):
        listed = []
    what = random.randrange(4)
    if what == 0:
        return tuple(listed[:-1])
    if what == 1 or not listed:
        return (*listed, random.choice(_INTEGERS))
    index = random.randrange(len(listed))
    return (*listed[:index], random.choice(_INTEGERS), *listed[index + 1 :])
