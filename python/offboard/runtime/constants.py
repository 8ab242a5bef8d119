"""Which variables of a graph are constants (weights) and which are inputs of every forward."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy.typing as npt

from offboard import rules
from offboard.graph.node import Graph
from offboard.operators import table

__all__ = ["choose", "parameter_names"]

# Inputs of operators that hold what was learned; everything else may be data.
_LEARNED = frozenset(rules.catalogue()["graphs"]["learned_inputs"])
# A tensor of this size that nobody feeds is a table (anchors, positions) rather than data.
_TABLE_BYTES = int(rules.catalogue()["graphs"]["table_bytes"])


def parameter_names(graph: Graph) -> set[str]:
    """The variables that feed nothing but inputs which hold what was learned."""
    learned: set[str] = set()
    other = {head.node.name for head in graph.heads if head.node.is_variable}
    for node in graph.nodes():
        if node.op is None:
            continue
        facts = table.find(node.op)
        slots = facts.input_names(facts.parse(node.attrs))
        for position, (source, _) in enumerate(node.inputs):
            if source.is_variable:
                slot = slots[position] if position < len(slots) else ""
                (learned if slot in _LEARNED else other).add(source.name)
    return learned - other


def choose(graph: Graph, arrays: Mapping[str, npt.NDArray[Any]], inputs: Collection[str]) -> set[str]:
    """The names that become constants: what feeds parameters only, or is large; never what is named as an input."""
    learned = parameter_names(graph)
    return {
        name
        for name, array in arrays.items()
        if (name in learned or array.nbytes >= _TABLE_BYTES)
        and name not in inputs
        and name != "data"
        and not name.endswith("label")
    }
