"""Requests a second of several callers at once: on the accelerator, and each with ONNX Runtime in its own process.

``python -m offboard.bench.throughput NAME WHERE COUNT THREADS`` is one caller: it says that it is ready, waits for a
line, and prints the seconds that its calls took.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import offboard.mxnet as mx
from offboard.bench.workloads import workload

__all__ = ["requests_per_second"]

_WARM_UP = 10


def requests_per_second(name: str, where: str, callers: int, count: int, threads: int) -> float:
    """Of ``callers`` processes that make ``count`` calls each, ``where`` is ``accelerator`` or ``process``."""
    command = [sys.executable, "-m", __name__, name, where, str(count), str(threads)]
    crowd = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        for _ in range(callers)
    ]
    for process in crowd:
        assert process.stdout is not None
        process.stdout.readline()
    start = time.perf_counter()
    for process in crowd:
        assert process.stdin is not None
        process.stdin.write("\n")
    for process in crowd:
        assert process.stdout is not None
        if process.stdout.readline() != "done\n":
            raise RuntimeError(f"a caller of {name} failed")
    seconds = time.perf_counter() - start
    for process in crowd:
        process.communicate()
    return callers * count / seconds


def _forward(name: str, where: str, threads: int) -> Callable[[], Any]:
    given = workload(name)
    if where == "process":
        plan = given.plan(threads)
        return lambda: plan.run({"data": given.data})
    executor, data = given.bind(mx.eia()), mx.nd.array(given.data)
    return lambda: executor.forward(data=data)


def _call(name: str, where: str, count: int, threads: int) -> None:
    forward = _forward(name, where, threads)
    for _ in range(_WARM_UP):
        forward()
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(count):
        forward()
    print("done", flush=True)


if __name__ == "__main__":
    _call(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
