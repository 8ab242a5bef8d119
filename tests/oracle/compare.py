"""Disagreements between two evaluations of one case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

_RELATIVE = {"bfloat16": 3e-2, "float16": 4e-3, "float32": 1e-4, "float64": 1e-7}
_ABSOLUTE = {"bfloat16": 1e-2, "float16": 1e-3, "float32": 1e-5, "float64": 1e-9}
# What inference is asked, in order: with everything given, some of it, some dimensions, and the output.
_QUERIES = {"shapes": ("shapes", "shapes-some", "shapes-holes", "shapes-back"), "types": ("types", "types-some")}


@dataclass(frozen=True)
class Disagreement:
    """``what`` is load, lists, refused, accepted, error, shape, dtype, value, or one of the queries' names."""

    what: str
    detail: str
    # Whether both sides run the case, or both refuse it.
    agreed: bool = False


def _covers(ours: Any, theirs: Any) -> bool:
    """Whether ours says all that theirs says; what theirs leaves unknown (None, (), 0), ours may know."""
    if theirs is None or theirs == [] or (theirs == 0 and isinstance(ours, int)):
        return True
    if isinstance(theirs, list):
        return (
            isinstance(ours, list)
            and len(ours) == len(theirs)
            and all(_covers(left, right) for left, right in zip(ours, theirs, strict=True))
        )
    return bool(ours == theirs)


def _less(ours: Any, theirs: Any) -> bool:
    """Whether ours, where it does not say what theirs says, says nothing: unknown, without dimensions, or 0."""
    if _covers(ours, theirs):
        return True
    if isinstance(theirs, list) and isinstance(ours, list) and ours:
        return len(ours) == len(theirs) and all(_less(left, right) for left, right in zip(ours, theirs, strict=True))
    return ours in (None, [], 0)


def _answers(what: str, ours: Any, theirs: Any, *, refused: bool = False) -> list[Disagreement]:
    """``refused``: MXNet refuses the case in its forward, so that refusing it in inference is right."""
    if "error" in theirs:
        if "error" not in ours:
            return [Disagreement(what, f"MXNet refuses ({theirs['error']}: {theirs['text']}), we say {ours['value']}")]
        return _same_class(what, ours, theirs)
    if "error" in ours:
        if refused:
            return []
        return [Disagreement(what, f"we refuse ({ours['error']}: {ours['text']}), MXNet says {theirs['value']}")]
    if ours["value"] != theirs["value"] if what in ("lists", "load") else not _covers(ours["value"], theirs["value"]):
        less = "we know less: " if what not in ("lists", "load") and _less(ours["value"], theirs["value"]) else ""
        return [Disagreement(what, f"{less}ours {ours['value']} MXNet's {theirs['value']}")]
    return []


def _same_class(what: str, ours: Any, theirs: Any) -> list[Disagreement]:
    accepted = {theirs["error"], "UnsupportedOperatorError"} | (
        {"MXNetError"} if theirs["error"] == "RuntimeError" else set()
    )
    if ours["error"] in accepted:
        return []
    return [Disagreement(what, f"ours {ours['error']}: {ours['text']} MXNet's {theirs['error']}: {theirs['text']}")]


def difference(ours: np.ndarray, theirs: np.ndarray, precision: str | None = None) -> str | None:
    """Why two outputs differ in dtype, shape or content, or None; integers must be equal.

    ``precision`` is the float dtype that the tolerance is of, the outputs' own by default.
    """
    if ours.dtype != theirs.dtype:
        return f"dtype {ours.dtype} for {theirs.dtype}"
    if ours.shape != theirs.shape:
        return f"shape {ours.shape} for {theirs.shape}"
    name = theirs.dtype.name
    if name in _RELATIVE and precision is not None:
        name = min(name, precision, key=lambda each: int(each[-2:]))
    if name not in _RELATIVE:
        equal = ours == theirs
    else:
        left, right = ours.astype(np.float64), theirs.astype(np.float64)
        finite = np.abs(right[np.isfinite(right)])
        scale = float(np.median(finite)) if finite.size else 1.0
        with np.errstate(all="ignore"):
            equal = np.isclose(
                left, right, rtol=_RELATIVE[name], atol=_ABSOLUTE[name] * max(1.0, scale), equal_nan=True
            )
    if equal.all():
        return None
    at = tuple(int(i) for i in np.argwhere(~equal)[0])
    return f"value at {at}: {ours[at]!r} for {theirs[at]!r}, {int((~equal).sum())} of {equal.size} differ"


def refuses(said: dict[str, Any]) -> bool:
    """Whether a side does not run the case."""
    return "load" in said or "error" in said["forward"]


def compare(
    ours: dict[str, Any],
    outputs: dict[str, np.ndarray],
    theirs: dict[str, Any],
    expected: dict[str, np.ndarray],
    precision: str | None = None,
) -> list[Disagreement]:
    """All disagreements on a case; ``precision`` is the least precise float dtype of its inputs."""
    if "crash" in theirs:
        return []
    agreed = refuses(ours) == refuses(theirs)
    return [replace(each, agreed=agreed) for each in _disagreements(ours, outputs, theirs, expected, precision)]


def _disagreements(
    ours: dict[str, Any],
    outputs: dict[str, np.ndarray],
    theirs: dict[str, Any],
    expected: dict[str, np.ndarray],
    precision: str | None,
) -> list[Disagreement]:
    if "load" in theirs or "load" in ours:
        value = {"value": None}
        return _answers("load", ours.get("load", value), theirs.get("load", value))
    found = _answers("lists", ours["lists"], theirs["lists"])
    for kind, names in _QUERIES.items():
        for name, left, right in zip(names, ours[kind], theirs[kind], strict=False):
            found += _answers(name, left, right, refused="error" in theirs["forward"])
    left, right = ours["forward"], theirs["forward"]
    if "error" in right:
        if "error" not in left:
            found.append(Disagreement("accepted", f"MXNet refuses: {right['text']}"))
        else:
            found += _same_class("error", left, right)
    elif "error" in left:
        found.append(Disagreement("refused", f"{left['error']}: {left['text']}"))
    else:
        for name, array in expected.items():
            why = difference(outputs[name], array, precision)
            if why is not None:
                found.append(Disagreement(why.split()[0], f"output {name}: {why}"))
    return found
