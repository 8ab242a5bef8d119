"""What MXNet does to graphs of older versions when it loads them."""

from __future__ import annotations

from collections.abc import Callable

from offboard import rules
from offboard.graph.node import Entry, Node
from offboard.operators import table

__all__ = ["HIDDEN_KEYS", "set_initializers", "upgrade"]

HIDDEN_KEYS: tuple[str, ...] = tuple(rules.catalogue()["graphs"]["hidden_keys"])
# What operators say of how the variables that feed them begin, by input name.
_INITIALIZERS: dict[str, dict[str, str]] = rules.catalogue()["graphs"]["initializers"]


def upgrade(nodes: list[Node], version: int) -> None:
    """Applies, in place, every pass that files older than ``version`` (e.g. 10901, or 800 when absent) need."""
    for limit, step in _PASSES:
        if version < limit:
            for node in list(nodes):
                step(node)


def _hide_keys(node: Node) -> None:
    """Hidden keys get their underscores; ``weight_lr_mult`` moves to the variable that feeds ``weight``."""
    for key in list(node.attrs):
        for hidden in HIDDEN_KEYS:
            if key == hidden:
                node.attrs[f"__{hidden}__"] = node.attrs.pop(key)
            elif node.op is not None and key.endswith(f"_{hidden}"):
                feeding = _feeding(node, key[: -len(hidden) - 1])
                if feeding is not None:
                    feeding.attrs[f"__{hidden}__"] = node.attrs.pop(key)


def _feeding(node: Node, name: str) -> Node | None:
    """The variable behind an operator's input ``name``."""
    facts = table.find(node.op or "")
    visible = {key: text for key, text in node.attrs.items() if key in facts.parameters}
    names = facts.input_names(facts.parse(visible))
    if name in names and names.index(name) < len(node.inputs):
        variable = node.inputs[names.index(name)].node
        return variable if variable.is_variable else None
    return None


def _add_missing_inputs(node: Node) -> None:
    """Before 0.9.0 auxiliary states were not written down: the missing tail becomes variables."""
    if node.op is None:
        return
    facts = table.find(node.op)
    if facts.variadic is not None:
        return
    for name in facts.input_names(facts.parse(node.attrs))[len(node.inputs) :]:
        node.inputs.append(Entry(Node(None, f"{node.name}_{name}", dict(node.attrs)), 0))


def set_initializers(node: Node) -> None:
    """Gives the variables that feed ``node`` the initialisers that its operator asks for, where they have none."""
    wanted = _INITIALIZERS.get(node.op or "")
    if wanted is None or node.op is None:
        return
    facts = table.find(node.op)
    for name, entry in zip(facts.input_names(facts.parse(node.attrs)), node.inputs, strict=False):
        if name in wanted and entry.node.is_variable:
            entry.node.attrs.setdefault("__init__", wanted[name])


def _forget_last_axis(node: Node) -> None:
    """Before 0.9.5 an axis of -1 meant the flattened array."""
    if node.op in ("argmax", "argmin") and node.attrs.get("axis") == "-1":
        del node.attrs["axis"]


_PASSES: list[tuple[int, Callable[[Node], None]]] = [
    (10901, _hide_keys),
    (900, _add_missing_inputs),
    (904, set_initializers),
    (905, _forget_last_axis),
]
