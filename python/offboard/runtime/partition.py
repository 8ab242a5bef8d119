"""Cutting a graph into pieces that run one after the other, here or on the accelerator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from offboard.graph.lists import output_name
from offboard.graph.node import Entry, Graph, Node
from offboard.operators import table
from offboard.operators.infer import open_creations
from offboard.operators.record import PartialShape

__all__ = ["Partition", "Piece", "cut"]


@dataclass(frozen=True)
class Piece:
    """Part of a graph. What it needs of earlier pieces are variables, named as what they make."""

    graph: Graph
    outputs: tuple[str, ...]
    on_instance: bool
    # Names of its variables that earlier pieces make.
    received: frozenset[str]


@dataclass(frozen=True)
class Partition:
    """The pieces in an order in which they can run, and the names of the whole graph's outputs."""

    pieces: tuple[Piece, ...]
    heads: tuple[str, ...]


def cut(
    graph: Graph,
    instance: Collection[int],
    cut_after: Collection[int],
    arrays: Mapping[str, npt.NDArray[Any]] | None = None,
) -> Partition:
    """Cuts ``graph`` around the nodes ``instance`` and behind those ``cut_after``, by index in its nodes.

    With the ``arrays`` of its variables, creation operators that leave their shape to consumers are told which it is.
    Everything between is kept together as far as it goes: a node joins the first piece that can run it.
    """
    nodes = graph.nodes()
    here = {id(nodes[index]) for index in instance}
    last = {id(nodes[index]) for index in cut_after}
    stage: dict[int, int] = {}
    for node in nodes:
        if node.op is not None:
            sources = [entry.node for entry in node.inputs if entry.node.op is not None]
            stage[id(node)] = max(
                (
                    stage[id(source)] + ((id(source) in here) != (id(node) in here) or id(source) in last | here)
                    for source in sources
                ),
                # The stages of the accelerator are even, those of the instance odd.
                default=int(id(node) in here),
            )
            stage[id(node)] += (stage[id(node)] % 2 == 1) != (id(node) in here)
    crossing = {
        (id(entry.node), entry.index)
        for node in nodes
        for entry in node.inputs
        if entry.node.op is not None and (stage[id(entry.node)] != stage[id(node)] or id(node) in here)
    } | {(id(head.node), head.index) for head in graph.heads if head.node.op is not None}
    names = _names(nodes, crossing)
    creations: Mapping[int, PartialShape] = {}
    if arrays is not None:
        shapes = {name: array.shape for name, array in arrays.items()}
        creations = open_creations(graph, shapes, {name: array.dtype for name, array in arrays.items()})
    groups: dict[tuple[int, int], list[Node]] = {}
    for node in nodes:
        if node.op is not None:
            # The instance's nodes run one by one.
            key = (stage[id(node)], id(node) if id(node) in here else 0)
            groups.setdefault(key, []).append(node)
    pieces = [
        _piece(members, names, creations, on_instance=bool(key[1]))
        for key, members in sorted(groups.items(), key=lambda e: e[0][0])
    ]
    heads = tuple(head.node.name if head.node.op is None else names[id(head.node), head.index] for head in graph.heads)
    return Partition(tuple(pieces), heads)


def _names(nodes: list[Node], crossing: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """A name for each edge between pieces that no variable has."""
    taken = {node.name for node in nodes if node.op is None}
    made: dict[tuple[int, int], str] = {}
    by_id = {id(node): node for node in nodes}
    for node_id, index in sorted(crossing, key=lambda key: (by_id[key[0]].name, key[1])):
        name = output_name(Entry(by_id[node_id], index))
        while name in taken:
            name += "_"
        taken.add(name)
        made[node_id, index] = name
    return made


def _piece(
    members: list[Node],
    names: dict[tuple[int, int], str],
    creations: Mapping[int, PartialShape],
    *,
    on_instance: bool,
) -> Piece:
    inside = {id(node) for node in members}
    made: dict[int, Node] = {}
    received: dict[str, Node] = {}

    def source(entry: Entry) -> Entry:
        node = entry.node
        if node.op is None:
            if id(node) not in made:
                made[id(node)] = Node(None, node.name, dict(node.attrs))
            return Entry(made[id(node)], 0)
        if id(node) in inside:
            return Entry(made[id(node)], entry.index)
        name = names[id(node), entry.index]
        return Entry(received.setdefault(name, Node(None, name)), 0)

    for node in members:
        attrs = dict(node.attrs)
        if creations.get(id(node)) is not None:
            attrs["shape"] = table.format_value(creations[id(node)])
        made[id(node)] = Node(node.op, node.name, attrs, [source(each) for each in node.inputs], node.subgraphs)
    heads = [(key, name) for key, name in names.items() if key[0] in inside]
    graph = Graph([Entry(made[node_id], index) for (node_id, index), _ in heads])
    return Piece(graph, tuple(name for _, name in heads), on_instance, frozenset(received))
