"""Nested lists of arrays or symbols, flattened and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["Form", "flatten", "regroup", "same_form", "taken"]

# -1: None; 0: one item; n > 0: a symbol of n outputs; a list: one form for each of its items.
Form: TypeAlias = "int | list[Form]"


def flatten(items: Any, what: str) -> tuple[list[Any], Form]:
    """The arrays or symbols in order, and how they were nested; ``what`` names them in the ValueError for others."""
    if isinstance(items, NDArray):
        return [items], 0
    if isinstance(items, Symbol):
        return [items], len(items) if len(items) > 1 else 0
    if items is None:
        return [None], -1
    if not isinstance(items, (list, tuple)):
        raise ValueError(
            f"When hybridized, the input of HybridBlock {what} must be (nested) list of Symbol or NDArray, but got "
            f"{items} of type {type(items)}"
        )
    flat: list[Any] = []
    forms: list[Form] = []
    for item in items:
        part, form = flatten(item, what)
        flat += part
        forms.append(form)
    return flat, forms


def regroup(flat: Sequence[Any], form: Form) -> Any:
    """Flat items nested by ``form``."""
    made, rest = taken(list(flat), form)
    assert not rest
    return made


def taken(flat: list[Any], form: Form) -> tuple[Any, list[Any]]:
    """The first items nested by ``form``, and the items behind them."""
    if isinstance(form, int):
        if form == -1:
            if flat[0] is not None:
                raise ValueError(
                    "We do not support passing types that are not None when the initial HybridBlock has received "
                    f"NoneType and has been hybridized. Received arg = {flat[0]}, fmt = {form}."
                )
            return None, flat[1:]
        return (flat[0], flat[1:]) if form == 0 else (flat[:form], flat[form:])
    made = []
    for each in form:
        item, flat = taken(flat, each)
        made.append(item)
    return made, flat


def same_form(stored: Form, given: Form) -> bool:
    """Whether arguments fit those that a graph was made for; None at the end may be left out."""
    if stored == given or isinstance(stored, int) or isinstance(given, int):
        return stored == given
    shared = min(len(stored), len(given))
    return stored[:shared] == given[:shared] and all(form == -1 for form in stored[shared:] + given[shared:])
