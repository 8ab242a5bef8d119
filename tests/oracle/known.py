"""Disagreements that are accepted, each with its reason: ``known.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tests.oracle.case import Case
from tests.oracle.compare import Disagreement, difference

# What MXNet says of a case with other arrays: its answer and the outputs.
Ask = Callable[[dict[str, np.ndarray]], tuple[dict[str, Any], dict[str, np.ndarray]]]


@cache
def _entries() -> list[dict[str, Any]]:
    return json.loads(Path(__file__).with_name("known.json").read_text())


def _scope(case: Case, found: Disagreement, attrs: dict[str, str]) -> dict[str, Any]:
    floats = [array for array in case.arrays.values() if array.dtype.kind == "f"]
    return {
        "attrs": attrs,
        "dtypes": [array.dtype.name for array in case.arrays.values()],
        "shapes": [array.shape for array in case.arrays.values()],
        "sizes": [array.size for array in case.arrays.values()],
        "train": case.train,
        "agreed": found.agreed,
        "nan": any(bool(np.isnan(array).any()) for array in floats),
        "infinite": any(bool(np.isinf(array).any()) for array in floats),
        "operators": [node["op"] for node in case.nodes],
    }


def reason(case: Case, found: Disagreement, outputs: dict[str, np.ndarray], ask: Ask) -> str | None:
    """Why a disagreement is accepted, or None.

    An entry names operators (patterns) and kinds of disagreement, and may have a pattern of the detail (``text``),
    a condition over what :func:`_scope` lists (``if``), and a dtype (``as``): given the arrays in that dtype, MXNet has
    to make our outputs, to the least precision of both.
    """
    for entry in _entries():
        patterns = entry["operators"].split()
        nodes = [node for node in case.nodes if any(fnmatchcase(node["op"], pattern) for pattern in patterns)]
        if not nodes:
            continue
        if found.what not in entry["what"].split():
            continue
        if "text" in entry and not re.search(entry["text"], found.detail):
            continue
        functions = {"any": any, "all": all, "len": len, "max": max, "min": min, "float": float}
        scope = _scope(case, found, nodes[0].get("attrs", {}))
        # What it looks at may not be there in a graph of several operators.
        with suppress(KeyError, IndexError):
            holds = "if" not in entry or eval(entry["if"], {"__builtins__": functions}, scope)
            if holds and ("as" not in entry or _made_in(np.dtype(entry["as"]), case, outputs, ask)):
                return str(entry["reason"])
    return None


def _made_in(dtype: np.dtype[Any], case: Case, outputs: dict[str, np.ndarray], ask: Ask) -> bool:
    if not case.arrays:
        return False
    first = next(iter(case.arrays.values())).dtype
    replaced = ("b",) if dtype.kind == "u" else (first.kind, "f")
    other = {name: a.astype(dtype) if a.dtype.kind in replaced else a for name, a in case.arrays.items()}
    said, expected = ask(other)
    if "error" in said.get("forward", {"error": None}) or expected.keys() != outputs.keys():
        return False
    for name, array in outputs.items():
        theirs = expected[name]
        if array.dtype.kind == "f" and array.dtype.itemsize < theirs.dtype.itemsize:
            # What is too large for our type is infinite in it.
            with np.errstate(over="ignore"):
                theirs = theirs.astype(array.dtype)
        if difference(array.astype(theirs.dtype), theirs, case.precision) is not None:
            return False
    return True
