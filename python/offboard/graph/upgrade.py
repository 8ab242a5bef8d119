"""What MXNet does to graphs of older versions when it loads them."""

from __future__ import annotations

from collections.abc import Callable

from offboard.graph.node import Entry, Node
from offboard.operators import table

__all__ = ["HIDDEN_KEYS", "upgrade"]

HIDDEN_KEYS = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage")
_INITIALIZERS = {"moving_mean": '["zero", {}]', "moving_var": '["one", {}]'}


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


def _set_initializers(node: Node) -> None:
    if node.op is None:
        return
    facts = table.find(node.op)
    params = facts.parse(node.attrs)
    auxiliary = facts.auxiliary_names(params)
    for name, entry in zip(facts.input_names(params), node.inputs, strict=False):
        if entry.node.is_variable and "__init__" not in entry.node.attrs:
            if name in auxiliary and name in _INITIALIZERS and node.op.startswith("BatchNorm"):
                entry.node.attrs["__init__"] = _INITIALIZERS[name]
            elif node.op == "LeakyReLU" and name == "gamma":
                entry.node.attrs["__init__"] = '["Constant", {"value": 0.25}]'


def _forget_last_axis(node: Node) -> None:
    """Before 0.9.5 an axis of -1 meant the flattened array."""
    if node.op in ("argmax", "argmin") and node.attrs.get("axis") == "-1":
        del node.attrs["axis"]


_PASSES: list[tuple[int, Callable[[Node], None]]] = [
    (10901, _hide_keys),
    (900, _add_missing_inputs),
    (904, _set_initializers),
    (905, _forget_last_axis),
]
