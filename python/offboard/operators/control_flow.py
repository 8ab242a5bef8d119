"""Control flow: foreach, while_loop and cond, whose bodies are graphs of their own.

A graph's variables, in the order of the graph, are its inputs. The locations in the parameters say which input of the
operator (or which of the graph's variables) is which. They become ONNX's Scan, Loop and If.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offboard.errors import MXNetError
from offboard.graph.node import Graph
from offboard.operators.builder import BOOL, INT64, Builder, Dtype, Shape, Value
from offboard.operators.infer import infer_shapes, infer_types
from offboard.operators.lowering import emit_graph
from offboard.operators.record import Params, PartialShape, operator

__all__ = ["cond_graphs", "foreach_places", "item_shape", "loop_places", "seen_by"]

# For each variable of a graph, which input of the operator it is.
_Places = Sequence[int]


def _names(graph: Graph, places: _Places, inputs: int) -> list[str]:
    """The names of a graph's variables, checked against what the parameters say of them."""
    names = [node.name for node in graph.variables()]
    if len(names) != len(places) or len(set(names)) != len(names) or any(not 0 <= at < inputs for at in places):
        raise MXNetError(f"A graph of variables {names} does not go with inputs {list(places)} of {inputs}")
    return names


def seen_by(graph: Graph, places: _Places, given: Sequence[Any]) -> dict[str, Any]:
    """What is given to the operator, by the names that the graph knows it under."""
    return {name: given[at] for name, at in zip(_names(graph, places, len(given)), places, strict=True)}


def _better(graph: Graph, places: _Places, given: Sequence[Any], found: Mapping[str, Any]) -> list[Any]:
    """What is given, with what a graph's inference found where nothing was known."""
    made = list(given)
    for name, at in zip(_names(graph, places, len(given)), places, strict=True):
        if made[at] is None or (isinstance(made[at], tuple) and 0 in made[at]):
            made[at] = found[name] or made[at]
    return made


def _graph_types(graph: Graph, places: _Places, given: Sequence[Dtype | None]) -> tuple[list[Any], list[Any]]:
    known = {name: dtype for name, dtype in seen_by(graph, places, given).items() if dtype is not None}
    found = infer_types(graph, known)
    return _better(graph, places, given, {**found.arguments, **found.auxiliary}), found.outputs


def _graph_shapes(
    graph: Graph, places: _Places, given: Sequence[PartialShape], heads: Sequence[PartialShape] = ()
) -> tuple[list[Any], list[Any]]:
    found = infer_shapes(graph, seen_by(graph, places, given), heads=heads)
    return _better(graph, places, given, {**found.arguments, **found.auxiliary}), found.outputs


def _body_inputs(body: Builder, specs: Sequence[tuple[Shape, Dtype]], hint: str) -> list[Value]:
    made = [body.value(body.fresh(hint), shape, dtype) for shape, dtype in specs]
    body.inputs += made
    return made


def _leave(body: Builder, value: Value) -> None:
    """Makes a value an output of a body; it may be an input of it or come from outside, so it gets a name here."""
    body.outputs.append(value.seen_from(body).unary("Identity"))


def _as_before(value: Value, before: Value, number: int) -> Value:
    if value.shape != before.shape or value.dtype != before.dtype:
        raise ValueError(
            f"state {number} is {before.shape} {before.dtype} before an iteration and {value.shape} {value.dtype} after"
        )
    return value


# foreach: inputs are the data, the states, then what the body sees of its surroundings.


def foreach_places(p: Params) -> list[int]:
    """Which input of the operator each of the body's variables is."""
    locations = [*p.in_data_locs, *p.in_state_locs, *p.remain_locs]
    if sorted(locations) != list(range(len(locations))):
        raise MXNetError(f"Locations {locations} of foreach's inputs are no permutation")
    return [locations.index(variable) for variable in range(len(locations))]


def item_shape(shape: Shape) -> Shape:
    """One of the items along the first axis; MXNet's legacy arrays have at least one dimension."""
    return shape[1:] or (1,)


