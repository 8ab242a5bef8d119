"""Operators of the table as functions of arrays, with MXNet's rules for their arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from offboard.errors import MXNetError
from offboard.mxnet import namespace
from offboard.mxnet.ndarray.creation import home
from offboard.mxnet.ndarray.ndarray import NDArray, apply
from offboard.operators import table

__all__ = ["Namespace", "named"]


def _called(facts: table.Facts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    place = home(kwargs.pop("ctx"), facts.name) if "ctx" in kwargs else None
    listed = facts.variadic is not None or facts.program_defined
    inputs, params = _listed(facts, args, kwargs) if listed else _declared(facts, args, kwargs)
    out = params.pop("out", None)
    params.pop("name", None)
    nullable = {key for key, each in facts.parameters.items() if each.nullable}
    params = {key: value for key, value in params.items() if value is not None or key in nullable}
    if isinstance(params.get("dtype"), type):
        params["dtype"] = np.dtype(params["dtype"]).name
    texts = {key: table.format_value(value) for key, value in params.items()}
    expected = len(facts.input_names(facts.parse(texts)))
    if expected != len(inputs) and not facts.subgraphs:
        raise MXNetError(f"Operator {facts.name} expects {expected} inputs, but got {len(inputs)} instead.")
    made = apply(facts.name, inputs, texts, out)
    if place is not None and isinstance(made, NDArray):
        made._home = place
    return made


def _listed(facts: table.Facts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[NDArray], dict[str, Any]]:
    """Arrays are positional, parameters by name; how many arrays there are is counted where the operator asks."""
    inputs = []
    for value in args:
        if not isinstance(value, NDArray):
            raise AssertionError(f"Positional arguments must have NDArray type, but got {value}")
        inputs.append(value)
    params = dict(kwargs)
    named = [key for key, value in params.items() if isinstance(value, NDArray) and key != "out"]
    inputs += [params.pop(key) for key in named]
    if facts.variadic is not None:
        params.setdefault(facts.variadic, len(inputs))
    return inputs, params


def _declared(
    facts: table.Facts, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[NDArray], dict[str, Any]]:
    """Arrays come first, then parameters in the table's order, ``out`` and ``name``; None leaves an array out."""
    declared = facts.declared_inputs
    order = [*declared, *(key for key in facts.parameters if key not in declared), "out", "name"]
    if len(args) > len(order):
        raise TypeError(f"{facts.name} takes at most {len(order)} arguments, {len(args)} are given")
    given = dict(zip(order, args, strict=False))
    for key, value in kwargs.items():
        if key in given:
            raise TypeError(f"{facts.name} got multiple values for argument '{key}'")
        given[key] = value
    inputs = []
    for key in declared:
        value = given.pop(key, None)
        if value is not None and not isinstance(value, NDArray):
            if key in facts.parameters:
                given[key] = value
                continue
            raise AssertionError(f"Argument {key} must have NDArray type, but got {value}")
        if value is not None:
            inputs.append(value)
    return inputs, given


@cache
def named(part: str, name: str) -> Callable[..., Any] | None:
    """The function ``mx.nd.<part>.<name>``; None when MXNet has no such operator."""
    facts = None if name.startswith("__") else namespace.operator_named(part, name)
    if facts is None:
        return None
    return namespace.make_function(facts, name, _called)


class Namespace(ModuleType):
    """Makes an operator's function when it is first asked for."""

    def __init__(self, name: str, part: str) -> None:
        super().__init__(name, f"Operators of ``mx.nd.{part}``.")
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = named(self._part, name)
        if function is None:
            raise AttributeError(f"module 'mxnet.ndarray.{self._part}' has no attribute '{name}'")
        return function

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *namespace.listing(self._part)})
