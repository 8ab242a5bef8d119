"""``python -m tests.oracle --oracle-python PYTHON``: our operators against real MXNet on drawn cases."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import Any

import numpy as np
from tests.oracle.case import Case
from tests.oracle.compare import Disagreement, compare
from tests.oracle.draw import NotDrawnError, draw, operators
from tests.oracle.evaluate import evaluate
from tests.oracle.flow import FORMS
from tests.oracle.known import reason
from tests.oracle.oracle import Oracle

import offboard.mxnet as mx


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--oracle-python", required=True, help="an interpreter that has real MXNet")
    parser.add_argument("--count", type=int, default=1000, help="how many cases")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--seed", type=int, default=0, help="case N of a seed is always the same one")
    parser.add_argument("--operators", default="*", help="patterns of operator names, separated by commas")
    parser.add_argument("--steps", type=int, default=1, help="operators a case")
    parser.add_argument("--twist", type=float, default=0.0, help="the part of cases with an attribute of any value")
    parser.add_argument("--only", type=int, help="run this case alone and print it")
    parser.add_argument("--show", type=int, default=3, help="disagreements printed an operator and kind")
    return parser.parse_args()


def _print_case(case: Case) -> None:
    print(case.graph)
    for name, array in case.arrays.items():
        print(f"{name} {array.dtype} {array.shape}\n{array!r}")


@dataclass(frozen=True)
class _Judged:
    """What both sides say of a case, and its disagreements: the reasons of those accepted, and the others."""

    ours: dict[str, Any]
    outputs: dict[str, np.ndarray]
    theirs: dict[str, Any]
    expected: dict[str, np.ndarray]
    known: list[str]
    unlisted: list[Disagreement]

    @property
    def crash(self) -> str | None:
        return self.theirs.get("crash")


def _judge(case: Case, oracle: Oracle) -> _Judged:
    theirs, expected = oracle.ask(case.head, case.arrays)
    with contextlib.redirect_stdout(io.StringIO()):
        ours, outputs = evaluate(mx, case.head, case.arrays)
    known, unlisted, settled = [], [], False
    # First what concerns running it: where that is accepted, both sides count as agreeing on the rest.
    listed = compare(ours, outputs, theirs, expected, case.precision)
    for each in sorted(listed, key=lambda each: each.what not in ("accepted", "refused")):
        told = replace(each, agreed=each.agreed or settled)
        why = reason(case, told, outputs, lambda arrays: oracle.ask(case.head, arrays))
        settled |= why is not None and each.what in ("accepted", "refused")
        if why is None:
            unlisted.append(each)
        else:
            known.append(why)
    return _Judged(ours, outputs, theirs, expected, known, unlisted)


def main() -> int:
    """Prints disagreements by operator; the exit status says whether there were any that are not known."""
    options = _arguments()
    patterns = options.operators.split(",")
    names = [name for name in (*operators(), *FORMS) if any(fnmatchcase(name, pattern) for pattern in patterns)]
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    counted: Counter[str] = Counter()
    known: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    start = time.monotonic()
    last = options.first + options.count
    numbers = range(options.first, last) if options.only is None else [options.only]
    with Oracle(options.oracle_python) as oracle:
        for number in numbers:
            random = Random(f"{options.seed}.{number}")
            try:
                case = draw(random, names, options.steps, options.twist)
            except NotDrawnError as error:
                counted["not drawn"] += 1
                if options.only is not None:
                    print(error)
                continue
            judged = _judge(case, oracle)
            if judged.crash or judged.unlisted:
                # Some cases damage MXNet's memory, and a later one shows it: only what a new process says counts.
                oracle.restart()
                judged = _judge(case, oracle)
            if options.only is not None:
                _print_case(case)
                print("ours", judged.ours, judged.outputs, "\nMXNet's", judged.theirs, judged.expected)
            counted["crashes of MXNet" if judged.crash else "compared"] += 1
            if judged.crash:
                found[case.operator, "crash of MXNet"].append(f"case {number}: {judged.crash} {_summary(case)}")
            elif "error" in judged.theirs.get("forward", judged.theirs.get("load", {})):
                refusals[case.operator] += 1
            known.update(judged.known)
            for each in judged.unlisted:
                found[case.operator, each.what].append(f"case {number}: {each.detail} {_summary(case)}")
            if number % 200 == 199:
                made = sum(len(each) for each in found.values())
                seconds = time.monotonic() - start
                print(f"\r{number + 1}/{last} {seconds:.0f} s, {made} disagreements", end="", file=sys.stderr)
    print(file=sys.stderr)
    for (operator, what), listed in sorted(found.items()):
        print(f"{operator} {what}: {len(listed)}")
        for line in listed[: options.show]:
            print(f"    {line}")
    print(dict(counted))
    for why, count in known.most_common():
        print(f"known {count}: {why}")
    much = [f"{name} {count}" for name, count in refusals.most_common(12)]
    print("refused by MXNet:", ", ".join(much))
    return int(any(what != "crash of MXNet" for _, what in found))


def _summary(case: Case) -> str:
    given = " ".join(f"{array.dtype.name}{list(array.shape)}" for array in case.arrays.values())
    return f"<{case.attrs} {given}{' train' if case.train else ''}>"[:300]


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
