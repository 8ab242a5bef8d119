"""How long it takes until a program has its first answer: cold and warm bind, and a whole process."""

from __future__ import annotations

import subprocess
import sys
import time

import offboard.mxnet as mx
from offboard.bench.workloads import Workload

__all__ = ["binding"]

_PROGRAM = """
import offboard.mxnet as mx
executor = mx.sym.exp(mx.sym.Variable("data")).simple_bind(mx.eia(), "null", data=(1,))
executor.forward(data=mx.nd.zeros((1,)))[0].asnumpy()
"""


def binding(given: Workload) -> dict[str, float]:
    """Milliseconds: the first bind (weights travel), a second one (they do not), a process to its first answer."""
    figures = {}
    for name in ("cold_bind_ms", "warm_bind_ms"):
        start = time.perf_counter()
        given.bind(mx.eia()).forward()
        figures[name] = (time.perf_counter() - start) * 1e3
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True, stderr=subprocess.DEVNULL)
    figures["process_to_first_answer_ms"] = (time.perf_counter() - start) * 1e3
    return figures
