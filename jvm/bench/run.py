"""``python run.py [--rounds N] [--only NAME,...]``: Java's Predictor on an accelerator against other engines.

Every engine runs the same networks on the same input, one thread each, in a process of its own. They take turns: a
round is a block of calls of each, so that what else the machine does meets all of them. A call is timed from the
program's own numbers to its own numbers, arrays made and freed on the way: ``float[]`` to ``float[]`` in Java, once
through NDArrays (``eia``) and once through ``predict`` (``eia-floats``), and ``numpy.ndarray`` to ``numpy.ndarray`` in
Python, whose client on the same accelerator is what Java is to add little to.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from networks import SHAPES, write

import offboard.mxnet as mx
from offboard.client import connection
from offboard_accelerator import embedded

HERE = Path(__file__).resolve().parent
# DJL opens no network without parameters.
_SMALL = ("eia", "eia-floats", "onnxruntime")
ENGINES = {"tiny": _SMALL, "identity": _SMALL}
ALL_ENGINES = (*_SMALL, "djl")
# Calls of an engine in a round, and rounds before those that count: a JVM's compiler has done its work by then.
_BLOCK = {"tiny": (1000, 10), "identity": (200, 10), "efficientnet-lite0": (100, 40), "resnet50": (10, 4)}
# Calls of a block that only warm the processor after the others' turns.
_LEAD = 0.1
_Times = npt.NDArray[np.float64]


class Java:
    """An engine in a JVM of its own."""

    def __init__(self, engine: str, prefix: Path, shape: tuple[int, ...], options: list[str]) -> None:
        path = f"{HERE / 'target' / 'classes'}{os.pathsep}{(HERE / 'target' / 'classpath.txt').read_text().strip()}"
        command = [
            "java",
            *options,
            "-cp",
            path,
            "io.offboard.bench.Main",
            engine,
            str(prefix),
            ",".join(map(str, shape)),
        ]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.checksum = float("nan")

    def __enter__(self) -> Java:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def times(self, count: int) -> _Times:
        """Microseconds of each of so many calls."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args}: {self._process.communicate()[1][-2000:]}")
        said: dict[str, Any] = json.loads(line)
        self.checksum = said["checksum"]
        return np.array(said["times"])


def python(prefix: Path, shape: tuple[int, ...]) -> Callable[[int], _Times]:
    """The same of Python's client on the same accelerator."""
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(prefix), 0)
    given = np.random.default_rng(0).random(shape, dtype=np.float32) * 255
    executor = symbol.bind(mx.eia(), {**arguments, "data": mx.nd.array(given)}, aux_states=auxiliary, grad_req="null")

    def times(count: int) -> _Times:
        found = np.empty(count)
        for index in range(count):
            start = time.perf_counter()
            executor.forward(data=mx.nd.array(given))[0].asnumpy()
            found[index] = (time.perf_counter() - start) * 1e6
        return found

    return times


def measure(name: str, prefix: Path, shape: tuple[int, ...], rounds: int, options: list[str]) -> None:
    """Prints what each engine took, and how Java's Predictor compares, round by round."""
    block, warm_up = _BLOCK[name]
    lead = int(block * _LEAD)
    with ExitStack() as stack:
        jvms = {
            each: stack.enter_context(Java(each, prefix, shape, options)) for each in ENGINES.get(name, ALL_ENGINES)
        }
        turns: dict[str, Callable[[int], _Times]] = {each: jvm.times for each, jvm in jvms.items()}
        turns["Python"] = python(prefix, shape)
        found: dict[str, list[_Times]] = {each: [] for each in turns}
        for index in range(-warm_up, rounds):
            for each, turn in turns.items():
                times = turn(block)
                if index >= 0:
                    found[each].append(times[lead:])
        sums = {round(jvm.checksum, 2) for jvm in jvms.values()}
    medians = {each: np.array([np.median(times) for times in blocks]) for each, blocks in found.items()}
    print(f"{name}, {rounds} rounds of {block} calls:")
    for each, blocks in found.items():
        p50, p99 = np.percentile(np.concatenate(blocks), [50, 99])
        print(f"  {each:12} p50 {p50:8.0f} us  p99 {p99:8.0f} us, {p99 / p50:.2f} of p50")
    for java in ("eia", "eia-floats"):
        added = medians[java] - medians["Python"]
        low, middle, high = np.percentile(added, [25, 50, 75])
        line = f"  {java} adds {middle:.0f} us to Python's client (quartiles of the rounds {low:.0f}, {high:.0f})"
        for other in jvms.keys() - {"eia", "eia-floats"}:
            line += f"; {other} takes {np.median(medians[other] / medians[java]):.2f} times as long"
        print(line)
    print(f"  answers {'agree' if len(sums) == 1 else f'differ: {sums}'}", flush=True)


def main() -> None:
    """Measures every network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="blocks of calls of each engine that count")
    parser.add_argument("--only", default=",".join(SHAPES), help="names of networks")
    parser.add_argument("--java-options", default="", help="for every JVM, such as -XX:+UseSerialGC")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded.start("eia1.medium") as daemon:
        os.environ.update(daemon.environment)
        write(Path(folder))
        for name in given.only.split(","):
            measure(name, Path(folder) / name / name, SHAPES[name], given.rounds, given.java_options.split())
        connection.close()


if __name__ == "__main__":
    main()
