"""Loops and branches with something in them that only the instance runs: step by step, each body bound like any graph.

What the bodies have for the accelerator runs there, if the whole is bound there; the instance carries the states.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.graph.node import Graph, Node
from offboard.operators import record as records
from offboard.operators.builder import Builder
from offboard.operators.control_flow import cond_graphs, foreach_places, item_shape, loop_places, seen_by
from offboard.operators.record import Params
from offboard.runtime.backend import Backend, Open, Report

__all__ = ["Stepped"]

Array: TypeAlias = npt.NDArray[Any]


class _Body:
    """One graph of a loop, bound when it first runs: a branch that is never taken costs nothing."""

    def __init__(self, graph: Graph, places: Sequence[int], open_body: Open) -> None:
        self._graph, self._places, self._open = graph, places, open_body
        self.backend: Backend | None = None

    def run(self, values: Sequence[Array], tokens: Sequence[Hashable | None], is_train: bool) -> list[Array]:
        """Its outputs, given the operator's inputs; those that change between steps have no token."""
        arrays = seen_by(self._graph, self._places, values)
        versions = seen_by(self._graph, self._places, tokens)
        if self.backend is None:
            varying = {name for name, token in versions.items() if token is None}
            self.backend = self._open(self._graph, arrays, versions, varying, settled=True)
        return self.backend.forward(arrays, versions, is_train=is_train)


@dataclass
class _Call:
    """One run of the operator: its inputs and their tokens, room for its outputs (zeros), and the mode."""

    values: list[Array]
    tokens: list[Hashable | None]
    room: Sequence[Array]
    is_train: bool

    def outputs(self, body: _Body) -> list[Array]:
        return body.run(self.values, self.tokens, self.is_train)

    def holds(self, condition: _Body) -> bool:
        """Whether it holds; a condition is one number."""
        (made,) = self.outputs(condition)
        return bool(made.reshape(()))


def _foreach(p: Params, call: _Call, bodies: Sequence[_Body]) -> list[Array]:
    count, end = len(p.in_data_locs), len(p.in_data_locs) + len(p.in_state_locs)
    data = call.values[:count]
    call.tokens[:end] = [None] * end
    for step in range(len(data[0])):
        call.values[:count] = [each[step].reshape(item_shape(each.shape)) for each in data]
        made = call.outputs(bodies[0])
        for rows, row in zip(call.room, made[: p.num_out_data], strict=False):
            rows[step] = row
        call.values[count:end] = made[p.num_out_data :]
    return [*call.room[: p.num_out_data], *call.values[count:end]]


def _while_loop(p: Params, call: _Call, bodies: Sequence[_Body]) -> list[Array]:
    condition, function = bodies
    places = loop_places(p)
    for at in places:
        call.tokens[at] = None
    for step in range(p.max_iterations):
        if not call.holds(condition):
            break
        made = call.outputs(function)
        for rows, row in zip(call.room, made[: p.num_out_data], strict=False):
            rows[step] = row
        for at, value in zip(places, made[p.num_out_data :], strict=True):
            call.values[at] = value
    return [*call.room[: p.num_out_data], *(call.values[at] for at in places)]


def _cond(p: Params, call: _Call, bodies: Sequence[_Body]) -> list[Array]:
    condition, then, otherwise = bodies
    return call.outputs(then if call.holds(condition) else otherwise)


_Steps: TypeAlias = Callable[[Params, _Call, Sequence[_Body]], list[Array]]
# By operator: its graphs with which inputs their variables are, and how it runs.
_OPERATORS: Mapping[str, tuple[Callable[[Params], Sequence[tuple[Graph, Sequence[int]]]], _Steps]] = {
    "_foreach": (lambda p: [(p.subgraphs[0], foreach_places(p))], _foreach),
    "_while_loop": (
        lambda p: list(zip(p.subgraphs, (p.cond_input_locs, p.func_input_locs), strict=True)),
        _while_loop,
    ),
    "_cond": (cond_graphs, _cond),
}


class Stepped:
    """One loop or branch, with its bodies bound by ``open_body``."""

    def __init__(self, node: Node, open_body: Open) -> None:
        self._node, self._record = node, records.find(node.op or "")
        values = self._record.facts.parse(node.attrs)
        outputs = self._record.facts.num_outputs(values)
        self._params = Params(Builder(), values, node.name, num_outputs=outputs, subgraphs=tuple(node.subgraphs))
        graphs, self._steps = _OPERATORS[self._record.name]
        self._bodies = [_Body(graph, places, open_body) for graph, places in graphs(self._params)]
        self._seconds = 0.0

    def run(self, inputs: Sequence[Array], tokens: Sequence[Hashable | None], *, is_train: bool) -> list[Array]:
        """The operator's outputs; a token changes when its input did, None counts as changed."""
        began = time.perf_counter()
        # The lowering says the outputs' shapes, without its nodes: rows of steps that never come have one, too.
        g = Builder()
        given = [g.value(g.fresh("in"), each.shape, each.dtype) for each in inputs]
        specs = records.apply(self._record, replace(self._params, graph=g), given)
        room = [np.zeros(spec.shape, spec.dtype) for spec in specs]
        call = _Call(list(inputs), list(tokens), room, is_train)
        made = self._steps(self._params, call, self._bodies)
        self._seconds += time.perf_counter() - began
        return made

    def report(self) -> Report:
        """The loop is the instance's, its bodies' nodes are where they ran."""
        total = Report.of([self._node.name], "instance")
        for body in self._bodies:
            if body.backend is not None:
                total.add(body.backend.report())
        inside = sum(total.seconds.values())
        total.seconds["instance"] = total.seconds.get("instance", 0.0) + self._seconds - inside
        return total

    def close(self) -> None:
        """Releases the bodies."""
        for body in self._bodies:
            if body.backend is not None:
                body.backend.close()
                body.backend = None
