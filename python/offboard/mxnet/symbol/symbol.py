"""Symbol: graphs composed in Python, inferred, saved, and bound."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from offboard.errors import MXNetError
from offboard.graph import lists, symbol_json
from offboard.graph.node import Entry, Graph, Node
from offboard.graph.upgrade import HIDDEN_KEYS
from offboard.mxnet import attribute, name
from offboard.mxnet.base import NotImplementedForSymbol
from offboard.mxnet.context import Context
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype
from offboard.operators import table
from offboard.operators.infer import TYPE_FLAGS, Shapes, infer_shapes, infer_types

if TYPE_CHECKING:
    from offboard.mxnet.executor import Executor

__all__ = ["Group", "Symbol", "Variable", "compose", "load", "load_json", "var"]

_FLAGS = {dtype: flag for flag, dtype in TYPE_FLAGS.items()}


class Symbol:
    """One or more outputs of a graph."""

    __slots__ = ("_graph",)
    __array_priority__ = 1000.0

    def __init__(self, heads: Sequence[Entry]) -> None:
        self._graph = Graph(list(heads))

    # What it is

    @property
    def name(self) -> str | None:
        """The node's name; None for a group."""
        heads = {id(head.node) for head in self._graph.heads}
        return self._graph.heads[0].node.name if len(heads) == 1 else None

    def __repr__(self) -> str:
        if self.name is None:
            return f"<Symbol group [{', '.join(str(each.name) for each in self)}]>"
        return f"<Symbol {self.name}>"

    def __iter__(self) -> Iterator[Symbol]:
        return (self[index] for index in range(len(self)))

    def __len__(self) -> int:
        return len(self._graph.heads)

    def __getitem__(self, index: Any) -> Symbol:
        if isinstance(index, slice):
            return Symbol(self._graph.heads[index])
        if isinstance(index, str):
            outputs = self.list_outputs()
            matches = [i for i, output in enumerate(outputs) if output == index]
            if len(matches) != 1:
                raise ValueError(f"Cannot find output that matches name {index}" if not matches else f"{index} repeats")
            index = matches[0]
        if not isinstance(index, (int, np.integer)):
            raise TypeError("Symbol only support integer index to fetch i-th output")
        if not 0 <= index < len(self):
            raise IndexError("Index out of range")
        return Symbol([self._graph.heads[int(index)]])

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol(self.__bool__, "bool")

    __hash__ = object.__hash__

    def __copy__(self) -> Symbol:
        return Symbol(_copied(self._graph.heads))

    def __deepcopy__(self, memo: Any) -> Symbol:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return load_json, (self.tojson(),)

    # Lists and attributes

    def list_arguments(self) -> list[str]:
        """Names of the arguments."""
        return lists.argument_names(self._graph)

    def list_auxiliary_states(self) -> list[str]:
        """Names of the auxiliary states."""
        return lists.auxiliary_names(self._graph)

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return lists.output_names(self._graph)

    def list_inputs(self) -> list[str]:
        """Names of all variables."""
        return [node.name for node in self._graph.variables()]

    @property
    def num_outputs(self) -> int:
        """How many outputs."""
        return len(self)

    def get_internals(self) -> Symbol:
        """Every output of every node."""
        heads = []
        for node in self._graph.nodes():
            count = 1
            if node.op is not None:
                facts = table.find(node.op)
                count = facts.num_outputs(facts.parse(node.attrs))
            heads += [Entry(node, index) for index in range(count)]
        return Symbol(heads)

    def get_children(self) -> Symbol | None:
        """The inputs of the heads' nodes."""
        children = [entry for head in self._graph.heads for entry in head.node.inputs]
        return Symbol(children) if children else None

    def attr(self, key: str) -> str | None:
        """One attribute of the node."""
        return _shown(self._graph.heads[0].node).get(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """The node's attributes."""
        return _shown(self._graph.heads[0].node)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Attributes of all nodes that have any."""
        return {node.name: _shown(node) for node in self._graph.nodes() if node.attrs}

    def _set_attr(self, **kwargs: str) -> None:
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise ValueError("Set Attr only accepts string values")
            self._graph.heads[0].node.attrs[f"__{key}__" if key in HIDDEN_KEYS else key] = value

    # Composition

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """A copy with variables replaced."""
        made = self.__copy__()
        made._compose(*args, **kwargs)
        return made

    def _compose(self, *args: Symbol, **kwargs: Any) -> None:
        new_name = kwargs.pop("name", None)
        if args and kwargs:
            raise TypeError("compose only accept input Symbols either as positional or keyword arguments, not both")
        variables = self._graph.variables()
        given = dict(zip([node.name for node in variables], args, strict=False)) if args else kwargs
        for value in given.values():
            if not isinstance(value, Symbol):
                raise TypeError("Compose expect `Symbol` as arguments")
        for node in self._graph.nodes():
            node.inputs[:] = [
                given[e.node.name]._graph.heads[0] if e.node.is_variable and e.node.name in given else e
                for e in node.inputs
            ]
        if new_name:
            self._graph.heads[0].node.name = new_name

    # Inference

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) shapes; three None and a warning when they cannot all be known."""
        shapes = self._shapes(args, kwargs)
        if not shapes.complete:
            unknown = [n for n, s in {**shapes.arguments, **shapes.auxiliary}.items() if not s or 0 in s]
            warnings.warn(f"Cannot decide shape for the following arguments: {', '.join(unknown)}", stacklevel=2)
            return None, None, None
        return self._listed(shapes)

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) shapes as far as they are known: () or 0 where not."""
        arguments, outputs, auxiliary = self._listed(self._shapes(args, kwargs))
        return [s or () for s in arguments], [s or () for s in outputs], [s or () for s in auxiliary]

    def _shapes(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Shapes:
        if args and kwargs:
            raise ValueError("Can only specify known argument shapes either by positional or kwargs way.")
        names = self.list_arguments()
        given = dict(zip(names, args, strict=False)) if args else dict(kwargs)
        for key, shape in given.items():
            if shape is not None and not isinstance(shape, tuple):
                raise TypeError(f"Arguments need to be shapes (tuple), but argument {key} is {type(shape)}.")
        try:
            return infer_shapes(self._graph, {k: v for k, v in given.items() if v is not None})
        except MXNetError:
            print("infer_shape error. Arguments:", file=sys.stderr)
            for key, shape in given.items():
                print(f"  {key}: {shape}", file=sys.stderr)
            raise

    def _listed(self, shapes: Shapes) -> tuple[list[Any], list[Any], list[Any]]:
        arguments = [shapes.arguments[n] for n in self.list_arguments()]
        return arguments, list(shapes.outputs), [shapes.auxiliary[n] for n in self.list_auxiliary_states()]

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) types; three None and a warning when they cannot all be known."""
        made = self.infer_type_partial(*args, **kwargs)
        if any(each is None for part in made for each in part):
            warnings.warn("Cannot decide type for the following arguments", stacklevel=2)
            return None, None, None
        return made

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) types, None where unknown."""
        names = self.list_arguments()
        given = dict(zip(names, args, strict=False)) if args else kwargs
        types = infer_types(self._graph, {k: resolve_dtype(v) for k, v in given.items() if v is not None})

        def kind(dtype: Any) -> Any:
            return None if dtype is None else dtype.type

        return (
            [kind(types.arguments[n]) for n in names],
            [kind(each) for each in types.outputs],
            [kind(types.auxiliary[n]) for n in self.list_auxiliary_states()],
        )

    # Files

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """The symbol JSON."""
        return symbol_json.dumps(Graph(_without_amp_cast(self._graph.heads)) if remove_amp_cast else self._graph)

    def save(self, fname: str | os.PathLike[str], remove_amp_cast: bool = True) -> None:
        """Writes the symbol JSON."""
        try:
            with open(fname, "w", encoding="utf-8") as file:
                file.write(self.tojson(remove_amp_cast))
        except OSError as error:
            raise MXNetError(f'LocalFileSystem: Check failed: Open "{fname}": {error.strerror}') from None

    def debug_str(self) -> str:
        """The graph as text."""
        rows = [f"Symbol Outputs:\n{self.list_outputs()}"]
        for node in self._graph.nodes():
            inputs = ", ".join(lists.output_name(entry) for entry in node.inputs)
            rows.append(f"Variable:{node.name}" if node.op is None else f"Op:{node.op}, Name={node.name} ({inputs})")
        return "\n".join(rows)

    # Binding

    def bind(
        self,
        ctx: Context,
        args: Any,
        args_grad: Any = None,
        grad_req: Any = None,
        aux_states: Any = None,
        group2ctx: Any = None,
        shared_exec: Executor | None = None,
    ) -> Executor:
        """An executor over the program's arrays."""
        from offboard.mxnet.executor import bind

        return bind(self, Context(ctx), args, args_grad, grad_req, aux_states)

    def simple_bind(
        self,
        ctx: Context,
        grad_req: Any = None,
        type_dict: Mapping[str, Any] | None = None,
        stype_dict: Any = None,
        group2ctx: Any = None,
        shared_arg_names: Any = None,
        shared_exec: Any = None,
        shared_buffer: Any = None,
        **kwargs: Any,
    ) -> Executor:
        """An executor over new arrays of the inferred shapes."""
        from offboard.mxnet.executor import simple_bind

        return simple_bind(self, Context(ctx), grad_req, type_dict or {}, kwargs)

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """The outputs for the arrays given."""
        from offboard.mxnet.context import current_context

        return self.bind(ctx or current_context(), kwargs).forward()

    # Arithmetic

    def _combine(self, other: Any, elementwise: str, scalar: str) -> Symbol:
        if isinstance(other, Symbol):
            return compose(table.find(elementwise), [self, other], {}, {})
        if isinstance(other, (bool, int, float, np.number)):
            whole = isinstance(other, (bool, int, np.integer))
            return compose(table.find(scalar), [self], {}, {"scalar": other, "is_int": whole})
        raise TypeError(f"type {type(other)} not supported")

    def __add__(self, other: Any) -> Symbol:
        return self._combine(other, "elemwise_add", "_plus_scalar")

    __radd__ = __add__

    def __sub__(self, other: Any) -> Symbol:
        return self._combine(other, "elemwise_sub", "_minus_scalar")

    def __rsub__(self, other: Any) -> Symbol:
        return self._combine(other, "elemwise_sub", "_rminus_scalar")

    def __mul__(self, other: Any) -> Symbol:
        return self._combine(other, "elemwise_mul", "_mul_scalar")

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Symbol:
        return self._combine(other, "elemwise_div", "_div_scalar")

    def __rtruediv__(self, other: Any) -> Symbol:
        return self._combine(other, "elemwise_div", "_rdiv_scalar")

    def __mod__(self, other: Any) -> Symbol:
        return self._combine(other, "_mod", "_mod_scalar")

    def __rmod__(self, other: Any) -> Symbol:
        return self._combine(other, "_mod", "_rmod_scalar")

    def __pow__(self, other: Any) -> Symbol:
        return self._combine(other, "_power", "_power_scalar")

    def __rpow__(self, other: Any) -> Symbol:
        return self._combine(other, "_power", "_rpower_scalar")

    def __neg__(self) -> Symbol:
        return self * -1.0

    def __eq__(self, other: object) -> Any:
        return self._combine(other, "_equal", "_equal_scalar")

    def __ne__(self, other: object) -> Any:
        return self._combine(other, "_not_equal", "_not_equal_scalar")

    def __lt__(self, other: Any) -> Symbol:
        return self._combine(other, "_lesser", "_lesser_scalar")

    def __le__(self, other: Any) -> Symbol:
        return self._combine(other, "_lesser_equal", "_lesser_equal_scalar")

    def __gt__(self, other: Any) -> Symbol:
        return self._combine(other, "_greater", "_greater_scalar")

    def __ge__(self, other: Any) -> Symbol:
        return self._combine(other, "_greater_equal", "_greater_equal_scalar")

    def reshape(self, *shape: Any, reverse: bool = False, **named: Any) -> Symbol:
        """Another shape, by MXNet's codes."""
        wanted = named.get("shape", shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape)
        return compose(table.find("Reshape"), [self], {}, {"shape": tuple(wanted), "reverse": reverse})

    def astype(self, dtype: Any, **kwargs: Any) -> Symbol:
        """Another dtype."""
        return compose(table.find("Cast"), [self], {}, {"dtype": resolve_dtype(dtype).name})

    def __getattr__(self, key: str) -> Any:
        """Every operator is a method: ``x.softmax(axis=1)``."""
        if key.startswith("_") or table.resolve(key) is None:
            raise AttributeError(f"'Symbol' object has no attribute '{key}'")
        function = getattr(sys.modules["offboard.mxnet.symbol"], key)
        return lambda *args, **kwargs: function(self, *args, **kwargs)


