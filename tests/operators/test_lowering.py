"""What graphs become."""

import numpy as np

from offboard.graph.symbol_json import loads
from offboard.operators.lowering import lower


def test_what_reaches_no_output_is_left_out() -> None:
    graph = loads(
        '{"nodes": [{"op": "null", "name": "x", "inputs": []}, {"op": "topk", "name": "best", "attrs": '
        '{"ret_typ": "value"}, "inputs": [[0, 0, 0]]}], "arg_nodes": [0], "heads": [[1, 0, 0]]}'
    )
    made = lower(graph, {"x": (2, 3)}, {"x": np.dtype(np.float32)}, ())
    # The positions are not asked for, and no Cast makes numbers of them.
    assert [node.op_type for node in made.model.graph.node] == ["TopK", "Identity"]
