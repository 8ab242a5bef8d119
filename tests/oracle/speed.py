"""``python -m tests.oracle.speed --oracle-python PYTHON GOLDEN``: every operator on a million elements, on both sides.

A golden case of each operator is enlarged: dimensions of its inputs grow together, contents repeat. Both sides run on
one core and take turns; what is compared is processor time. What is more than 3 times slower than real MXNet needs a
reason in ``speed.json``, which also has attributes and shapes of operators whose inputs do not grow alike, and says
which of them are matrices with a dominant diagonal. Processor time grows where others use the memory: up to 1.5 times
for what goes through it often.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from tests.oracle.oracle import Oracle
from tests.oracle.timing import forward_seconds

from offboard.operators import table

Arrays = dict[str, np.ndarray]
Shape = tuple[int, ...]

ELEMENTS = 1 << 20
LIMIT = 3.0
# Shapes of a million elements, by number of dimensions.
_SHAPES: dict[int, Shape] = {
    1: (1 << 20,),
    2: (1024, 1024),
    3: (64, 128, 128),
    4: (4, 16, 128, 128),
    5: (2, 8, 16, 64, 64),
    6: (2, 4, 8, 16, 32, 32),
}
_OVERHEAD = 100e-6


def _grown(shapes: dict[str, Shape], graph: str, first: str, growth: dict[int, int]) -> dict[str, Shape] | None:
    """All shapes when those of the first input's dimensions grow: by inference where it says, else alike."""
    from offboard.errors import MXNetError
    from offboard.graph import symbol_json
    from offboard.operators.infer import infer_shapes

    alike = {name: tuple(growth.get(d, d) for d in shape) for name, shape in shapes.items()}
    loaded = symbol_json.loads(graph)
    try:
        found = infer_shapes(loaded, {first: alike[first]})
        inferred = {**found.arguments, **found.auxiliary}
        made = {name: inferred.get(name) or alike[name] for name in shapes}
        made = {name: alike[name] if 0 in shape else shape for name, shape in made.items()}
        complete = infer_shapes(loaded, made)
    except (MXNetError, MemoryError):
        return None
    largest = max(math.prod(shape or ()) for shape in (*made.values(), *complete.outputs))
    if not complete.complete or largest > 32 * ELEMENTS:
        return None
    return made


def _candidates(graph: str, arrays: Arrays) -> Iterator[Arrays]:
    """Enlarged inputs: all dimensions of the first input, else its first, else its last."""
    shapes = {name: array.shape for name, array in arrays.items()}
    first = max(shapes, key=lambda name: math.prod(shapes[name]))
    data = shapes[first]
    if not data or len(data) not in _SHAPES:
        return
    every = dict(zip(data, _SHAPES[len(data)], strict=True))
    some = -(-ELEMENTS // math.prod(data))
    for growth in [every, {data[0]: data[0] * some}, {data[-1]: data[-1] * some}]:
        made = _grown(shapes, graph, first, growth)
        if made is not None:
            yield {name: np.resize(arrays[name], shape) for name, shape in made.items()}


def _chosen(graph: str, arrays: Arrays, choice: dict[str, Any]) -> tuple[str, list[Arrays]]:
    """A graph and its inputs with the attributes and shapes that ``speed.json`` gives."""
    document = json.loads(graph)
    document["nodes"][-1].setdefault("attrs", {}).update(choice.get("attrs", {}))
    made = {name: np.resize(array, choice["shapes"][name]) for name, array in arrays.items()}
    for name in choice.get("dominant", []):
        # Symmetric with a large diagonal: every factorization exists.
        made[name] = made[name] + made[name].swapaxes(-1, -2)
        made[name] += 2 * np.abs(made[name]).sum(-1).max() * np.eye(made[name].shape[-1], dtype=made[name].dtype)
    return json.dumps(document), [made]


def _cases(golden: Path, pattern: str, choices: dict[str, Any]) -> Iterator[tuple[str, str, list[Arrays]]]:
    """(operator, graph, enlarged inputs) of the first float32 case that can be enlarged."""
    listed: dict[str, list[dict[str, Any]]] = {}
    for case in json.loads((golden / "index.json").read_text())["cases"]:
        if table.resolve(case["op"]) and fnmatchcase(case["op"], pattern):
            listed.setdefault(case["op"], []).append(case)
    stored: dict[str, Any] = {}
    for operator, cases in sorted(listed.items()):
        for case in sorted(cases, key=lambda each: "special" in each["tags"] or "dtype" in each["tags"]):
            file = stored.setdefault(case["group"], np.load(golden / f"{case['group']}.npz"))
            names = [("arg", name) for name in case["arguments"]] + [("aux", name) for name in case["auxiliary_states"]]
            arrays = {name: file[f"{case['id']}|{kind}|{name}"] for kind, name in names}
            graph = file[f"{case['id']}|json"].tobytes().decode()
            choice = choices.get(operator)
            if choice is not None:
                if choice["shapes"].keys() != arrays.keys():
                    continue
                graph, found = _chosen(graph, arrays, choice)
            else:
                found = list(_candidates(graph, arrays)) if arrays else []
            if found:
                yield operator, graph, found
                break
        else:
            yield operator, "", []


def main() -> int:
    """A line an operator; the exit status says whether one is too slow without a reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.speed", description=__doc__)
    parser.add_argument("--oracle-python", required=True, help="an interpreter that has real MXNet")
    parser.add_argument("--operators", default="*", help="a pattern of names")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each side; the least time counts")
    parser.add_argument("golden", type=Path)
    options = parser.parse_args()
    # One core for both, decided before a library counts them.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import offboard.mxnet as mx

    facts = json.loads(Path(__file__).with_name("speed.json").read_text())
    reasons = facts["reasons"]
    slow = 0
    with Oracle(options.oracle_python, seconds=300) as oracle:
        for operator, graph, candidates in _cases(options.golden, options.operators, facts["inputs"]):
            line = f"{operator}: not measured"
            for arrays in candidates:
                said, _ = oracle.ask({"graph": graph, "timed": True}, arrays)
                if "seconds" not in said:
                    line = f"{operator}: not measured, real MXNet: {said}"
                    continue
                theirs, ours = [said["seconds"]], [forward_seconds(mx, graph, arrays)]
                for _ in range(options.rounds - 1):
                    theirs.append(oracle.ask({"graph": graph, "timed": True}, arrays)[0]["seconds"])
                    ours.append(forward_seconds(mx, graph, arrays))
                ratio = (min(ours) + _OVERHEAD) / (min(theirs) + _OVERHEAD)
                line = f"{operator}: {min(ours) * 1e3:.2f} ms for {min(theirs) * 1e3:.2f} ms, {ratio:.2f} times"
                line += f" {[list(array.shape) for array in arrays.values()]}"
                if ratio > LIMIT:
                    line += f" SLOW: {reasons.get(operator, 'no reason')}"
                    slow += operator not in reasons
                break
            print(line, flush=True)
    return int(slow > 0)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
