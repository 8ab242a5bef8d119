"""Imperative operators: cached plans of one operator each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.graph.node import Entry, Graph, Node
from offboard.operators import record as records
from offboard.operators import table
from offboard.operators.builder import Builder
from offboard.operators.lowering import lower
from offboard.operators.record import Operator, Params
from offboard.runtime.plan import Plan

__all__ = ["invoke"]

_PLANS: OrderedDict[Hashable, tuple[Plan, list[str]]] = OrderedDict()
_LOCK = threading.Lock()
_KEPT = 1024


def invoke(
    operator: str, inputs: Sequence[npt.NDArray[Any]], attrs: Mapping[str, str], *, is_train: bool = False
) -> list[npt.NDArray[Any]]:
    """The visible outputs of one operator on arrays; raises MXNetError as MXNet does."""
    record = records.find(operator)
    if record.kernel is not None:
        values = record.facts.parse(attrs)
        params = Params(Builder(), values, operator, is_train, record.facts.num_outputs(values))
        _check(record, params, inputs)
        return record.kernel.open(params, inputs)(inputs, is_train)
    key = (
        operator,
        tuple(sorted(attrs.items())),
        tuple((array.shape, array.dtype) for array in inputs),
        is_train,
    )
    with _LOCK:
        found = _PLANS.get(key)
        if found is not None:
            _PLANS.move_to_end(key)
    if found is None:
        found = _open(operator, inputs, dict(attrs), is_train)
        with _LOCK:
            _PLANS[key] = found
            if len(_PLANS) > _KEPT:
                _PLANS.popitem(last=False)
    plan, names = found
    return plan.run(dict(zip(names, inputs, strict=True)))


def _check(record: Operator, params: Params, inputs: Sequence[npt.NDArray[Any]]) -> None:
    """Raises MXNetError for what a graph of the operator would be refused for."""
    values = [params.graph.value(f"in{index}", array.shape, array.dtype) for index, array in enumerate(inputs)]
    records.typed(record, params, [value.dtype for value in values])
    records.apply(record, params, values)


def _open(
    operator: str, inputs: Sequence[npt.NDArray[Any]], attrs: dict[str, str], is_train: bool
) -> tuple[Plan, list[str]]:
    facts = table.find(operator)
    names = [f"in{index}" for index in range(len(inputs))]
    variables = [Entry(Node(None, name), 0) for name in names]
    node = Node(facts.name, facts.name.lower().lstrip("_"), attrs, variables)
    count = facts.num_outputs(facts.parse(attrs))
    graph = Graph([Entry(node, index) for index in range(count)])
    shapes = {name: array.shape for name, array in zip(names, inputs, strict=True)}
    dtypes = {name: np.dtype(array.dtype) for name, array in zip(names, inputs, strict=True)}
    lowered = lower(graph, shapes, dtypes, (), is_train=is_train)
    return Plan(lowered, {}, threads=1 if _small(inputs) else None), names


def _small(inputs: Sequence[npt.NDArray[Any]]) -> bool:
    return sum(array.size for array in inputs) < 1 << 16
