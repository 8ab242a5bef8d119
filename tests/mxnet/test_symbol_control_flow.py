"""How functions become graphs: names, free variables, and what is refused, as real MXNet 1.9.1 does it."""

import json

import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError

sym = mx.sym


def carried(symbol: mx.sym.Symbol, operator: str) -> dict:
    document = json.loads(symbol.tojson())
    return next(node for node in document["nodes"] if node["op"] == operator)


def test_variables_stand_in_for_outputs() -> None:
    parts = sym.split(sym.var("d"), num_outputs=2, axis=1, name="parts")
    outputs, states = sym.contrib.foreach(lambda x, s: (x + s * sym.var("inner"), s + x), parts[1], parts[0])
    group = sym.Group([outputs, states])
    node = carried(group, "_foreach")
    variables = [each["name"] for each in node["subgraphs"][0]["nodes"] if each["op"] == "null"]
    assert variables == ["parts-1", "parts-0", "inner"]
    assert {k: node["attrs"][k] for k in ("in_data_locs", "in_state_locs", "remain_locs", "num_args")} == {
        "in_data_locs": "[0]", "in_state_locs": "[1]", "remain_locs": "[2]", "num_args": "4",
    }  # fmt: skip
    assert group.list_arguments() == ["d", "inner"]
    assert [name.rsplit("_", 1)[1] for name in group.list_outputs()] == ["output0", "output1"]


def test_what_comes_from_outside_is_cut_off() -> None:
    w = sym.exp(sym.var("w"), name="outside")
    outputs, _ = sym.contrib.foreach(lambda x, s: (x * w, s), sym.var("d"), sym.var("s"))
    node = carried(outputs, "_foreach")
    (graph,) = node["subgraphs"]
    assert [each["name"] for each in graph["nodes"] if each["op"] == "null"] == ["d-0", "outside_output", "s-0"]
    # A state that is handed on unchanged is copied: a graph's output is no variable.
    assert graph["nodes"][graph["heads"][1][0]]["op"] == "_copy"


def test_names_of_graphs_nest() -> None:
    def outer(x, s):
        made, _ = sym.contrib.foreach(lambda y, t: (y + t, t), x, s, name="inner")
        return made, s

    outputs, _ = sym.contrib.foreach(outer, sym.var("d"), sym.var("s"), name="test_names_of_graphs_nest")
    node = carried(outputs, "_foreach")
    inside = next(each for each in node["subgraphs"][0]["nodes"] if each["op"] == "_foreach")
    assert inside["attrs"]["__subgraph_name__"] == "test_names_of_graphs_nest0"
    deepest = inside["subgraphs"][0]["nodes"][0]["attrs"]["__subgraph_name__"]
    assert deepest == "test_names_of_graphs_nest0$inner0"


def test_while_loop_shares_variables_between_its_graphs() -> None:
    _, states = sym.contrib.while_loop(
        lambda i, h: i < 3, lambda i, h: (h, [i + 1, h * sym.var("w")]), [sym.var("i"), sym.var("h")], max_iterations=4
    )
    attrs = carried(states[0], "_while_loop")["attrs"]
    assert attrs["cond_input_locs"] == "[0]"
    assert attrs["func_input_locs"] == "[1, 0, 2]"
    assert attrs["func_var_locs"] == "[1, 0]"


def test_a_symbol_survives_its_file() -> None:
    made = sym.contrib.cond(sym.var("p"), lambda: sym.var("a") + 1, lambda: sym.var("b"), name="branch")
    again = sym.load_json(made.tojson())
    assert again.tojson() == made.tojson()
    assert again.list_arguments() == ["p", "a", "b"]


def looping(body):
    return lambda: sym.contrib.foreach(body, sym.var("d"), sym.var("s"))


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (looping(lambda x, s: (s, s * 2)), AssertionError, "data arrays have to be used"),
        (looping(lambda x, s: (x, x * 2)), AssertionError, "state arrays have to be used"),
        (looping(lambda x, s: (x, [s])), AssertionError, "different format"),
        (lambda: sym.contrib.foreach(lambda x, s: (x, s), 3, sym.var("s")), AssertionError, "foreach input must be"),
        (lambda: sym.contrib.while_loop(lambda i: i, lambda i: (i, i), [sym.var("i")]), ValueError, "max_iterations"),
        (lambda: sym.contrib.while_loop(lambda: 1, lambda: 1, [], 3), ValueError, "at least one"),
        (lambda: sym.contrib.while_loop(lambda i: 1, lambda i: (i, i), [sym.var("i")], 3), ValueError, "Symbol"),
        (
            lambda: sym.contrib.while_loop(lambda i: i < 3, lambda i: (i, [i, i]), [sym.var("i")], 3),
            ValueError,
            "consistent",
        ),
        (lambda: sym.contrib.while_loop(lambda i: i < 3, lambda i: (i, i), [sym.var("i")], 0), MXNetError, "greater"),
        (
            lambda: sym.contrib.cond(sym.var("p"), lambda: [sym.var("a")] * 2, lambda: sym.var("a")),
            ValueError,
            "differs",
        ),
    ],
)
def test_refusals(make, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()


def test_arrays_take_the_same_functions() -> None:
    data, state = mx.nd.array([[1, 2], [3, 4]]), mx.nd.array([10, 20])
    outputs, last = mx.nd.contrib.foreach(lambda x, s: ([x + s], s * 2), data, state)
    assert outputs[0].asnumpy().tolist() == [[11, 22], [23, 44]]
    assert last.asnumpy().tolist() == [40, 80]
    rows, ends = mx.nd.contrib.while_loop(
        lambda i: i < 2, lambda i: (i * 10, i + 1), [mx.nd.array([0])], max_iterations=3
    )
    assert rows.asnumpy().tolist() == [[0], [10], [0]]
    assert ends[0].asnumpy().tolist() == [2]
    assert mx.nd.contrib.cond(data[0][0] > 1, lambda: 1, lambda: 2) == 2


@pytest.mark.usefixtures("accelerator")
def test_loops_run_on_the_accelerator() -> None:
    rows, last = sym.contrib.while_loop(
        lambda i, s: i < 3,
        lambda i, s: (sym.contrib.foreach(lambda x, t: (x + t, t + x), s, i)[0], [i + 1, s * 2]),
        [sym.var("i"), sym.var("s")],
        max_iterations=4,
    )
    group = sym.Group([rows, *last])
    arrays = {"i": mx.nd.array([0]), "s": mx.nd.array([[1], [2]])}
    for context in (mx.cpu(), mx.eia()):
        outputs = [each.asnumpy().tolist() for each in group.bind(context, arrays, grad_req="null").forward()]
        assert outputs[0] == [[[1], [3]], [[3], [7]], [[6], [14]], [[0], [0]]]
        assert outputs[1:] == [[3], [[8], [16]]]
