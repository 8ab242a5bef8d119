"""The networks that the benchmark runs, as symbols with their arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import offboard.mxnet as mx
from offboard.demo import efficientnet

__all__ = ["Workload", "workloads"]


@dataclass(frozen=True)
class Workload:
    """A symbol, its parameters by name, and one input."""

    name: str
    symbol: mx.sym.Symbol
    arguments: dict[str, mx.nd.NDArray]
    auxiliary: dict[str, mx.nd.NDArray]
    data: npt.NDArray[np.float32]

    def bind(self, context: mx.Context) -> mx.executor.Executor:
        """An executor of this network on ``context``."""
        arguments = {**self.arguments, "data": mx.nd.array(self.data)}
        return self.symbol.bind(context, arguments, aux_states=self.auxiliary, grad_req="null")


def workloads() -> list[Workload]:
    """A graph of one small operator, a 600 kB tensor that only passes, and a real classifier where it is installed."""
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
    data = mx.sym.Variable("data")
    found = [
        Workload("tiny", data + 1.0, {}, {}, np.ones((1, 4), np.float32)),
        Workload("identity 1x3x224x224", mx.sym.identity(data), {}, {}, image),
    ]
    if efficientnet.installed():
        prefix = efficientnet.checkpoint()
        symbol, arguments, auxiliary = mx.model.load_checkpoint(str(prefix), 0)
        found.append(Workload("efficientnet-lite0", symbol, arguments, auxiliary, image * 64 + 127))
    return found
