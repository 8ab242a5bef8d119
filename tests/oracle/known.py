"""Disagreements that are accepted, each with its reason: ``known.json``."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracle.compare import Disagreement
from tests.oracle.draw import Case


@cache
def _entries() -> list[dict[str, Any]]:
    return json.loads(Path(__file__).with_name("known.json").read_text())


def reason(case: Case, found: Disagreement) -> str | None:
    """Why a disagreement is accepted, or None.

    An entry names operators (patterns), kinds of disagreement, and optionally a pattern found in the detail (``text``)
    and a condition over ``attrs``, ``dtypes``, ``shapes`` and ``train`` (``if``).
    """
    for entry in _entries():
        if not any(fnmatchcase(case.operator, pattern) for pattern in entry["operators"].split()):
            continue
        if found.what not in entry["what"].split():
            continue
        if "text" in entry and not re.search(entry["text"], found.detail):
            continue
        scope = {
            "attrs": case.attrs,
            "dtypes": [array.dtype.name for array in case.arrays.values()],
            "shapes": [array.shape for array in case.arrays.values()],
            "train": case.train,
        }
        if "if" in entry and not eval(entry["if"], {"__builtins__": {"any": any, "all": all, "len": len}}, scope):
            continue
        return str(entry["reason"])
    return None
