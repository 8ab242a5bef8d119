"""Names of a graph's arguments, auxiliary states and outputs, in MXNet's order."""

from __future__ import annotations

from offboard.graph.node import Entry, Graph, Node
from offboard.operators import table

__all__ = ["argument_names", "auxiliary_names", "auxiliary_nodes", "output_name", "output_names"]


def auxiliary_nodes(nodes: list[Node]) -> set[int]:
    """The ids of the variables that feed auxiliary inputs."""
    found: set[int] = set()
    for node in nodes:
        if node.op is None:
            continue
        facts = table.find(node.op)
        if not facts.has_auxiliary:
            continue
        params = facts.parse(node.attrs)
        auxiliary = set(facts.auxiliary_names(params))
        if auxiliary:
            for name, entry in zip(facts.input_names(params), node.inputs, strict=False):
                if name in auxiliary and entry.node.is_variable:
                    found.add(id(entry.node))
    return found


def argument_names(graph: Graph) -> list[str]:
    """Names of the variables that are no auxiliary states; they may repeat."""
    nodes = graph.nodes()
    auxiliary = auxiliary_nodes(nodes)
    return [node.name for node in nodes if node.is_variable and id(node) not in auxiliary]


def auxiliary_names(graph: Graph) -> list[str]:
    """Names of the auxiliary states."""
    nodes = graph.nodes()
    auxiliary = auxiliary_nodes(nodes)
    return [node.name for node in nodes if id(node) in auxiliary]


def output_name(entry: Entry) -> str:
    """The name of one output: a variable's own, else the node's with the output's behind it."""
    node, index = entry
    if node.op is None:
        return node.name
    facts = table.find(node.op)
    outputs = facts.output_names(facts.parse(node.attrs))
    return f"{node.name}_{outputs[index] if index < len(outputs) else f'output{index}'}"


def output_names(graph: Graph) -> list[str]:
    """Names of the heads."""
    return [output_name(head) for head in graph.heads]
