"""Operators that a program defines itself: what is registered, and what it declares.

They are code of the program, so they run where the program is; the accelerator runs the rest of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError

__all__ = ["Definition", "Run", "definition", "register", "registered"]

# A shape without dimensions is unknown.
Shapes: TypeAlias = "Sequence[Sequence[int]]"
Run: TypeAlias = Callable[[Sequence[npt.NDArray[Any]], bool], "list[npt.NDArray[Any]]"]


class Definition(Protocol):
    """One operator with its parameters, as the program wrote it."""

    arguments: tuple[str, ...]
    auxiliary: tuple[str, ...]
    outputs: tuple[str, ...]

    def infer_shapes(self, arguments: Shapes) -> tuple[Shapes, Shapes, Shapes]:
        """Shapes of arguments, outputs and auxiliary states, from those of the arguments as far as known."""

    def infer_types(
        self, arguments: Sequence[np.dtype[Any] | None]
    ) -> tuple[Sequence[np.dtype[Any]], Sequence[np.dtype[Any]], Sequence[np.dtype[Any]]]:
        """Dtypes of arguments, outputs and auxiliary states."""

    def open(self, inputs: Sequence[npt.NDArray[Any]]) -> Run:
        """What runs it on arrays like ``inputs`` (auxiliary states last), given them and whether it is training."""


_FACTORIES: dict[str, Callable[[Mapping[str, str]], Definition]] = {}


def register(name: str, factory: Callable[[Mapping[str, str]], Definition]) -> None:
    """Makes ``Custom(op_type=name)`` known; ``factory`` gets its other parameters, as text."""
    _FACTORIES[name] = factory
    _made.cache_clear()


def registered() -> list[str]:
    """The names in use."""
    return sorted(_FACTORIES)


def definition(params: Mapping[str, Any]) -> Definition:
    """The operator that the parameters of a node name; raises MXNetError when the program registered none."""
    name = params.get("op_type", "")
    if not name:
        raise MXNetError("Required argument `op_type` is missing.")
    if name not in _FACTORIES:
        raise MXNetError(
            f"Cannot find custom operator {name}: register it with mx.operator.register({name!r}) before the graph "
            "is composed or loaded"
        )
    rest = tuple((key, str(value)) for key, value in params.items() if key != "op_type")
    return _made(name, rest)


@lru_cache(maxsize=1024)
def _made(name: str, params: tuple[tuple[str, str], ...]) -> Definition:
    return _FACTORIES[name](dict(params))
