"""Operator functions of ``mx.nd`` and ``mx.sym``, made from the table when they are first asked for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from offboard.operators import table

__all__ = ["PREFIXES", "listing", "make_function", "operator_named", "split_arguments"]

# A sub-namespace holds the operators of these prefixes under the rest of their names.
PREFIXES = {
    "contrib": ("_contrib_",),
    "linalg": ("_linalg_",),
    "image": ("_image_",),
    "sparse": ("_sparse_", ""),
    "random": ("_random_", "_sample_", "random_", "sample_"),
    "_internal": ("",),
    "op": ("",),
    "": ("",),
}


def operator_named(namespace: str, name: str) -> table.Facts | None:
    """The operator behind ``mx.nd.<namespace>.<name>``, or None."""
    for prefix in PREFIXES[namespace]:
        if table.resolve(prefix + name) is not None:
            return table.find(prefix + name)
    return None


def listing(namespace: str) -> list[str]:
    """The names that a namespace offers."""
    found = set()
    for prefix in PREFIXES[namespace]:
        for name in table.names(aliases=True):
            if name.startswith(prefix) and (namespace == "_internal" or not name[len(prefix) :].startswith("_")):
                found.add(name[len(prefix) :])
    return sorted(found)


def split_arguments(
    facts: table.Facts, args: tuple[Any, ...], kwargs: dict[str, Any], is_input: Callable[[Any], bool]
) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """Positional inputs, inputs by name, and parameters of a call.

    Positionally inputs come first, then parameters in their declared order, as in MXNet's generated signatures.
    """
    inputs: list[Any] = []
    rest = list(args)
    if len(rest) == 1 and isinstance(rest[0], (list, tuple)) and facts.variadic and all(map(is_input, rest[0])):
        rest = list(rest[0])
    declared = facts.declared_inputs
    while rest and (is_input(rest[0]) or (rest[0] is None and len(inputs) < len(declared))):
        inputs.append(rest.pop(0))
    names = [name for name in facts.parameters if name != facts.variadic]
    params = dict(zip(names, rest, strict=False))
    if len(rest) > len(names):
        raise TypeError(f"{facts.name} takes at most {len(declared) + len(names)} arguments")
    named: dict[str, Any] = {}
    for key, value in kwargs.items():
        if key in facts.parameters:
            params[key] = value
        elif is_input(value):
            named[key] = value
        elif value is not None or key not in declared:
            params[key] = value
    return inputs, named, params


def make_function(facts: table.Facts, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """A function with the operator's name, signature and documentation."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return call(facts, args, kwargs)

    function.__name__ = function.__qualname__ = name
    lines = [f"{each.name} : {each.type}, default {each.default}" for each in facts.parameters.values()]
    function.__doc__ = f"MXNet operator {facts.name}.\n\nParameters\n----------\n" + "\n".join(lines)
    kind = inspect.Parameter
    declared = [kind(each, kind.POSITIONAL_OR_KEYWORD, default=None) for each in facts.declared_inputs]
    declared += [
        kind(each, kind.POSITIONAL_OR_KEYWORD, default=parameter.default)
        for each, parameter in facts.parameters.items()
        if each not in facts.declared_inputs
    ]
    extra = [kind(each, kind.KEYWORD_ONLY, default=None) for each in ("name", "out")]
    if facts.variadic:
        declared = [kind("data", kind.VAR_POSITIONAL)]
        extra += [
            kind(each, kind.KEYWORD_ONLY, default=None) for each in facts.parameters if each not in ("name", "out")
        ]
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        declared + [each for each in extra if each.name not in {d.name for d in declared}]
    )
    return function
