"""Operator functions of ``mx.nd`` and ``mx.sym``, made from the table when they are first asked for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from offboard.operators import table

__all__ = ["METHODS", "PREFIXES", "listing", "make_function", "operator_named"]

# The operators that are methods of arrays and of symbols too.
METHODS = (
    "abs", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "argmax", "argmax_channel", "argmin",
    "argsort", "broadcast_axes", "broadcast_like", "broadcast_to", "cbrt", "ceil", "clip", "cos", "cosh", "degrees",
    "depth_to_space", "diag", "exp", "expm1", "fix", "flip", "floor", "log", "log10", "log1p", "log2", "log_softmax",
    "max", "mean", "min", "nanprod", "nansum", "norm", "one_hot", "ones_like", "pad", "pick", "prod", "radians",
    "rcbrt", "reciprocal", "relu", "repeat", "reshape_like", "rint", "round", "rsqrt", "shape_array", "sigmoid",
    "sign", "sin", "sinh", "size_array", "slice", "slice_axis", "slice_like", "softmax", "softmin", "sort",
    "space_to_depth", "split", "sqrt", "square", "sum", "swapaxes", "take", "tan", "tanh", "tile", "topk",
    "transpose", "trunc", "zeros_like",
)  # fmt: skip

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


# Operators that MXNet has among the contributed ones under a shorter name.
_CONTRIBUTED = (
    "adamw_update", "mp_adamw_update", "multi_adamw_update", "multi_lamb_update", "multi_mp_adamw_update",
    "multi_mp_lamb_update",
)  # fmt: skip


def operator_named(namespace: str, name: str) -> table.Facts | None:
    """The operator behind ``mx.nd.<namespace>.<name>``, or None."""
    if namespace == "contrib" and name in _CONTRIBUTED:
        return table.find(f"_{name}")
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


def _default(parameter: table.Parameter) -> Any:
    """A parameter's default as Python writes it; None for one that must be given."""
    return None if parameter.default is None else parameter.parse(parameter.default)


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
        kind(each, kind.POSITIONAL_OR_KEYWORD, default=_default(parameter))
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