def _foreach_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    return _foreach_back(p, shapes, None)


def _foreach_back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    places, count = foreach_places(p), len(p.in_data_locs)
    lengths = {shape[0] for shape in shapes[:count] if shape} | ({wanted[0]} if wanted and p.num_out_data else set())
    length = next((each for each in lengths if each), 0)
    items = [None if shape is None else item_shape(shape) for shape in shapes[:count]]
    heads = [item_shape(wanted)] if wanted and p.num_out_data else []
    made, outputs = _graph_shapes(p.subgraphs[0], places, [*items, *shapes[count:]], heads)
    for index, output in enumerate(outputs[p.num_out_data :], count):
        made[index] = made[index] or output
    whole = [None if item is None else (length, *item) for item in made[:count]]
    whole = [(length,) if old is not None and len(old) == 1 else new for old, new in zip(shapes, whole, strict=False)]
    return [*whole, *made[count:]]


def _foreach_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    return _graph_types(p.subgraphs[0], foreach_places(p), dtypes)


@operator("_foreach", fill=_foreach_fill, back=_foreach_back, types=_foreach_types)
def foreach(p: Params, *inputs: Value) -> list[Value]:
    """The body on each item along the first axis of the data: its outputs stacked, and the last states."""
    data = inputs[: len(p.in_data_locs)]
    states = inputs[len(data) : len(data) + len(p.in_state_locs)]
    if not data or len({each.shape[0] for each in data}) != 1:
        raise ValueError("the data of foreach are of different lengths")
    length = data[0].shape[0]
    graph = p.subgraphs[0]
    body = Builder(p.graph)
    current = _body_inputs(body, [(each.shape, each.dtype) for each in states], "state")
    items = _body_inputs(body, [(each.shape[1:], each.dtype) for each in data], "item")
    seen = [each.reshape(item_shape(whole.shape)) for each, whole in zip(items, data, strict=True)]
    seen += current + [each.seen_from(body) for each in inputs[len(data) + len(states) :]]
    made = emit_graph(body, graph, seen_by(graph, foreach_places(p), seen), is_train=p.is_train)
    results, after = made[: p.num_out_data], made[p.num_out_data :]
    for number, (value, before) in enumerate(zip(after, current, strict=True)):
        _leave(body, _as_before(value, before, number))
    for value in results:
        _leave(body, value)
    ends = [(each.shape, each.dtype) for each in states]
    stacks = [((length, *each.shape), each.dtype) for each in results]
    outputs = p.graph.emit_many("Scan", [*states, *data], [*ends, *stacks], body=body, num_scan_inputs=len(data))
    return [*outputs[len(states) :], *outputs[: len(states)]]


# while_loop: both graphs pick from the inputs; the loop's variables are those that func_var_locs names among func's.


def loop_places(p: Params) -> list[int]:
    """Which inputs of the operator are the loop's variables."""
    return [p.func_input_locs[variable] for variable in p.func_var_locs]


def _while_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    condition, function = p.subgraphs
    made, outputs = _graph_shapes(function, p.func_input_locs, shapes)
    for at, output in zip(loop_places(p), outputs[p.num_out_data :], strict=True):
        made[at] = made[at] or output
    return _graph_shapes(condition, p.cond_input_locs, made)[0]


def _while_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    condition, function = p.subgraphs
    made, outputs = _graph_types(function, p.func_input_locs, dtypes)
    return _graph_types(condition, p.cond_input_locs, made)[0], outputs


def _truth(graph: Graph, values: Mapping[str, Value], builder: Builder, is_train: bool) -> Value:
    """A condition's value as ONNX's scalar."""
    (made,) = emit_graph(builder, graph, values, is_train=is_train)
    if made.size != 1:
        raise ValueError(f"a condition is one number, not {made.shape}")
    return made.cast(BOOL).reshape(())


