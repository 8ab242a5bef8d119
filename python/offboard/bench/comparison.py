"""Imperative operators and whole networks on ``mx.cpu()`` against real MXNet, in turns: ratios of pairs."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from offboard.bench import side

__all__ = ["NETWORKS", "Comparison", "compared"]

_ROUNDS = 5
# Graphs of the folder given, and what feeds them.
NETWORKS: dict[str, dict[str, tuple[int, ...]]] = {
    "resnet50_v1": {"data": (1, 3, 224, 224)},
    "static_bert_qa": {"data0": (1, 384), "data1": (1, 384), "data2": (1,)},
}

# What was measured, ours, real MXNet's, and the median of their ratios (None without real MXNet).
Row: TypeAlias = "tuple[str, float, float | None, float | None]"


class Comparison:
    """A process a side; the other side is left out where no interpreter with real MXNet is given."""

    def __init__(self, mxnet_python: str = "") -> None:
        pythons = [sys.executable, *([mxnet_python] if mxnet_python else [])]
        self._sides = [
            subprocess.Popen(
                [python, side.__file__, module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for python, module in zip(pythons, side.SIDES, strict=False)
        ]

    def __enter__(self) -> Comparison:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._sides:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.stdout.close()
            process.wait()

    def ask(self, request: dict[str, Any]) -> list[dict[str, float]]:
        """The answers of both sides, one after the other."""
        answers = []
        for process in self._sides:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{process.args!r} ended without an answer to {request}")
            answers.append(json.loads(line))
        return answers


def compared(comparison: Comparison, graphs: Path | None) -> Iterator[Row]:
    """Microseconds of each small operator, then milliseconds of the networks' stages."""
    for name in side.OPERATORS:
        yield from _rows(f"{name} (us)", [comparison.ask({"operator": name}) for _ in range(_ROUNDS)])
    for name, shapes in NETWORKS.items():
        path = graphs / f"{name}-symbol.json" if graphs else None
        if path is not None and path.is_file():
            request = {"path": str(path), "shapes": shapes}
            yield from _rows(f"{name} (ms)", [comparison.ask(request) for _ in range(_ROUNDS)])


def _rows(title: str, rounds: list[list[dict[str, float]]]) -> Iterator[Row]:
    for part in rounds[0][0]:
        pairs = [[answer[part] for answer in pair] for pair in rounds]
        ours = statistics.median(pair[0] for pair in pairs)
        if len(pairs[0]) == 1:
            yield f"{title} {part}", ours, None, None
        else:
            theirs = statistics.median(pair[1] for pair in pairs)
            yield f"{title} {part}", ours, theirs, statistics.median(mine / other for mine, other in pairs)
