"""Latency of one caller: a forward on the accelerator against ONNX Runtime in this process, in pairs.

``python -m offboard.bench.latency NAME COUNT THREADS`` prints the figures of one workload as JSON: what the benchmark
starts several of at once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import offboard.mxnet as mx
from offboard.bench.workloads import Workload, workload

__all__ = ["pairs"]

_WARM_UP = 20


def pairs(given: Workload, count: int, threads: int) -> dict[str, float]:
    """Microseconds of ``count`` calls a side, made in turn: medians, 99th percentiles, and what is added."""
    plan = given.plan(threads)
    executor = given.bind(mx.eia())
    data = mx.nd.array(given.data)

    def local() -> Any:
        return plan.run({"data": given.data})[0]

    def remote() -> Any:
        return executor.forward(data=data)[0].asnumpy()

    np.testing.assert_allclose(remote(), local(), rtol=1e-3, atol=1e-4)
    sides: tuple[Callable[[], Any], ...] = (local, remote)
    times = np.empty((2, count))
    for index in range(-_WARM_UP, count):
        for side, forward in enumerate(sides):
            start = time.perf_counter()
            forward()
            if index >= 0:
                times[side, index] = (time.perf_counter() - start) * 1e6
    return {
        "local_p50": float(np.median(times[0])),
        "local_p99": float(np.percentile(times[0], 99)),
        "remote_p50": float(np.median(times[1])),
        "remote_p99": float(np.percentile(times[1], 99)),
        "added_p50": float(np.median(times[1] - times[0])),
        "added_p99": float(np.percentile(times[1] - times[0], 99)),
        "ratio_p50": float(np.median(times[1] / times[0])),
    }


if __name__ == "__main__":
    print(json.dumps(pairs(workload(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
