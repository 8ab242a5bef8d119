"""``mx.sym.contrib.foreach``, ``while_loop`` and ``cond``: Python functions traced into graphs of their own.

What is composed while a function is traced carries the graph's name in an attribute; where such a node takes something
without it, the graph is cut, and what was cut off becomes an input of the operator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from typing import Any

from offboard.errors import MXNetError
from offboard.graph.lists import output_name
from offboard.graph.node import Entry, Graph, Node
from offboard.mxnet import attribute
from offboard.mxnet import name as names
from offboard.mxnet.nesting import flatten, regroup
from offboard.mxnet.symbol.composition import attribute_texts
from offboard.mxnet.symbol.operators import named
from offboard.mxnet.symbol.symbol import Group, Symbol, var
from offboard.operators import table

__all__ = ["cond", "foreach", "while_loop"]

_MARK = "__subgraph_name__"
_NUMBERS: defaultdict[str, int] = defaultdict(int)


def _unique(name: str) -> str:
    """The next name of a graph, behind the name of the graph that it is traced in."""
    outer = attribute.current().get(None).get(_MARK, "")
    full = f"{outer}${name}" if outer else name
    number = _NUMBERS[full]
    _NUMBERS[full] = number + 1
    return f"{full}{number}"


def _stand_in(symbol: Symbol) -> str:
    """The name under which a graph knows what the operator is given."""
    return f"{symbol.name}-{symbol._graph.heads[0].index}"


def _identity(symbol: Symbol) -> Symbol:
    function = named("op", "identity")
    assert function is not None
    made: Symbol = function(symbol)
    return made


def _mark(node: Node) -> str:
    return node.attrs.get(_MARK, "")


def _as_head(symbol: Symbol, label: str, taken: Collection[str | None]) -> Symbol:
    """A head for the graph ``label``: what comes from outside, or has one of the names ``taken``, is copied."""
    foreign = _mark(symbol._graph.heads[0].node) != label
    return _identity(symbol) if foreign or symbol.name in taken else symbol


def _cut(graph: Graph) -> dict[str, Symbol]:
    """Cuts off what is not marked as the graph's own: by the names of the variables that take its place."""
    mark = _mark(graph.heads[0].node)
    found: dict[tuple[int, int], Entry] = {}
    outside: dict[str, Symbol] = {}
    for node in graph.nodes():
        if _mark(node) != mark:
            continue
        for position, entry in enumerate(node.inputs):
            if _mark(entry.node) == mark:
                continue
            key = id(entry.node), entry.index
            if key not in found:
                found[key] = Entry(Node(None, output_name(entry)), 0)
                outside[output_name(entry)] = Symbol([entry])
            node.inputs[position] = found[key]
    return outside


class _Traced:
    """A function as a graph, and what it sees of its surroundings."""

    def __init__(self, heads: Sequence[Symbol]) -> None:
        self.graph = Group(list(heads))._graph
        self.outside = _cut(self.graph)
        inputs = self.graph.variables()
        self.variables = {node.name: Symbol([Entry(node, 0)]) for node in inputs}
        if len(self.variables) != len(inputs):
            listed = [node.name for node in inputs]
            raise AssertionError(f"The inputs of the subgraph don't have unique names: {listed}")

    def source(self, name: str) -> Symbol:
        """What a variable that no loop variable stands for is outside: what was cut off, or a copy of itself."""
        return self.outside[name] if name in self.outside else deepcopy(self.variables[name])


def _composed(
    operator: str, graphs: Sequence[_Traced], inputs: Sequence[Symbol], outputs: int, **parameters: Any
) -> list[Symbol]:
    given = {"num_args": len(graphs) + len(inputs), "num_outputs": outputs, **parameters}
    attrs = {key: table.format_value(value) for key, value in given.items()}
    attrs = attribute_texts({**attrs, **attribute.current().get(None)})
    label = names.current().get(None, operator)
    entries = [each._graph.heads[0] for each in inputs]
    node = Node(operator, label, attrs, entries, [each.graph for each in graphs])
    return [Symbol([Entry(node, index)]) for index in range(outputs)]