def _shown(node: Node) -> dict[str, str]:
    """Attributes as programs see them: hidden keys under both of their names."""
    shown = dict(node.attrs)
    for key in HIDDEN_KEYS:
        if f"__{key}__" in shown:
            shown[key] = shown[f"__{key}__"]
    return shown


def _copied(heads: Sequence[Entry]) -> list[Entry]:
    made: dict[int, Node] = {}
    for node in Graph(list(heads)).nodes():
        inputs = [Entry(made[id(entry.node)], entry.index) for entry in node.inputs]
        made[id(node)] = Node(node.op, node.name, dict(node.attrs), inputs, node.subgraphs)
    return [Entry(made[id(head.node)], head.index) for head in heads]


def _without_amp_cast(heads: Sequence[Entry]) -> list[Entry]:
    nodes = Graph(list(heads)).nodes()
    if not any(node.op in ("amp_cast", "amp_multicast") for node in nodes):
        return list(heads)

    def passed(entry: Entry) -> Entry:
        while entry.node.op in ("amp_cast", "amp_multicast"):
            entry = entry.node.inputs[entry.index]
        return entry

    copied = _copied(heads)
    for node in Graph(copied).nodes():
        node.inputs[:] = [passed(entry) for entry in node.inputs]
    return [passed(head) for head in copied]


