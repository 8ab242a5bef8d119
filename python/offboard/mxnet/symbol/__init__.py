"""``mx.sym``: symbols, and every operator as a function that composes."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from offboard.mxnet import namespace
from offboard.mxnet.symbol import control_flow, methods, operators, random
from offboard.mxnet.symbol.operators import (
    arange,
    eye,
    full,
    histogram,
    hypot,
    linspace,
    maximum,
    minimum,
    ones,
    pow,
    power,
    split_v2,
    zeros,
)
from offboard.mxnet.symbol.symbol import Group, Symbol, Variable, load, load_json, var

__all__ = [
    "Group", "Symbol", "Variable", "arange", "eye", "full", "histogram", "hypot", "linspace", "load", "load_json",
    "maximum", "minimum", "ones", "pow", "power", "random", "split_v2", "var", "zeros",
]  # fmt: skip

methods.install()
# The name that MXNet had for load_json before 1.0.
fromjson = load_json


class _Namespace(ModuleType):
    """Makes an operator's function when it is first asked for."""

    def __init__(self, name: str, part: str) -> None:
        super().__init__(name, f"Operators of ``mx.sym.{part}``.")
        self._part = part

    def __getattr__(self, name: str) -> Any:
        function = operators.named(self._part, name)
        if function is None:
            raise AttributeError(f"module 'mxnet.symbol.{self._part}' has no attribute '{name}'")
        setattr(self, name, function)
        return function

    def __dir__(self) -> list[str]:
        return namespace.listing(self._part)


def __getattr__(name: str) -> Any:
    function = operators.named("", name)
    if function is None:
        raise AttributeError(f"module 'mxnet.symbol' has no attribute '{name}'")
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *namespace.listing("")})


for _part in ("contrib", "linalg", "image", "sparse", "_internal", "op"):
    _module = _Namespace(f"{__name__}.{_part}", _part)
    sys.modules[_module.__name__] = globals()[_part] = _module

for _each in (control_flow.foreach, control_flow.while_loop, control_flow.cond):
    setattr(sys.modules[f"{__name__}.contrib"], _each.__name__, _each)
