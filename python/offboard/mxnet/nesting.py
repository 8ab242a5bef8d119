"""Nested lists of arrays or symbols, flat and back: what control flow takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

__all__ = ["Layout", "flatten", "regroup"]

# 0 for one leaf, a number for a leaf of several parts, a list for a list.
Layout: TypeAlias = "int | list[Any]"


def flatten(value: Any, leaf: type, what: str) -> tuple[list[Any], Layout]:
    """The leaves in order and how they were nested; a leaf of several outputs comes apart."""
    if isinstance(value, leaf):
        several: Any = value
        parts = list(several) if hasattr(value, "list_outputs") else [value]
        return parts, (len(parts) if len(parts) > 1 else 0)
    if not isinstance(value, (list, tuple)):
        raise AssertionError(f"{what} must be (nested) list of {leaf.__name__}, but got {value} of type {type(value)}")
    flat: list[Any] = []
    layouts: list[Any] = []
    for each in value:
        leaves, layout = flatten(each, leaf, what)
        flat += leaves
        layouts.append(layout)
    return flat, layouts


def regroup(flat: Sequence[Any], layout: Layout) -> Any:
    """The nesting of :func:`flatten` over other leaves."""
    made, rest = _regrouped(list(flat), layout)
    if rest:
        raise AssertionError(f"{len(rest)} values are more than the nesting {layout} holds")
    return made


def _regrouped(flat: list[Any], layout: Layout) -> tuple[Any, list[Any]]:
    if isinstance(layout, int):
        return (flat[0], flat[1:]) if layout == 0 else (flat[:layout], flat[layout:])
    made = []
    for each in layout:
        part, flat = _regrouped(flat, each)
        made.append(part)
    return made, flat
