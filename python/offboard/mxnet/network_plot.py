"""``mx.viz.plot_network``: a network as a graph for Graphviz."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from offboard.graph.node import Node
from offboard.mxnet.symbol.symbol import Symbol
from offboard.operators import table

__all__ = ["plot_network"]

_STYLE = {"shape": "box", "fixedsize": "true", "width": "1.3", "height": "0.8034", "style": "filled"}
_WEIGHTS = (
    "_weight", "_bias", "_beta", "_gamma", "_moving_var", "_moving_mean", "_running_var", "_running_mean",
)  # fmt: skip
_INPUT, _OTHER = "#8dd3c7", "#fccde5"
_COLOURS = {
    "Convolution": "#fb8072", "FullyConnected": "#fb8072", "Activation": "#ffffb3", "LeakyReLU": "#ffffb3",
    "BatchNorm": "#bebada", "Pooling": "#80b1d3", "Concat": "#fdb462", "Flatten": "#fdb462", "Reshape": "#fdb462",
    "Softmax": "#b3de69",
}  # fmt: skip


def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, tuple[int, ...]] | None = None,
    dtype: Mapping[str, Any] | None = None,
    node_attrs: Mapping[str, str] | None = None,
    hide_weights: bool = True,
) -> Any:
    """A ``graphviz.Digraph`` of a network's layers.

    Args:
        symbol: the network.
        title: its name, and the name of the file that ``render`` writes.
        save_format: the format of that file.
        shape: input shapes by name; edges are labelled with what goes along them.
        dtype: input types by name; edges are labelled with them too.
        node_attrs: Graphviz attributes of all nodes.
        hide_weights: whether parameters are left out.

    Raises:
        ImportError: the package ``graphviz`` is not installed.
    """
    try:
        from graphviz import Digraph
    except ImportError:
        raise ImportError("Draw network requires graphviz library: pip install graphviz") from None
    if not isinstance(symbol, Symbol):
        raise TypeError("symbol must be a Symbol")
    nodes = symbol._graph.nodes()
    repeated = [name for name, count in Counter(node.name for node in nodes).items() if count > 1]
    if repeated:
        warnings.warn(
            "There are multiple variables with the same name in your graph, this may result in cyclic graph. "
            f"Repeated names: {','.join(repeated)}",
            RuntimeWarning,
            stacklevel=2,
        )
    labels = _labels(symbol, shape, dtype)
    drawn = Digraph(name=title, format=save_format)
    hidden: set[str] = set()
    for node in nodes:
        style = {**_STYLE, **(node_attrs or {}), "fillcolor": _COLOURS.get(node.op or "", _OTHER)}
        if node.is_variable:
            style.update(shape="oval", fillcolor=_INPUT)
            if node.name.endswith(_WEIGHTS):
                hidden.update({node.name} if hide_weights else ())
                continue
        drawn.node(name=node.name, label=_label(node), **style)
    for node in nodes:
        for source, index in node.inputs:
            if source.name not in hidden:
                label = labels.get((source.name, index), "")
                drawn.edge(tail_name=node.name, head_name=source.name, dir="back", arrowtail="open", label=label)
    return drawn


def _label(node: Node) -> str:
    if node.op is None:
        return node.name
    params = table.find(node.op).parse(node.attrs)

    def sizes(key: str, otherwise: str = "1") -> str:
        return "x".join(str(each) for each in params.get(key) or ()) or otherwise

    if node.op == "Convolution":
        return f"Convolution\n{sizes('kernel')}/{sizes('stride')}, {params['num_filter']}"
    if node.op == "FullyConnected":
        return f"FullyConnected\n{params['num_hidden']}"
    if node.op in ("Activation", "LeakyReLU"):
        return f"{node.op}\n{params['act_type']}"
    if node.op == "Pooling":
        return f"Pooling\n{params['pool_type']}, {sizes('kernel', '[]')}/{sizes('stride')}"
    return node.attrs["op_type"] if node.op == "Custom" else node.name


def _labels(
    symbol: Symbol, shape: Mapping[str, tuple[int, ...]] | None, dtype: Mapping[str, Any] | None
) -> dict[tuple[str, int], str]:
    """What goes along the edges, by the node and the output that they come from; shapes without the batch."""
    internals = symbol.get_internals()
    heads = internals._graph.heads
    made = [""] * len(heads)
    if shape is not None:
        _, shapes, _ = internals.infer_shape(**shape)
        if shapes is None:
            raise ValueError("Input shape is incomplete")
        made = ["x".join(str(size) for size in each[1:]) for each in shapes]
    if dtype is not None:
        _, types, _ = internals.infer_type(**dtype)
        if types is None:
            raise ValueError("Input type is incomplete")
        made = [f"{text}({np.dtype(kind).name})" for text, kind in zip(made, types, strict=True)]
    return {(entry.node.name, entry.index): text for entry, text in zip(heads, made, strict=True)}
