"""Executors of ``mx.cpu()``: graphs that run in this process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping
from typing import Any

import numpy.typing as npt

from offboard import rules
from offboard.errors import MXNetError
from offboard.graph.node import Graph
from offboard.operators.lowering import lower, placement
from offboard.runtime.backend import Backend, Report
from offboard.runtime.constants import choose
from offboard.runtime.partition import cut
from offboard.runtime.partitioned import PartitionedBackend
from offboard.runtime.plan import Plan

__all__ = ["LocalBackend", "open_local"]


def open_local(
    graph: Graph,
    arrays: Mapping[str, npt.NDArray[Any]],
    versions: Mapping[str, Hashable | None],
    inputs: Collection[str],
    *,
    settled: bool = True,
) -> Backend:
    """A backend for any graph, in pieces where the program's own operators or data-dependent sizes need it."""
    where = placement(graph)
    if not where.instance and not where.cut_after:
        return LocalBackend(graph, arrays, inputs)
    pieces = cut(graph, where.instance, where.cut_after, arrays)
    return PartitionedBackend(pieces, open_local, arrays, versions, inputs, settled=settled, place="instance")


class LocalBackend:
    """Keeps the plans of one graph, the least recently used going first."""

    def __init__(self, graph: Graph, arrays: Mapping[str, npt.NDArray[Any]], inputs: Collection[str]) -> None:
        self._graph = graph
        self._constants = choose(graph, arrays, inputs)
        self._versions: dict[str, Hashable | None] = {}
        self._plans: OrderedDict[Hashable, Plan] = OrderedDict()
        self._report = Report.of([node.name for node in graph.nodes() if not node.is_variable], "instance")

    def forward(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], *, is_train: bool
    ) -> list[npt.NDArray[Any]]:
        """Runs the plan for the arrays' shapes; a constant that changed is an input from then on."""
        start = time.perf_counter()
        for name in list(self._constants):
            version = versions[name]
            if version is None or self._versions.setdefault(name, version) != version:
                self._constants.discard(name)
                self._plans.clear()
        plan = self._plan(arrays, is_train)
        outputs = plan.run(arrays)
        self._report.forwards += 1
        seconds = self._report.seconds
        seconds["instance"] = seconds.get("instance", 0.0) + time.perf_counter() - start
        return outputs

    def publish(
        self, name: str, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> None:
        """Refused: nothing serves here."""
        raise MXNetError("An executor on the instance cannot be published")

    def report(self) -> Report:
        """Everything ran on the instance."""
        return self._report

    def close(self) -> None:
        """Drops the plans."""
        self._plans.clear()

    def _plan(self, arrays: Mapping[str, npt.NDArray[Any]], is_train: bool) -> Plan:
        key = (is_train, tuple((array.shape, array.dtype) for array in arrays.values()))
        plan = self._plans.get(key)
        if plan is None:
            shapes = {name: array.shape for name, array in arrays.items()}
            dtypes = {name: array.dtype for name, array in arrays.items()}
            lowered = lower(self._graph, shapes, dtypes, self._constants, is_train=is_train)
            plan = self._plans[key] = Plan(lowered, arrays)
            if len(self._plans) > rules.limit("plans"):
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        return plan
