"""The networks that the benchmark runs, as symbols with their arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import offboard.mxnet as mx
from offboard.demo import efficientnet
from offboard.mxnet.executor import Executor
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol
from offboard.operators.lowering import lower
from offboard.runtime.plan import Plan

__all__ = ["Workload", "workload", "workloads"]


@dataclass(frozen=True)
class Workload:
    """A symbol, its parameters by name, and one input."""

    name: str
    symbol: Symbol
    parameters: dict[str, NDArray]
    auxiliary: dict[str, NDArray]
    data: npt.NDArray[np.float32]

    def bind(self, context: mx.Context) -> Executor:
        """An executor of this network on ``context``."""
        arguments = {**self.parameters, "data": mx.nd.array(self.data)}
        return self.symbol.bind(context, arguments, aux_states=self.auxiliary, grad_req="null")

    def plan(self, threads: int) -> Plan:
        """The same graph in ONNX Runtime in this process, without any of our front end."""
        arrays: dict[str, npt.NDArray[Any]] = {
            name: array._data for name, array in {**self.parameters, **self.auxiliary}.items()
        }
        constants = set(arrays)
        arrays["data"] = self.data
        shapes = {name: array.shape for name, array in arrays.items()}
        dtypes = {name: array.dtype for name, array in arrays.items()}
        return Plan(lower(self.symbol._graph, shapes, dtypes, constants), arrays, threads=threads)


def workloads() -> list[Workload]:
    """One small operator, a 600 kB tensor that only passes, and a real classifier where it is installed."""
    image = np.random.default_rng(0).standard_normal((1, 3, 224, 224), dtype=np.float32)
    data = mx.sym.Variable("data")
    found = [
        Workload("tiny", data + 1.0, {}, {}, np.ones((1, 4), np.float32)),
        Workload("identity", mx.sym.identity(data), {}, {}, image),
    ]
    if efficientnet.installed():
        symbol, arguments, auxiliary = mx.model.load_checkpoint(str(efficientnet.checkpoint()), 0)
        arguments["softmax_label"] = mx.nd.zeros((1,))
        found.append(Workload("efficientnet-lite0", symbol, arguments, auxiliary, image * 64 + 127))
    return found


def workload(name: str) -> Workload:
    """One of :func:`workloads`."""
    return next(each for each in workloads() if each.name == name)
