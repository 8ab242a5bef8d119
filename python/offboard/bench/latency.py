"""Latency of one caller: forward on the accelerator against the same plan in this process, in pairs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import offboard.mxnet as mx
from offboard.bench.workloads import Workload

__all__ = ["Figures", "forward_of", "pairs"]


@dataclass(frozen=True)
class Figures:
    """Microseconds of one call: median and 99th percentile on each side, and what the accelerator's side adds."""

    local_p50: float
    local_p99: float
    remote_p50: float
    remote_p99: float
    added_p50: float
    ratio_p50: float

    @classmethod
    def of(cls, local: npt.NDArray[np.float64], remote: npt.NDArray[np.float64]) -> Figures:
        """From call times in seconds, paired by index."""
        us_local, us_remote = local * 1e6, remote * 1e6
        return cls(
            float(np.median(us_local)),
            float(np.percentile(us_local, 99)),
            float(np.median(us_remote)),
            float(np.percentile(us_remote, 99)),
            float(np.median(us_remote - us_local)),
            float(np.median(us_remote / us_local)),
        )


def forward_of(workload: Workload, context: mx.Context) -> Callable[[], npt.NDArray[np.float32]]:
    """One whole forward as a program does it: fresh input in, NumPy out."""
    executor = workload.bind(context)
    data = mx.nd.array(workload.data)

    def forward() -> npt.NDArray[np.float32]:
        answer: npt.NDArray[np.float32] = executor.forward(data=data)[0].asnumpy()
        return answer

    return forward


def pairs(workload: Workload, count: int, warm_up: int = 20) -> Figures:
    """Times ``count`` calls on each side, in turn."""
    local, remote = forward_of(workload, mx.cpu()), forward_of(workload, mx.eia())
    np.testing.assert_allclose(remote(), local(), rtol=1e-3, atol=1e-4)
    times = np.empty((2, count))
    for index in range(-warm_up, count):
        for side, forward in enumerate((local, remote)):
            start = time.perf_counter()
            forward()
            if index >= 0:
                times[side, index] = time.perf_counter() - start
    return Figures.of(times[0], times[1])
