"""Asks real MXNet for every behaviour and holds ``behaviours.json`` against it; ``--write`` adds what is new there.

Runs under an interpreter that has ``mxnet`` 1.9.1, from the repository's root: ``PYTHON -m tests.mxnet.behaviours``.
An entry with a ``reason`` is ours on purpose, and has to differ: one that no longer does is reported too.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.mxnet.behaviours import BEHAVIOURS

EXPECTATIONS = Path(__file__).parent.with_suffix(".json")
COLOUR = re.compile(r"\x1b\[\d*m")
# Where in its sources MXNet found out: nothing that a program could rely on.
ORIGIN = re.compile(
    r'Traceback \(most recent call last\):\n  File "[^"]*", line \d+\n(\w+: )?(Check failed: [^:]*: (?=.))?'
)


def seen(name: str, library: Any) -> dict[str, Any]:
    """What a behaviour shows: its ``value``, or the ``class`` and, as ``contains``, the message of what it raises."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            value = BEHAVIOURS[name](library)
    except Exception as error:  # whatever the library raises is what is asked for
        return {"class": type(error).__name__, "contains": ORIGIN.sub("", COLOUR.sub("", str(error)))}
    return {"value": json.loads(COLOUR.sub("", json.dumps(value).replace("\\u001b", "\x1b")))}


def agree(expected: dict[str, Any], shown: dict[str, Any]) -> bool:
    if "value" in expected or "value" in shown:
        return expected.get("value", ...) == shown.get("value", ...)
    return expected["class"] == shown["class"] and expected.get("contains", "\0") in shown["contains"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.mxnet.behaviours", description=__doc__)
    parser.add_argument("--write", action="store_true", help="add behaviours that have no expectation yet")
    arguments = parser.parse_args()
    import mxnet  # real MXNet, of this interpreter

    expectations: dict[str, dict[str, Any]] = json.loads(EXPECTATIONS.read_text())
    complaints = 0
    for name in BEHAVIOURS:
        shown = seen(name, mxnet)
        if name not in expectations and arguments.write:
            expectations[name] = shown
            print(f"{name}: added {json.dumps(shown)}")
        elif name not in expectations or agree(expectations[name], shown) == ("reason" in expectations[name]):
            complaints += 1
            print(f"{name}: real MXNet shows {json.dumps(shown)}")
    if arguments.write:
        ordered = {name: expectations[name] for name in BEHAVIOURS}
        EXPECTATIONS.write_text(json.dumps(ordered, indent=1) + "\n")
    print(f"{len(BEHAVIOURS)} behaviours, {complaints} to be looked at")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