def compose(
    facts: table.Facts, inputs: Sequence[Symbol], named: Mapping[str, Symbol], params: Mapping[str, Any]
) -> Symbol:
    """A new operator node over symbols; missing inputs become variables named after it."""
    values = dict(params)
    given_name = values.pop("name", None)
    extra = values.pop("attr", None)
    texts = {key: table.format_value(value) for key, value in values.items() if value is not None}
    hidden = attribute.current().get(extra)
    if facts.variadic and facts.variadic not in texts:
        texts[facts.variadic] = str(len(inputs))
    label = name.current().get(given_name, facts.name.lower())
    parsed = facts.parse(texts)
    for value in (*inputs, *named.values()):
        if not isinstance(value, Symbol):
            raise AssertionError(f"Argument data must be Symbol instances, but got {value}")
        if len(value) != 1 and not facts.variadic:
            raise MXNetError(f"operator {facts.name} needs inputs of one output; {value!r} has {len(value)}")
    entries = [head for value in inputs for head in value._graph.heads]
    slots = facts.input_names(parsed)
    node = Node(facts.name, label, {**texts, **{_hidden(k): v for k, v in hidden.items()}})
    if not facts.variadic or named:
        chosen = dict(zip(slots, entries, strict=False))
        unknown = named.keys() - set(slots)
        if unknown:
            raise TypeError(f"{facts.name} has no input {', '.join(sorted(unknown))}")
        chosen.update({key: value._graph.heads[0] for key, value in named.items()})
        if len(entries) > len(slots):
            raise TypeError(f"{facts.name} takes {len(slots)} inputs, {len(entries)} given")
        entries = [chosen.get(slot) or Entry(Node(None, f"{label}_{slot}", dict(node.attrs)), 0) for slot in slots]
    node.inputs = entries
    return Symbol([Entry(node, index) for index in range(facts.num_outputs(parsed))])


