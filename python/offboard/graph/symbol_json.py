"""Symbol JSON of every MXNet version since 0.8, read and upgraded; written as 1.9.1 does.

The facts are those of MXNet's ``legacy_json_util`` and nnvm's ``saveload_json``: three attribute keys through the ages,
hidden keys, auxiliary inputs that old files leave out.
"""

from __future__ import annotations

import json
from typing import Any

from offboard.errors import MXNetError
from offboard.graph.node import Entry, Graph, Node
from offboard.graph.upgrade import upgrade
from offboard.operators import table

__all__ = ["VERSION", "dumps", "loads"]

# What files of MXNet 1.9.1 carry: major * 10000 + minor * 100 + patch.
VERSION = 10901
_TOP = {"nodes", "arg_nodes", "heads", "node_row_ptr", "attrs"}
_NODE = {
    "op", "name", "inputs", "attrs", "attr", "param", "control_deps", "subgraphs", "backward_source_id",
}  # fmt: skip
_DEPTH = 64


def loads(text: str | bytes) -> Graph:
    """The graph in a JSON document; raises MXNetError when it is not one."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MXNetError(f"Symbol JSON cannot be parsed: {error}") from None
    try:
        return _graph(document, 0, top=True)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise MXNetError(f"Symbol JSON is malformed: {type(error).__name__}: {error}") from None


def _graph(document: Any, depth: int, *, top: bool) -> Graph:
    if depth > _DEPTH:
        raise MXNetError("Symbol JSON nests graphs too deeply")
    if not isinstance(document, dict) or not {"nodes", "arg_nodes", "heads"} <= document.keys():
        raise MXNetError("Symbol JSON needs nodes, arg_nodes and heads")
    unknown = document.keys() - _TOP
    if unknown:
        raise MXNetError(f"Symbol JSON has unknown keys: {', '.join(sorted(unknown))}")
    nodes = [_node(entry, depth) for entry in document["nodes"]]
    for node, entry in zip(nodes, document["nodes"], strict=True):
        node.inputs.extend(_entry(nodes, reference) for reference in entry["inputs"])
    for index in document["arg_nodes"]:
        if nodes[_index(nodes, index)].op is not None:
            raise MXNetError(f"Symbol JSON: arg_nodes names node {index}, which is not a variable")
    _refuse_cycles(nodes)
    graph = Graph([_entry(nodes, reference) for reference in document["heads"]])
    if top:
        version = document.get("attrs", {}).get("mxnet_version", ["int", 800])[1]
        upgrade(nodes, int(version))
    for node in nodes:
        _check(node)
    edges = [entry for node in nodes for entry in node.inputs]
    for node, index in [*graph.heads, *edges]:
        if node.op is not None:
            facts = table.find(node.op)
            if not facts.subgraphs and not facts.program_defined and index >= _outputs(node, facts):
                raise MXNetError(f"Symbol JSON: node {node.name} has no output {index}")
    return graph


def _outputs(node: Node, facts: table.Facts) -> int:
    # Hidden outputs (BatchNorm's mean and variance, a mask) may be named as well.
    return max(facts.num_outputs(facts.parse(node.attrs)), 3)


def _node(entry: Any, depth: int) -> Node:
    unknown = entry.keys() - _NODE
    if unknown:
        raise MXNetError(f"Symbol JSON: a node has unknown keys: {', '.join(sorted(unknown))}")
    op, name = entry["op"], entry["name"]
    if not isinstance(op, str) or not isinstance(name, str):
        raise MXNetError("Symbol JSON: op and name are strings")
    attrs: dict[str, str] = {}
    if "param" in entry:
        attrs.update(entry["param"])
    # Of attrs and attr the one read last replaces the other.
    for key in [key for key in entry if key in ("attrs", "attr")][-1:]:
        attrs.update(entry[key])
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in attrs.items()):
        raise MXNetError(f"Symbol JSON: an attribute of node {name} is not a string")
    if op == "null":
        canonical = None
    else:
        canonical = table.resolve(op)
        if canonical is None:
            table.refuse_unsupported(op)
            raise MXNetError(f"Failed loading Op {name} of type {op}: Cannot find Operator {op} in registry")
    subgraphs = [_graph(each, depth + 1, top=False) for each in entry.get("subgraphs", [])]
    return Node(canonical, name, attrs, [], subgraphs)


def _index(nodes: list[Node], index: Any) -> int:
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(nodes):
        raise MXNetError(f"Symbol JSON names node {index}, there are {len(nodes)}")
    return index


def _entry(nodes: list[Node], reference: Any) -> Entry:
    if not isinstance(reference, list) or len(reference) not in (2, 3):
        raise MXNetError(f"Symbol JSON: {reference!r} is not a reference to an output")
    output = reference[1]
    if not isinstance(output, int) or not 0 <= output < 1 << 16:
        raise MXNetError(f"Symbol JSON: {reference!r} is not a reference to an output")
    return Entry(nodes[_index(nodes, reference[0])], output)


def _refuse_cycles(nodes: list[Node]) -> None:
    """Files may refer forward, so a cycle can be written down; every walk would hang on it."""
    state: dict[int, int] = {}
    for root in nodes:
        stack = [(root, 0)]
        while stack:
            node, position = stack.pop()
            if position == 0:
                if state.get(id(node)) == 2:
                    continue
                if state.get(id(node)) == 1:
                    raise MXNetError(f"Symbol JSON: node {node.name} depends on itself")
                state[id(node)] = 1
            if position < len(node.inputs):
                stack.append((node, position + 1))
                child = node.inputs[position].node
                if state.get(id(child)) == 1:
                    raise MXNetError(f"Symbol JSON: node {child.name} depends on itself")
                if state.get(id(child)) != 2:
                    stack.append((child, 0))
            else:
                state[id(node)] = 2


def _check(node: Node) -> None:
    """A node's attributes parse, and it has the inputs that they ask for (or lacks trailing ones, as old files do)."""
    if node.op is None:
        return
    facts = table.find(node.op)
    params = facts.parse(node.attrs)
    if not facts.subgraphs and not facts.program_defined and len(node.inputs) > len(facts.input_names(params)):
        raise MXNetError(f"Symbol JSON: operator {node.op} of node {node.name} has too many inputs")


def dumps(graph: Graph) -> str:
    """The document as MXNet 1.9.1 writes it."""
    return json.dumps(_document(graph, top=True), indent=2)


def _document(graph: Graph, *, top: bool) -> dict[str, Any]:
    nodes = graph.nodes()
    index = {id(node): number for number, node in enumerate(nodes)}
    written = []
    row = [0]
    for node in nodes:
        entry: dict[str, Any] = {"op": node.op or "null", "name": node.name}
        if node.attrs:
            entry["attrs"] = dict(sorted(node.attrs.items()))
        entry["inputs"] = [[index[id(each.node)], each.index, 0] for each in node.inputs]
        if node.subgraphs:
            entry["subgraphs"] = [_document(each, top=False) for each in node.subgraphs]
        written.append(entry)
        facts = None if node.op is None else table.find(node.op)
        row.append(row[-1] + (1 if facts is None else max(facts.num_outputs(facts.parse(node.attrs)), 1)))
    document: dict[str, Any] = {
        "nodes": written,
        "arg_nodes": [number for number, node in enumerate(nodes) if node.is_variable],
        "node_row_ptr": row,
        "heads": [[index[id(head.node)], head.index, 0] for head in graph.heads],
    }
    if top:
        document["attrs"] = {"mxnet_version": ["int", VERSION]}
    return document
