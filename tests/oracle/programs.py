"""``python -m tests.oracle.programs --oracle-python PYTHON``: short programs about arrays against real MXNet."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections import Counter, defaultdict
from random import Random
from typing import Any

import numpy as np
from tests.oracle.draw_program import draw
from tests.oracle.oracle import Oracle
from tests.oracle.run_program import run

import offboard.mxnet as mx

_FAMILIES = ("MXNetError", "IndexError", "KeyError", "AttributeError", "AssertionError", "TypeError", "ValueError")


def _family(classes: list[str]) -> str:
    return next((each for each in _FAMILIES if each in classes), classes[0])


def _difference(ours: Any, arrays: Any, theirs: Any, expected: Any) -> str | None:
    if "crash" in theirs:
        return None
    if ("error" in ours) != ("error" in theirs):
        return f"ours {ours.get('error', ours.get('result'))} {ours.get('message', '')!r:.150} MXNet's " + (
            f"{theirs.get('error', theirs.get('result'))} {theirs.get('message', '')!r:.250}"
        )
    if "error" in ours:
        own, other = _family(ours["error"]), _family(theirs["error"])
        if own != other:
            return f"ours {own} {ours['message']!r:.150} MXNet's {other} {theirs['message']!r:.250}"
    for key in theirs:
        if key not in ("message", "error") and ours.get(key) != theirs[key]:
            return f"{key}: ours {ours.get(key)} MXNet's {theirs[key]}"
    for name, array in expected.items():
        tolerance = 1e-2 if array.dtype == np.float16 else 1e-4
        if not np.allclose(arrays[name], array, rtol=tolerance, atol=tolerance, equal_nan=True):
            return f"{name}: ours {arrays[name].tolist()} MXNet's {array.tolist()}"
    return None


def main() -> int:
    """Prints disagreements by what kind of program it was; the exit status says whether there were any."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.programs", description=__doc__)
    parser.add_argument("--oracle-python", required=True, help="an interpreter that has real MXNet")
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="program N of a seed is always the same one")
    parser.add_argument("--show", type=int, default=40, help="disagreements printed")
    options = parser.parse_args()
    found: dict[str, list[str]] = defaultdict(list)
    counted: Counter[str] = Counter()
    with Oracle(options.oracle_python, script="real_programs.py") as oracle:
        for number in range(options.count):
            program, arrays = draw(Random(f"{options.seed}.{number}"))
            theirs, expected = oracle.ask({"program": program}, arrays)
            with contextlib.redirect_stdout(io.StringIO()):
                ours, outputs = run(mx, {"program": program}, arrays)
            counted["crashes of MXNet" if "crash" in theirs else "refused" if "error" in theirs else "ran"] += 1
            difference = _difference(ours, outputs, theirs, expected)
            if difference is not None:
                given = " ".join(f"{name}:{each.dtype.name}{list(each.shape)}" for name, each in arrays.items())
                found[program].append(f"{number}: {program!r} <{given}> {difference}")
    for lines in list(found.values())[: options.show]:
        print(lines[0])
    print(dict(counted), "disagreements", sum(len(each) for each in found.values()))
    return int(bool(found))


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
