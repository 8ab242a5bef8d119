"""``mx.viz``: a table of a network's layers, and a drawing of them.

The layout is MXNet's. The numbers of parameters are what the shapes say, where MXNet guesses them from filters and is
wrong behind a flattening or an unusual operator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from offboard.graph import lists
from offboard.mxnet.network_plot import plot_network
from offboard.mxnet.symbol.symbol import Symbol
from offboard.runtime.constants import parameter_names

__all__ = ["plot_network", "print_summary"]

_FIELDS = ("Layer (type)", "Output Shape", "Param #", "Previous Layer")


def print_summary(
    symbol: Symbol,
    shape: Mapping[str, tuple[int, ...]] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Prints one row a layer: its output without the batch, its parameters, the layers before it.

    Args:
        symbol: the network.
        shape: input shapes by name; without them output shapes and parameters are left out.
        line_length: characters a line.
        positions: where the columns end, in characters or in parts of the line.
    """
    if not isinstance(symbol, Symbol):
        raise TypeError("symbol must be Symbol")
    ends = [int(line_length * each) if positions[-1] <= 1 else int(each) for each in positions]
    outputs, sizes = ({}, {}) if shape is None else _shapes(symbol, shape)
    nodes = symbol._graph.nodes()
    shown = {nodes[0].name, *(shape or {})}
    parameters = {id(node) for node in nodes if node.is_variable and node.name not in shown}
    learned = parameter_names(symbol._graph) - set(symbol.list_auxiliary_states())
    print("_" * line_length)
    _row(_FIELDS, ends)
    print("=" * line_length)
    counted: set[int] = set()
    layers = [node for node in nodes if id(node) not in parameters]
    for node in layers:
        own = [e.node for e in node.inputs if id(e.node) in parameters and id(e.node) not in counted]
        counted.update(id(each) for each in own)
        before = [entry.node.name for entry in node.inputs if id(entry.node) not in parameters]
        count = sum(sizes.get(each.name, 0) for each in own if each.name in learned)
        label = f"{node.name}({node.op or 'null'})"
        _row((label, outputs.get(id(node), ""), str(count), before[0] if before else ""), ends)
        for name in before[1:]:
            _row(("", "", "", name), ends)
        print(("=" if node is layers[-1] else "_") * line_length)
    print(f"Total params: {sum(sizes.get(name, 0) for name in learned - shown)}")
    print("_" * line_length)


def _shapes(symbol: Symbol, shape: Mapping[str, tuple[int, ...]]) -> tuple[dict[int, str], dict[str, int]]:
    """First outputs without the batch, by node, and sizes of variables, by name."""
    internals = symbol.get_internals()
    arguments, made, auxiliary = internals.infer_shape(**shape)
    if made is None:
        raise ValueError("Input shape is incomplete")
    heads: dict[int, str] = {}
    for (node, _), each in zip(internals._graph.heads, made, strict=True):
        heads.setdefault(id(node), "x".join(str(d) for d in each[1:]))
    names = [*lists.argument_names(internals._graph), *lists.auxiliary_names(internals._graph)]
    known = zip(names, [*arguments, *auxiliary], strict=True)
    return heads, {name: int(np.prod(each)) for name, each in known}


def _row(fields: Sequence[str], ends: Sequence[int]) -> None:
    line = ""
    for field, end in zip(fields, ends, strict=True):
        line = (line + field)[:end].ljust(end)
    print(line)