def foreach(body: Callable[..., Any], data: Any, init_states: Any, name: str = "foreach") -> tuple[Any, Any]:
    """``body(item, states) -> (outputs, states)`` on each item along axis 0: (stacked outputs, last states)."""
    items, data_layout = flatten(data, Symbol, "foreach input")
    states, state_layout = flatten(init_states, Symbol, "foreach states")
    label = _unique(name)
    with attribute.AttrScope(**{_MARK: label}):
        given = regroup([var(_stand_in(each)) for each in items], data_layout)
        made, after = body(given, regroup([var(_stand_in(each)) for each in states], state_layout))
        outputs, layout = flatten(made, Symbol, "foreach output")
        after, after_layout = flatten(after, Symbol, "foreach loop_vars")
        if after_layout != state_layout:
            raise AssertionError("The input and output loop_vars have different format")
        inputs = Group([*outputs, *after]).list_inputs()
        heads = [_as_head(each, label, inputs) for each in outputs]
        heads += [_as_head(each, label, [*inputs, *(out.name for out in outputs)]) for each in after]
    traced = _Traced(heads)
    variables = list(traced.variables)

    def located(given: Sequence[Symbol], what: str) -> list[int]:
        missing = [each for each in given if _stand_in(each) not in variables]
        if missing:
            raise AssertionError(f"the {what} arrays have to be used in the loop body")
        return [variables.index(_stand_in(each)) for each in given]

    data_locations, state_locations = located(items, "data"), located(states, "state")
    rest = [at for at in range(len(variables)) if at not in (*data_locations, *state_locations)]
    result = _composed(
        "_foreach",
        [traced],
        [*items, *states, *(traced.source(variables[at]) for at in rest)],
        len(heads),
        num_out_data=len(outputs),
        in_state_locs=state_locations,
        in_data_locs=data_locations,
        remain_locs=rest,
    )
    return regroup(result[: len(outputs)], layout), regroup(result[len(outputs) :], state_layout)


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., Any],
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """``func(*loop_vars) -> (outputs, loop_vars)`` while ``cond(*loop_vars)``: (stacked outputs, last variables).

    The outputs have ``max_iterations`` rows; those of iterations that never came are zeros.
    """
    starts, layout = flatten(loop_vars, Symbol, "while loop_vars")
    if max_iterations is None:
        raise ValueError("max_iterations should be specified")
    try:
        limit = int(max_iterations)
    except (TypeError, ValueError):
        raise ValueError("Cannot convert max_iteration to python int") from None
    if limit < 1:
        raise MXNetError(f"value {limit} for Parameter max_iterations should be greater equal to 1")
    if not starts:
        raise ValueError("loop_vars should contain at least one element")

    label = _unique(f"{name}_cond")
    with attribute.AttrScope(**{_MARK: label}):
        test = cond(*regroup([var(_stand_in(each)) for each in starts], layout))
        if not isinstance(test, Symbol):
            raise ValueError("Return of cond must be a Symbol")
        condition = _Traced([_as_head(test, label, test.list_inputs())])
    label = _unique(f"{name}_func")
    with attribute.AttrScope(**{_MARK: label}):
        given = regroup([var(_stand_in(each)) for each in starts], layout)
        made, after = func(*given)
        outputs, out_layout = flatten([] if made is None else made, Symbol, "while output")
        ends, _ = flatten([] if after is None else after, Symbol, "while loop_vars")
        if len(starts) != len(ends):
            raise ValueError("The number of loop_vars should be consistent during the loop")
        taken = Group([*outputs, *ends]).list_inputs()
        function = _Traced([_as_head(each, label, taken) for each in (*outputs, *ends)])

    inputs: list[Symbol] = []
    by_name = {_stand_in(each): each for each in starts}
    places = [
        [_placed(inputs, by_name[each] if each in by_name else traced.source(each)) for each in traced.variables]
        for traced in (condition, function)
    ]
    variables = list(function.variables)
    for number, each in enumerate(starts, 1):
        if _stand_in(each) not in variables:
            raise ValueError(f"The {number}-th loop_var doesn't involve into the computation")
    result = _composed(
        "_while_loop",
        [condition, function],
        inputs,
        len(outputs) + len(ends),
        max_iterations=limit,
        cond_input_locs=places[0],
        func_input_locs=places[1],
        func_var_locs=[variables.index(_stand_in(each)) for each in starts],
        num_out_data=len(outputs),
    )
    return regroup(result[: len(outputs)], out_layout), regroup(result[len(outputs) :], layout)


def _placed(inputs: list[Symbol], symbol: Symbol) -> int:
    """Where a symbol is among the inputs, which it joins unless it is one."""
    for place, each in enumerate(inputs):
        if each is symbol:
            return place
    inputs.append(symbol)
    return len(inputs) - 1


def cond(pred: Symbol, then_func: Callable[[], Any], else_func: Callable[[], Any], name: str = "cond") -> Any:
    """What ``then_func()`` gives where the number ``pred`` is not zero, else what ``else_func()`` gives."""
    traced, counts, layouts = [], [], []
    for part, function in (("pred", lambda: pred), ("then", then_func), ("else", else_func)):
        label = _unique(f"{name}_{part}")
        with attribute.AttrScope(**{_MARK: label}):
            outputs, layout = flatten(function(), Symbol, "cond outputs")
            taken = Group(outputs).list_inputs()
            traced.append(_Traced([_as_head(each, label, taken) for each in outputs]))
        counts.append(len(outputs))
        layouts.append(layout)
        if part == "pred" and len(outputs) != 1:
            raise ValueError("pred should always be a single output")
    if counts[1] != counts[2]:
        raise ValueError("Number of outputs differs between then-branch and else-branch")
    inputs: list[Symbol] = []
    places = []
    for each in traced:
        known = {given.name: given for given in inputs}
        places.append(
            [_placed(inputs, known[label] if label in known else each.source(label)) for label in each.variables]
        )
    result = _composed(
        "_cond",
        traced,
        inputs,
        counts[1],
        cond_input_locs=places[0],
        then_input_locs=places[1],
        else_input_locs=places[2],
    )
    return regroup(result, layouts[1])
