"""Operators as functions that compose: generated from the table, and the few that MXNet writes by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from offboard.graph.node import Entry
from offboard.mxnet import namespace
from offboard.mxnet.symbol.arithmetic import hypot, maximum, minimum, power
from offboard.mxnet.symbol.composition import compose
from offboard.mxnet.symbol.symbol import Symbol
from offboard.operators import table

__all__ = [
    "arange", "eye", "full", "histogram", "hypot", "linspace", "maximum", "minimum", "named", "ones", "pow",
    "power", "split_v2", "zeros",
]  # fmt: skip

pow = power
# What every operator takes behind its inputs and parameters.
_LAST = ("name", "attr", "out")


def _composed(hint: str, facts: table.Facts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
    """Calls an operator with MXNet's signature: inputs, then parameters, then ``name``, ``attr`` and ``out``."""
    inputs, params = _positional(facts, args)
    for key in params:
        if key in kwargs:
            raise TypeError(f"{hint}() got multiple values for argument '{key}'")
    kwargs.update({key: params.pop(key) for key in _LAST if key in params})
    name, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    kwargs.pop("out", None)
    named: dict[str, Entry] = {}
    for key, value in kwargs.items():
        if isinstance(value, Symbol):
            named[key] = value._head(f"Keyword Argument {key}")
        elif key in facts.declared_inputs and key not in facts.parameters:
            _refuse_foreign(key, value)
        else:
            params[key] = np.dtype(value).name if key == "dtype" and isinstance(value, type) else value
    if facts.variadic is not None and any(inputs) and named:
        raise TypeError(
            "Operators with variable length input can only accept input"
            "Symbols either as positional or keyword arguments, not both"
        )
    return Symbol(compose(facts, hint, inputs, named, params, name=name, attr=attr))


def _positional(facts: table.Facts, args: tuple[Any, ...]) -> tuple[list[Entry | None], dict[str, Any]]:
    inputs: list[Entry | None] = []
    if facts.variadic is not None or facts.program_defined:
        for number, value in enumerate(args):
            if not isinstance(value, Symbol):
                raise AssertionError(f"Positional arguments must be Symbol instances, but got {value}")
            inputs.append(value._head(f"Argument {number}"))
        return inputs, {}
    declared = facts.declared_inputs
    for key, value in zip(declared, args, strict=False):
        if isinstance(value, Symbol):
            inputs.append(value._head(f"Keyword Argument {key}"))
        else:
            _refuse_foreign(key, value)
            inputs.append(None)
    rest = args[len(declared) :]
    names = [*(name for name in facts.parameters if name not in declared), *_LAST]
    if len(rest) > len(names):
        raise TypeError(f"{facts.name} takes at most {len(declared) + len(names)} arguments, {len(args)} are given")
    return inputs, dict(zip(names, rest, strict=False))


def _refuse_foreign(key: str, value: Any) -> None:
    if value is not None:
        raise AssertionError(f"Argument {key} must be Symbol instances, but got {value}")


def named(part: str, name: str) -> Callable[..., Any] | None:
    """The function ``mx.sym.<part>.<name>``; None when MXNet has no such operator."""
    facts = None if name.startswith("__") else namespace.operator_named(part, name)
    if facts is None:
        return None
    return namespace.make_function(facts, name, lambda *call: _composed(name.lower(), *call))


@cache
def _internal(name: str) -> Callable[..., Symbol]:
    made = named("_internal", name)
    assert made is not None
    return made


def zeros(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Zeros; a dimension of 0 is inferred from the consumers."""
    return _internal("_zeros")(shape=shape, dtype=dtype or "float32", **kwargs)


def ones(shape: Any, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Ones."""
    return _internal("_ones")(shape=shape, dtype=dtype or "float32", **kwargs)


def full(shape: Any, val: float, dtype: Any = None, **kwargs: Any) -> Symbol:
    """One value everywhere."""
    return _internal("_full")(shape=shape, value=float(val), dtype=dtype or "float32", **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """Values from start to stop, or from 0 to ``start`` when that is all that is given."""
    given = {"start": start, "stop": stop, "step": step, "repeat": repeat, "infer_range": infer_range}
    return _internal("_arange")(**given, name=name, dtype=dtype or "float32")


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, name: str | None = None, dtype: Any = None
) -> Symbol:
    """``num`` values from start to stop."""
    given = {"start": start, "stop": stop, "num": num, "endpoint": endpoint}
    return _internal("_linspace")(**given, name=name, dtype=dtype or "float32")


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, **kwargs: Any) -> Symbol:
    """Ones on the k-th diagonal."""
    return _internal("_eye")(N=N, M=M, k=k, dtype=dtype or "float32", **kwargs)


def histogram(a: Symbol, bins: Any = 10, range: tuple[float, float] | None = None, **kwargs: Any) -> Symbol:
    """Counts in bins: their edges as a symbol, or their number and the range."""
    if isinstance(bins, Symbol):
        return _internal("_histogram")(data=a, bins=bins, **kwargs)
    if not isinstance(bins, (int, np.integer)):
        raise ValueError("bins argument should be either an integer or an NDArray")
    if range is None:
        raise ValueError("null range is not supported in symbol mode")
    return _internal("_histogram")(data=a, bin_cnt=bins, range=range, **kwargs)


def split_v2(ary: Symbol, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Symbol:
    """Parts of equal size, or between indices."""
    if isinstance(indices_or_sections, (int, np.integer)):
        indices, sections = [], int(indices_or_sections)
    elif isinstance(indices_or_sections, (tuple, set, list)):
        indices, sections = [0, *indices_or_sections], 0
    else:
        raise ValueError("indices_or_sections must either int or tuple / list / set of ints")
    return _internal("_split_v2")(ary, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections)
