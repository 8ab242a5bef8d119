"""Networks of symbolic cells, composed alike with MXNet and Offboard, as lists of what their graphs hold."""

from __future__ import annotations

import json
import warnings
from typing import Any


def graphs(mx: Any) -> dict[str, Any]:
    """Operator, name, attributes and inputs of every node, by the network's name."""
    data, cells = mx.sym.var("data"), mx.rnn
    made = {
        "rnn": lambda: cells.RNNCell(5, prefix="a_").unroll(3, data, merge_outputs=True)[0],
        "lstm": lambda: cells.LSTMCell(5, prefix="a_").unroll(3, data, merge_outputs=False)[0][-1],
        "gru": lambda: cells.GRUCell(5).unroll(3, data, layout="TNC", merge_outputs=True)[0],
        "stack": lambda: _stack(cells).unroll(2, data, merge_outputs=True)[0],
        "both-ways": lambda: mx.sym.Group(_both_ways(cells).unroll(3, data, merge_outputs=False)[0]),
        "both-ways-merged": lambda: _both_ways(cells).unroll(3, data, merge_outputs=True)[0],
    }
    for mode in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
        for both in (False, True):
            made[f"fused-{mode}-{both}"] = lambda mode=mode, both=both: _fused(mx, mode, both, data)
            made[f"unfused-{mode}-{both}"] = lambda mode=mode, both=both: (
                cells.FusedRNNCell(4, 2, mode, bidirectional=both, dropout=0.3).unfuse().unroll(3, data)[0]
            )
    for kind in ("ConvRNNCell", "ConvLSTMCell", "ConvGRUCell"):
        made[kind] = lambda kind=kind: getattr(cells, kind)((1, 2, 6, 6), 4).unroll(
            2, data, layout="NTCHW", merge_outputs=True
        )[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: _listed(mx, compose) for name, compose in made.items()}


def _stack(cells: Any) -> Any:
    stack = cells.SequentialRNNCell()
    stack.add(cells.LSTMCell(5, prefix="l0_", forget_bias=2.0))
    stack.add(cells.DropoutCell(0.5))
    stack.add(cells.ResidualCell(cells.GRUCell(5, prefix="l1_")))
    stack.add(cells.ZoneoutCell(cells.RNNCell(5, prefix="l2_"), 0.1, 0.2))
    return stack


def _both_ways(cells: Any) -> Any:
    return cells.BidirectionalCell(cells.LSTMCell(3, prefix="l_"), cells.GRUCell(3, prefix="r_"))


def _fused(mx: Any, mode: str, both: bool, data: Any) -> Any:
    cell = mx.rnn.FusedRNNCell(4, 2, mode, bidirectional=both, get_next_state=True)
    outputs, states = cell.unroll(3, data, layout="TNC", merge_outputs=True)
    return mx.sym.Group([outputs, *states])


def _listed(mx: Any, compose: Any) -> Any:
    with mx.name.NameManager():
        made = compose()
    document = json.loads((mx.sym.Group(made) if isinstance(made, list) else made).tojson())
    nodes = [
        [node["op"], node["name"], node.get("attrs", {}), [each[:2] for each in node["inputs"]]]
        for node in document["nodes"]
    ]
    return [nodes, [each[:2] for each in document["heads"]]]