@operator("_while_loop", fill=_while_fill, types=_while_types)
def while_loop(p: Params, *inputs: Value) -> list[Value]:
    """The function while the condition holds, ``max_iterations`` times at most.

    It gives the function's outputs stacked and the last variables. The rows of iterations that never came are zeros;
    MXNet leaves them uninitialised.
    """
    condition, function = p.subgraphs
    limit, places = p.max_iterations, loop_places(p)
    if limit <= 0:
        raise ValueError(f"max_iterations is {limit}, it must be positive")
    first = _truth(condition, seen_by(condition, p.cond_input_locs, inputs), p.graph, p.is_train)
    body = Builder(p.graph)
    _body_inputs(body, [((), INT64), ((), BOOL)], "loop")
    current = _body_inputs(body, [(inputs[at].shape, inputs[at].dtype) for at in places], "variable")
    seen = [each.seen_from(body) for each in inputs]

    def replaced(variables: Sequence[Value]) -> list[Value]:
        given = list(seen)
        for at, value in zip(places, variables, strict=True):
            given[at] = value
        return given

    made = emit_graph(body, function, seen_by(function, p.func_input_locs, replaced(current)), is_train=p.is_train)
    results, after = made[: p.num_out_data], made[p.num_out_data :]
    after = [_as_before(*each, number) for number, each in enumerate(zip(after, current, strict=True))]
    _leave(body, _truth(condition, seen_by(condition, p.cond_input_locs, replaced(after)), body, p.is_train))
    for value in (*after, *results):
        _leave(body, value)
    ends = [(inputs[at].shape, inputs[at].dtype) for at in places]
    # Fewer rows come than this says when the condition fails early; the zeros behind make up for them.
    stacks = [((limit, *each.shape), each.dtype) for each in results]
    outputs = p.graph.emit_many(
        "Loop", [p.graph.const(limit, INT64), first, *(inputs[at] for at in places)], [*ends, *stacks], body=body
    )
    rows = [
        p.graph.concat([value, p.graph.full(value.shape, 0, value.dtype)], 0).slice(0, 0, limit)
        for value in outputs[len(places) :]
    ]
    return [*rows, *outputs[: len(places)]]


# cond: three graphs pick from the inputs.


def cond_graphs(p: Params) -> list[tuple[Graph, _Places]]:
    """The condition and its two branches, each with which inputs of the operator its variables are."""
    return list(zip(p.subgraphs, (p.cond_input_locs, p.then_input_locs, p.else_input_locs), strict=True))


def _cond_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    heads: Sequence[PartialShape] = ()
    # The predicate's own shape says nothing of the branches', theirs agree.
    for number, (graph, places) in enumerate(cond_graphs(p)):
        shapes, outputs = _graph_shapes(graph, places, shapes, heads)
        heads = outputs if number else ()
    return shapes


def _cond_back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    for graph, places in cond_graphs(p)[1:]:
        shapes, _ = _graph_shapes(graph, places, shapes, [wanted])
    return shapes


def _cond_types(p: Params, dtypes: list[Dtype | None]) -> tuple[list[Any], list[Any]]:
    found: list[Any] = []
    for graph, places in cond_graphs(p):
        dtypes, found = _graph_types(graph, places, dtypes)
    return dtypes, found


@operator("_cond", fill=_cond_fill, back=_cond_back, types=_cond_types)
def cond(p: Params, *inputs: Value) -> list[Value]:
    """One of two graphs, by a condition."""
    (test, locations), *branches = cond_graphs(p)
    chosen = _truth(test, seen_by(test, locations, inputs), p.graph, p.is_train)
    bodies, specs = [], []
    for graph, places in branches:
        body = Builder(p.graph)
        values = seen_by(graph, places, [each.seen_from(body) for each in inputs])
        made = emit_graph(body, graph, values, is_train=p.is_train)
        for value in made:
            _leave(body, value)
        bodies.append(body)
        specs.append([(value.shape, value.dtype) for value in made])
    if specs[0] != specs[1]:
        raise ValueError(f"the branches give {specs[0]} and {specs[1]}")
    return p.graph.emit_many("If", [chosen], specs[0], then_branch=bodies[0], else_branch=bodies[1])
