"""Documents of every version: their keys, the upgrades between versions, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from offboard.errors import MXNetError
from offboard.graph import lists, symbol_json
from offboard.graph.node import Graph

X: dict[str, Any] = {"op": "null", "name": "x", "inputs": []}


def _document(*nodes: dict[str, Any], version: int | None = 10901, **changes: Any) -> str:
    made: dict[str, Any] = {
        "nodes": list(nodes),
        "arg_nodes": [number for number, node in enumerate(nodes) if node["op"] == "null"],
        "heads": [[len(nodes) - 1, 0, 0]],
    }
    if version is not None:
        made["attrs"] = {"mxnet_version": ["int", version]}
    return json.dumps({**made, **changes})


def _loaded(*nodes: dict[str, Any], version: int | None = 10901, **changes: Any) -> Graph:
    return symbol_json.loads(_document(*nodes, version=version, **changes))


def _node(op: str, inputs: list[list[int]], name: str = "n", **more: Any) -> dict[str, Any]:
    return {"op": op, "name": name, "inputs": inputs, **more}


def _attrs(graph: Graph) -> dict[str, dict[str, str]]:
    return {node.name: node.attrs for node in graph.nodes()}


FC = {"num_hidden": "2", "no_bias": "True"}
W: dict[str, Any] = {"op": "null", "name": "w", "inputs": []}

REFUSED: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "cannot be parsed"),
    "no heads": (json.dumps({"nodes": [], "arg_nodes": []}), "needs nodes, arg_nodes and heads"),
    "unknown key": (_document(X, extra=1), "unknown keys: extra"),
    "unknown key of a node": (_document({**X, "extra": 1}), "unknown keys: extra"),
    "number as attribute": (_document({**X, "attrs": {"a": 1}}), "is not a string"),
    "reference of four": (_document(X, _node("exp", [[0, 0, 0, 0]])), "not a reference"),
    "node out of range": (_document(X, _node("exp", [[5, 0, 0]])), "names node 5, there are 2"),
    "arg_nodes of an operator": (_document(X, _node("exp", [[0, 0, 0]]), arg_nodes=[1]), "not a variable"),
    "unknown operator": (_document(_node("Nope", [])), "Failed loading Op n of type Nope"),
    "unknown attribute": (_document(X, _node("Cast", [[0, 0]], attrs={"dtype": "int8", "foo": "1"})), "argument 'foo'"),
    "missing attribute": (_document(X, _node("Cast", [[0, 0]])), "Required parameter dtype"),
    "hidden key of this version": (
        _document(X, W, _node("FullyConnected", [[0, 0], [1, 0]], attrs={**FC, "lr_mult": "2"})),
        "argument 'lr_mult'",
    ),
    "the last of attrs and attr": (
        _document(X, W, _node("FullyConnected", [[0, 0], [1, 0]], attrs=FC, attr={"no_bias": "True"})),
        "Required parameter num_hidden",
    ),
    "a node before itself": (_document(X, _node("exp", [[1, 0]])), "depends on itself"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    text, message = REFUSED[case]
    with pytest.raises(MXNetError, match=message):
        symbol_json.loads(text)


@pytest.mark.parametrize("key", ["attrs", "attr", "param"])
def test_attributes_have_three_keys(key: str) -> None:
    assert _attrs(_loaded(X, W, _node("FullyConnected", [[0, 0], [1, 0]], **{key: FC})))["n"] == FC


def test_param_and_attr_are_merged() -> None:
    made = _loaded(X, W, _node("FullyConnected", [[0, 0], [1, 0]], param=FC, attr={"num_hidden": "3", "__a__": "b"}))
    assert _attrs(made)["n"] == {**FC, "num_hidden": "3", "__a__": "b"}


def test_what_is_dropped_and_what_may_be_left_out() -> None:
    made = _loaded(X, _node("exp", [[0, 0]], backward_source_id=-1, control_deps=[]), heads=[[1, 0]])
    assert lists.output_names(made) == ["n_output"]
    assert symbol_json.loads(json.dumps({"nodes": [], "arg_nodes": [], "heads": []})).heads == []


def test_order_of_nodes_is_free_and_heads_may_repeat() -> None:
    made = _loaded(_node("exp", [[1, 0, 7]]), X, heads=[[0, 0, 0], [1, 0, 0], [0, 0, 0]])
    assert lists.output_names(made) == ["n_output", "x", "n_output"]
    assert lists.argument_names(made) == ["x"]


def test_an_alias_is_written_by_its_canonical_name() -> None:
    written = json.loads(symbol_json.dumps(_loaded(X, _node("flatten", [[0, 0]]))))
    assert [node["op"] for node in written["nodes"]] == ["null", "Flatten"]


def test_any_attribute_between_underscores_is_kept() -> None:
    made = _loaded(X, _node("Cast", [[0, 0]], attrs={"dtype": "int8", "__anything__": "1"}))
    assert _attrs(made)["n"]["__anything__"] == "1"


@pytest.mark.parametrize("version", [None, 905, 10900])
@pytest.mark.parametrize("key", ["ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage"])
def test_hidden_keys_get_underscores(key: str, version: int | None) -> None:
    made = _loaded(
        {**X, "attr": {key: "1"}},
        W,
        _node("FullyConnected", [[0, 0], [1, 0]], attrs={**FC, key: "2", f"weight_{key}": "3"}),
        version=version,
    )
    assert _attrs(made) == {
        "x": {f"__{key}__": "1"},
        "w": {f"__{key}__": "3"},
        "n": {**FC, f"__{key}__": "2"},
    }


def test_hidden_key_of_no_input_is_an_ordinary_attribute() -> None:
    nodes = [X, W, _node("FullyConnected", [[0, 0], [1, 0]], attrs={**FC, "gamma_lr_mult": "2"})]
    with pytest.raises(MXNetError, match="gamma_lr_mult"):
        _loaded(*nodes, version=900)


def _norm(version: int | None, inputs: int) -> Graph:
    variables = [{"op": "null", "name": name, "inputs": []} for name in ("x", "g", "b", "m", "v")[:inputs]]
    norm = _node("BatchNorm", [[number, 0] for number in range(inputs)], attrs={"eps": "0.01"})
    return _loaded(*variables, norm, version=version)


@pytest.mark.parametrize("version", [None, 800, 899])
def test_missing_auxiliary_states_are_made_before_0_9_0(version: int | None) -> None:
    made = _norm(version, 3)
    assert lists.auxiliary_names(made) == ["n_moving_mean", "n_moving_var"]
    assert _attrs(made)["n_moving_mean"] == {"eps": "0.01", "__init__": '["zero", {}]'}
    assert _attrs(made)["n_moving_var"] == {"eps": "0.01", "__init__": '["one", {}]'}


@pytest.mark.parametrize("version", [900, 10901])
def test_missing_auxiliary_states_are_not_made_later(version: int) -> None:
    made = _norm(version, 3)
    assert lists.auxiliary_names(made) == []
    assert lists.argument_names(made) == ["x", "g", "b"]


@pytest.mark.parametrize(("version", "asked"), [(None, True), (903, True), (904, False), (10901, False)])
def test_initializers_are_set_before_0_9_4(version: int | None, asked: bool) -> None:
    attrs = _attrs(_norm(version, 5))
    assert attrs["m"] == ({"__init__": '["zero", {}]'} if asked else {})
    assert attrs["v"] == ({"__init__": '["one", {}]'} if asked else {})
    leaky = _node("LeakyReLU", [[0, 0], [1, 0]], attrs={"act_type": "prelu"})
    slope = _attrs(_loaded(X, W, leaky, version=version))["w"]
    assert slope == ({"__init__": '["Constant", {"value": 0.25}]'} if asked else {})


@pytest.mark.parametrize(("version", "kept"), [(None, False), (904, False), (905, True), (10901, True)])
@pytest.mark.parametrize("op", ["argmax", "argmin"])
def test_the_last_axis_meant_all_of_them_before_0_9_5(op: str, version: int | None, kept: bool) -> None:
    made = _loaded(X, _node(op, [[0, 0]], attrs={"axis": "-1"}), version=version)
    assert _attrs(made)["n"] == ({"axis": "-1"} if kept else {})


def test_a_newer_version_loads() -> None:
    assert lists.output_names(_loaded(X, _node("exp", [[0, 0]]), version=20000)) == ["n_output"]


def test_graphs_inside_nodes_are_not_upgraded() -> None:
    inside = json.loads(_document(X, _node("argmax", [[0, 0]], attrs={"axis": "-1"}), version=None))
    attrs = {"num_args": "2", "num_outputs": "1", "num_out_data": "1", "in_data_locs": "(0,)", "in_state_locs": "()"}
    attrs |= {"remain_locs": "()"}
    made = _loaded(X, _node("_foreach", [[0, 0]], attrs=attrs, subgraphs=[inside]), version=800)
    (subgraph,) = made.heads[0].node.subgraphs
    assert _attrs(subgraph)["n"] == {"axis": "-1"}
    again = symbol_json.loads(symbol_json.dumps(made))
    assert _attrs(again.heads[0].node.subgraphs[0])["n"] == {"axis": "-1"}
