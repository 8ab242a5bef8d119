"""The symbol graph: nodes, the edges between them, and a graph as a list of heads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Entry", "Graph", "Node"]


@dataclass(slots=True, eq=False)
class Node:
    """A variable (``op`` is None) or an operator application.

    ``attrs`` holds raw strings as in symbol JSON: the operator's parameters and hidden keys like ``__lr_mult__``.
    """

    op: str | None
    name: str
    attrs: dict[str, str] = field(default_factory=dict)
    inputs: list[Entry] = field(default_factory=list)
    subgraphs: list[Graph] = field(default_factory=list)

    @property
    def is_variable(self) -> bool:
        """Whether this node is an argument or an auxiliary state."""
        return self.op is None


class Entry(NamedTuple):
    """Output ``index`` of ``node``."""

    node: Node
    index: int  # type: ignore[assignment]  # tuple.index is never called on an edge


@dataclass(slots=True)
class Graph:
    """A graph is its heads; everything else is reached from them."""

    heads: list[Entry]

    def nodes(self) -> list[Node]:
        """All nodes, depth first from the heads, inputs left to right, each after its inputs."""
        order: list[Node] = []
        seen: set[Node] = set()
        stack = [head.node for head in reversed(self.heads)]
        while stack:
            node = stack[-1]
            waiting = [] if node in seen else [source for source, _ in node.inputs if source not in seen]
            if waiting:
                waiting.reverse()
                stack += waiting
                continue
            stack.pop()
            if node not in seen:
                seen.add(node)
                order.append(node)
        return order

    def variables(self) -> list[Node]:
        """The variables in the order of :meth:`nodes`."""
        return [node for node in self.nodes() if node.is_variable]
