"""``mx.sym``: symbols and every operator as a function that composes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from offboard.mxnet import namespace
from offboard.mxnet.symbol.symbol import Group, Symbol, Variable, compose, load, load_json, var
from offboard.operators import table

__all__ = ["Group", "Symbol", "Variable", "arange", "full", "load", "load_json", "ones", "var", "zeros"]

fromjson = load_json


def zeros(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Zeros."""
    return _call(table.find("_zeros"), (), {"shape": shape, "dtype": dtype or "float32", **kwargs})


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Ones."""
    return _call(table.find("_ones"), (), {"shape": shape, "dtype": dtype or "float32", **kwargs})


def full(shape: Any, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """One value everywhere."""
    return _call(table.find("_full"), (), {"shape": shape, "value": val, "dtype": dtype or "float32", **kwargs})


def arange(start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, **kwargs: Any) -> Symbol:
    """Evenly spaced values."""
    given = {"start": start, "stop": "None" if stop is None else stop, "step": step, "repeat": repeat}
    return _call(table.find("_arange"), (), {**given, **kwargs})


def _call(facts: table.Facts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
    given = {"name": kwargs.pop("name", None), "attr": kwargs.pop("attr", None)}
    for value in args:
        if value is not None and not isinstance(value, Symbol) and hasattr(value, "asnumpy"):
            raise AssertionError(f"Argument data must be Symbol instances, but got {value}")
    inputs, named, params = namespace.split_arguments(facts, args, kwargs, lambda value: isinstance(value, Symbol))
    return compose(facts, [each for each in inputs if each is not None], named, {**params, **given})


class _Namespace(ModuleType):
    """Makes an operator's function when it is first asked for."""

    def __init__(self, name: str, part: str) -> None:
        super().__init__(name)
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        facts = namespace.operator_named(self._part, name) if not name.startswith("__") else None
        if facts is None:
            raise AttributeError(f"module 'mxnet.symbol.{self._part}' has no attribute '{name}'")
        function = namespace.make_function(facts, name, _call)
        setattr(self, name, function)
        return function

    def __dir__(self) -> list[str]:
        return namespace.listing(self._part)


def __getattr__(name: str) -> Any:
    facts = namespace.operator_named("", name) if not name.startswith("__") else None
    if facts is None:
        raise AttributeError(f"module 'mxnet.symbol' has no attribute '{name}'")
    function = namespace.make_function(facts, name, _call)
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *namespace.listing("")})


for _part in ("contrib", "linalg", "image", "sparse", "random", "_internal", "op"):
    _module = _Namespace(f"{__name__}.{_part}", _part)
    sys.modules[_module.__name__] = globals()[_part] = _module
