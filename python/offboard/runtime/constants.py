"""Which variables of a graph are constants (weights) and which are inputs of every forward."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy.typing as npt

from offboard.graph.node import Graph
from offboard.operators import table

__all__ = ["choose"]

# Inputs of operators that hold what was learned; everything else may be data.
_PARAMETERS = {
    "weight", "bias", "gamma", "beta", "moving_mean", "moving_var", "moving_avg", "parameters", "anchor", "anchors",
}  # fmt: skip
_DATA_BYTES = 4096


def choose(graph: Graph, arrays: Mapping[str, npt.NDArray[Any]], inputs: Collection[str]) -> set[str]:
    """The names that become constants: what feeds parameters only, or is large and not named in ``inputs``."""
    data: set[str] = set()
    for node in graph.nodes():
        if node.op is None:
            continue
        facts = table.find(node.op)
        names = facts.input_names(facts.parse(node.attrs))
        for position, entry in enumerate(node.inputs):
            slot = names[position] if position < len(names) else ""
            if entry.node.is_variable and slot not in _PARAMETERS:
                data.add(entry.node.name)
    return {
        name
        for name, array in arrays.items()
        if name not in inputs
        and name != "data"
        and not name.endswith("label")
        and (name not in data or array.nbytes >= _DATA_BYTES)
    }
