"""Whatever graph is drawn from the operator table: accelerator, CPU and imperative operators agree on it."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.oracle.compare import difference
from tests.oracle.draw import Case, NotDrawnError, draw, operators

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.mxnet.ndarray.operators import apply
from offboard.operators import record

NAMES = [name for name in operators() if record.find(name).kernel is None]


def _forward(context: mx.Context, symbol: mx.sym.Symbol, arrays: dict[str, mx.nd.NDArray]) -> list[np.ndarray]:
    executor = symbol.bind(
        context,
        {name: arrays[name] for name in symbol.list_arguments()},
        aux_states={name: arrays[name] for name in symbol.list_auxiliary_states()},
        grad_req="null",
    )
    outputs = [output.asnumpy() for output in executor.forward()]
    where = "accelerator" if context == mx.eia() else "instance"
    assert set(executor.report().nodes.values()) <= {where}
    return outputs


def _imperative(symbol: mx.sym.Symbol, arrays: dict[str, mx.nd.NDArray]) -> list[np.ndarray]:
    made: dict[tuple[int, int], Any] = {}
    for node in symbol._graph.nodes():
        if node.op is None:
            outputs: Any = arrays[node.name]
        else:
            outputs = apply(node.op, [made[id(entry.node), entry.index] for entry in node.inputs], node.attrs)
        for index, output in enumerate(outputs if isinstance(outputs, list) else [outputs]):
            made[id(node), index] = output
    return [made[id(head.node), head.index].asnumpy() for head in symbol._graph.heads]


def _drawn(random: Random) -> Case:
    for _ in range(20):
        try:
            return draw(random, NAMES, random.randint(1, 4))
        except NotDrawnError:
            continue
    assume(False)
    raise AssertionError


@pytest.mark.usefixtures("accelerator")
@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(st.integers(0, 1 << 40))
def test_all_agree(seed: int) -> None:
    # A seed, for what is drawn has the distribution of ``draw``: hypothesis' own generator prefers extremes.
    case = _drawn(Random(seed))
    symbol = mx.sym.load_json(case.graph)
    arrays = {name: mx.nd.array(array, dtype=array.dtype) for name, array in case.arrays.items()}
    try:
        on_cpu = _forward(mx.cpu(), symbol, arrays)
    except MXNetError:
        with pytest.raises(MXNetError):
            _forward(mx.eia(), symbol, arrays)
        return
    compared = {"eia": _forward(mx.eia(), symbol, arrays)}
    # One operator after the other rounds to float16 between them, and a graph need not: that may grow to any size.
    if case.precision != "float16" or len(case.nodes) == 1:
        compared["imperative"] = _imperative(symbol, arrays)
    for how, outputs in compared.items():
        for number, (output, expected) in enumerate(zip(outputs, on_cpu, strict=True)):
            why = difference(output, expected, case.precision)
            assert why is None, f"{how} output {number}: {why}\n{case.graph}\n{case.arrays}"
