"""How operator nodes come to be: parameters as text, names, inputs in their slots, variables for what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offboard.errors import MXNetError
from offboard.graph.node import Entry, Graph, Node
from offboard.graph.upgrade import HIDDEN_KEYS, set_initializers
from offboard.mxnet import attribute
from offboard.mxnet import name as names
from offboard.operators import table

__all__ = ["attribute_texts", "compose", "copied", "replaced", "without_amp_cast"]


def compose(
    facts: table.Facts,
    hint: str,
    inputs: Sequence[Entry | None],
    named: Mapping[str, Entry],
    params: Mapping[str, Any],
    *,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> list[Entry]:
    """The outputs of a new node of operator ``facts``, named ``name`` or after ``hint``.

    ``inputs`` fill the slots in order (None leaves one out), ``named`` by name; slots left open become variables
    named after the node, with a copy of its attributes.
    """
    texts = {key: table.format_value(value) for key, value in params.items()}
    given = {key: attribute.as_text(value) for key, value in attribute.current().get(attr).items()}
    attrs = attribute_texts({**texts, **given})
    if facts.variadic is not None and facts.variadic not in attrs:
        attrs[facts.variadic] = str(len(inputs) + len(named))
    _refuse_deprecated(facts, attrs)
    parsed = facts.parse(attrs)
    slots = facts.input_names(parsed)
    if facts.variadic is not None and not slots:
        raise MXNetError(
            f"value 0 for Parameter {facts.variadic} should be greater equal to 1, in operator {facts.name}"
        )
    label = names.current().get(name, hint)
    node = Node(facts.name, label, attrs)
    node.inputs = _filled(facts, slots, inputs, named, node)
    set_initializers(node)
    return [Entry(node, index) for index in range(facts.num_outputs(parsed))]


def _filled(
    facts: table.Facts,
    slots: tuple[str, ...],
    inputs: Sequence[Entry | None],
    named: Mapping[str, Entry],
    node: Node,
) -> list[Entry]:
    given = {slot: entry for slot, entry in zip(slots, inputs, strict=False) if entry is not None}
    surplus = [entry for entry in inputs[len(slots) :] if entry is not None]
    if surplus:
        raise MXNetError(
            f"Operator {facts.name} of node {node.name} takes {len(slots)} inputs, {len(inputs)} are given"
        )
    for key in named:
        if key not in slots:
            raise MXNetError(_not_found("Symbol.ComposeKeyword", key, slots))
    given.update(named)
    return [given.get(slot) or Entry(Node(None, f"{node.name}_{slot}", dict(node.attrs)), 0) for slot in slots]


def _not_found(what: str, key: str, candidates: Sequence[str]) -> str:
    listed = "".join(f"\n\t[{number}]{candidate}" for number, candidate in enumerate(candidates))
    return f"{what} argument name {key} not found.\nCandidate arguments:{listed}"


def attribute_texts(attrs: Mapping[str, str]) -> dict[str, str]:
    """Attributes as nodes keep them: hidden keys between underscores."""
    return {f"__{key}__" if key in HIDDEN_KEYS else key: value for key, value in attrs.items()}


def _refuse_deprecated(facts: table.Facts, attrs: Mapping[str, str]) -> None:
    # Operators without parameters ignore what they are given, and would hide this.
    for key in attrs:
        for hidden in HIDDEN_KEYS:
            if key.endswith(f"_{hidden}") and key not in facts.parameters:
                prefix = key[: -len(hidden) - 1]
                raise MXNetError(
                    f"setting variable attributes with {key} is deprecated. please instead use\n"
                    f"w = Variable({hidden}={attrs[key]})\nsym = YourSymbolName({prefix}=w)"
                )


def copied(heads: Sequence[Entry]) -> list[Entry]:
    """The same graph of new nodes."""
    made: dict[int, Node] = {}
    for node in Graph(list(heads)).nodes():
        inputs = [Entry(made[id(entry.node)], entry.index) for entry in node.inputs]
        made[id(node)] = Node(node.op, node.name, dict(node.attrs), inputs, node.subgraphs)
    return [Entry(made[id(head.node)], head.index) for head in heads]


def replaced(heads: Sequence[Entry], given: Mapping[str, Entry]) -> list[Entry]:
    """A copy of the graph with the variables named in ``given`` replaced; raises MXNetError for names not there."""
    if all(head.node.is_variable for head in heads):
        raise MXNetError("Variable cannot be composed")
    made = copied(heads)
    nodes = Graph(made).nodes()
    candidates = [node.name for node in nodes if node.is_variable]
    for key in given:
        if key not in candidates:
            raise MXNetError(_not_found("Symbol.ComposeKeyword", key, candidates))
    for node in nodes:
        node.inputs[:] = [
            given[entry.node.name] if entry.node.is_variable and entry.node.name in given else entry
            for entry in node.inputs
        ]
    return made


def without_amp_cast(heads: Sequence[Entry]) -> list[Entry]:
    """The graph without the casts of automatic mixed precision; a head is kept as it is."""
    casts = ("amp_cast", "amp_multicast")
    if not any(node.op in casts for node in Graph(list(heads)).nodes()):
        return list(heads)

    def passed(entry: Entry) -> Entry:
        while entry.node.op in casts:
            entry = entry.node.inputs[entry.index]
        return entry

    made = copied(heads)
    for node in Graph(made).nodes():
        if node.op not in casts:
            node.inputs[:] = [passed(entry) for entry in node.inputs]
    return made