def _hidden(key: str) -> str:
    return f"__{key}__" if key in HIDDEN_KEYS else key


def var(
    name: str,
    attr: dict[str, str] | None = None,
    shape: Any = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: Any = None,
    **kwargs: str,
) -> Symbol:
    """A variable, with what is known of its array."""
    if not isinstance(name, str):
        raise TypeError("Expect a string for variable `name`")
    attrs = {_hidden(key): value for key, value in attribute.current().get(attr).items()}
    if shape is not None:
        attrs["__shape__"] = table.format_value(tuple(shape) if not isinstance(shape, int) else (shape,))
    if lr_mult is not None:
        attrs["__lr_mult__"] = str(lr_mult)
    if wd_mult is not None:
        attrs["__wd_mult__"] = str(wd_mult)
    if dtype is not None:
        attrs["__dtype__"] = str(_FLAGS[resolve_dtype(dtype)])
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ValueError(f"Attribute name={key} is not supported. Additional attributes must start and end with __")
        attrs[key] = str(value)
    return Symbol([Entry(Node(None, name, attrs), 0)])


Variable = var


def Group(symbols: Sequence[Symbol]) -> Symbol:
    """The outputs of several symbols as one."""
    if not symbols or any(not isinstance(each, Symbol) for each in symbols):
        raise TypeError("Expected a list of symbols as input")
    return Symbol([head for each in symbols for head in each._graph.heads])


def load_json(json_str: str) -> Symbol:
    """The symbol in a JSON document."""
    if not isinstance(json_str, str):
        raise TypeError("fname required to be string")
    return Symbol(symbol_json.loads(json_str).heads)


def load(fname: str | os.PathLike[str]) -> Symbol:
    """The symbol in a JSON file."""
    if not isinstance(fname, (str, os.PathLike)):
        raise TypeError("fname need to be string")
    try:
        with open(fname, encoding="utf-8") as file:
            return load_json(file.read())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise MXNetError(f'LocalFileSystem: Check failed: Open "{fname}": {reason}') from None
