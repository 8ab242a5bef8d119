"""Graphs are cut where the instance runs nodes, and kept together everywhere else."""

import offboard.mxnet as mx
from offboard.runtime.partition import cut


def _cut(symbol: mx.sym.Symbol, instance: set[str], after: set[str] = frozenset()) -> list[tuple[bool, list[str]]]:
    nodes = symbol._graph.nodes()
    made = cut(
        symbol._graph,
        [index for index, node in enumerate(nodes) if node.name in instance],
        [index for index, node in enumerate(nodes) if node.name in after],
    )
    assert made.heads == tuple(symbol.list_outputs())
    return [
        (piece.on_instance, sorted(node.name for node in piece.graph.nodes() if node.op is not None))
        for piece in made.pieces
    ]


def test_a_chain_is_cut_into_three() -> None:
    x = mx.sym.exp(mx.sym.var("x"), name="before")
    y = mx.sym.sin(mx.sym.abs(x, name="here"), name="after")
    assert _cut(y, {"here"}) == [(False, ["before"]), (True, ["here"]), (False, ["after"])]


def test_what_does_not_depend_on_the_instance_joins_the_first_piece() -> None:
    x = mx.sym.var("x")
    here = mx.sym.abs(x, name="here")
    beside = mx.sym.exp(mx.sym.sin(x, name="one"), name="two")
    joined = mx.sym.elemwise_add(here, beside, name="sum")
    assert _cut(joined, {"here"}) == [(False, ["one", "two"]), (True, ["here"]), (False, ["sum"])]


def test_nodes_of_the_instance_run_one_by_one() -> None:
    x = mx.sym.abs(mx.sym.abs(mx.sym.var("x"), name="a"), name="b")
    assert _cut(x, {"a", "b"}) == [(True, ["a"]), (True, ["b"])]


def test_a_graph_is_cut_behind_a_data_dependent_size() -> None:
    chosen = mx.sym.contrib.boolean_mask(mx.sym.var("x"), mx.sym.var("mask"), name="chosen")
    both = mx.sym.Group([chosen, mx.sym.exp(chosen, name="after")])
    assert _cut(both, set(), {"chosen"}) == [(False, ["chosen"]), (False, ["after"])]


def test_names_between_pieces_avoid_variables() -> None:
    x = mx.sym.abs(mx.sym.var("x"), name="a")
    y = mx.sym.elemwise_add(x, mx.sym.var("a_output"), name="b")
    nodes = y._graph.nodes()
    made = cut(y._graph, [next(i for i, node in enumerate(nodes) if node.name == "a")], [])
    (received,) = made.pieces[1].received
    assert received != "a_output"
    assert {node.name for node in made.pieces[1].graph.variables()} == {received, "a_output"}
