"""Symbol: a graph composed in Python, inferred, saved, and bound."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from offboard import rules
from offboard.errors import MXNetError
from offboard.graph import lists, symbol_json
from offboard.graph.node import Entry, Graph, Node
from offboard.graph.upgrade import HIDDEN_KEYS
from offboard.mxnet import attribute
from offboard.mxnet.base import NotImplementedForSymbol
from offboard.mxnet.context import Context, current_context
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype
from offboard.mxnet.symbol import inference
from offboard.mxnet.symbol.arithmetic import Arithmetic
from offboard.mxnet.symbol.composition import attribute_texts, copied, replaced, without_amp_cast
from offboard.operators import table
from offboard.operators.infer import TYPE_FLAGS

if TYPE_CHECKING:
    from offboard.mxnet.executor import Executor

__all__ = ["Group", "Symbol", "Variable", "load", "load_json", "var"]

_FLAGS = {dtype: flag for flag, dtype in TYPE_FLAGS.items()}
_STORAGE = {"default": 0, "row_sparse": 1, "csr": 2}


class Symbol(Arithmetic):
    """One or more outputs of a graph."""

    __slots__ = ("__weakref__", "_graph")
    # NumPy's scalars leave arithmetic with symbols to the symbols.
    __array_priority__ = 1000.0
    __array_ufunc__ = None

    def __init__(self, heads: Sequence[Entry]) -> None:
        self._graph = Graph(list(heads))

    def _head(self, what: str) -> Entry:
        if len(self._graph.heads) != 1:
            raise MXNetError(f"{what} is a tuple, single value is required")
        return self._graph.heads[0]

    # What it is

    @property
    def name(self) -> str | None:
        """The node's name; None for a group."""
        first = self._graph.heads[0].node
        return first.name if all(head.node is first for head in self._graph.heads) else None

    def __repr__(self) -> str:
        if self.name is None:
            return f"<Symbol group [{', '.join(str(each.name) for each in self)}]>"
        return f"<Symbol {self.name}>"

    def __iter__(self) -> Iterator[Symbol]:
        return (Symbol([head]) for head in self._graph.heads)

    def __len__(self) -> int:
        return len(self._graph.heads)

    def __getitem__(self, index: int | str | slice) -> Symbol:
        if isinstance(index, slice):
            return self._sliced(index)
        if isinstance(index, str):
            matches = [number for number, output in enumerate(self.list_outputs()) if output == index]
            if not matches:
                raise ValueError(f'Cannot find output that matches name "{index}"')
            if len(matches) > 1:
                raise ValueError(f'There are multiple outputs with name "{index}"')
            index = matches[0]
        if not isinstance(index, (int, np.integer)):
            raise TypeError("Symbol only support integer index to fetch i-th output")
        if index >= len(self):
            raise IndexError
        if index < 0:
            raise MXNetError("Symbol only accept nonnegative index")
        return Symbol([self._graph.heads[int(index)]])

    def _sliced(self, key: slice) -> Symbol:
        # Unlike a list's, a slice past the end is refused.
        step = 1 if key.step is None else key.step
        stop = len(self) if key.stop is None else key.stop
        return Group([self[number] for number in range(key.start or 0, stop, step)])

    def __copy__(self) -> Symbol:
        return Symbol(copied(self._graph.heads))

    def __deepcopy__(self, memo: Any) -> Symbol:
        return self.__copy__()

    def __reduce__(self) -> tuple[Callable[[str], Symbol], tuple[str]]:
        return load_json, (self.tojson(remove_amp_cast=False),)

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

    def get_internals(self) -> Symbol:
        """Every output of every node."""
        heads = []
        for node in self._graph.nodes():
            facts = None if node.op is None else table.find(node.op)
            count = 1 if facts is None else facts.num_outputs(facts.parse(node.attrs))
            heads += [Entry(node, index) for index in range(count)]
        return Symbol(heads)

    def get_children(self) -> Symbol | None:
        """The inputs of the heads' nodes; None for variables."""
        nodes = {id(head.node): head.node for head in self._graph.heads}
        children = [entry for node in nodes.values() for entry in node.inputs]
        return Symbol(children) if children else None

    def attr(self, key: str) -> str | None:
        """One attribute of the node; None for a group."""
        return None if self.name is None else _shown(self._graph.heads[0].node).get(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """The node's attributes."""
        if recursive:
            raise DeprecationWarning(
                "Symbol.list_attr with recursive=True has been deprecated. Please use attr_dict instead."
            )
        return _shown(self._graph.heads[0].node)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Attributes of all nodes that have any."""
        return {node.name: _shown(node) for node in self._graph.nodes() if node.attrs}

    def _set_attr(self, **kwargs: str) -> None:
        for value in kwargs.values():
            if not isinstance(value, str):
                raise ValueError("Set Attr only accepts string values")
        self._graph.heads[0].node.attrs.update(attribute_texts(kwargs))

    def debug_str(self) -> str:
        """The graph as text, node by node."""
        heads = [f"\toutput[{number}]={head.node.name}({head.index})" for number, head in enumerate(self._graph.heads)]
        rows = ["Symbol Outputs:", *heads]
        for node in self._graph.nodes():
            if node.op is None:
                rows.append(f"Variable:{node.name}")
                continue
            rows += ["-" * 20, f"Op:{node.op}, Name={node.name}", "Inputs:"]
            for number, (source, index) in enumerate(node.inputs):
                version = " version=0" if source.is_variable else ""
                rows.append(f"\targ[{number}]={source.name}({index}){version}")
            if node.attrs:
                rows += ["Attrs:", *(f"\t{key}={value}" for key, value in sorted(node.attrs.items()))]
        return "\n".join(rows) + "\n"

    # Composition

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """A copy with variables replaced by what is given under their names, and perhaps another ``name``."""
        new_name = kwargs.pop("name", None)
        if args and kwargs:
            raise TypeError("compose only accept input Symbols either as positional or keyword arguments, not both")
        for value in (*args, *kwargs.values()):
            if not isinstance(value, Symbol):
                raise TypeError("Compose expect `Symbol` as arguments")
        if args:
            raise MXNetError("General composition only support kwargs for now")
        heads = replaced(self._graph.heads, {k: v._head(f"Keyword Argument {k}") for k, v in kwargs.items()})
        if new_name:
            heads[0].node.name = new_name
        return Symbol(heads)

    # Inference

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) shapes; three None and a warning when they cannot all be known."""
        return inference.shapes_of(self._graph, args, kwargs, partial=False)

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) shapes as far as they are known: () or 0 where not."""
        return inference.shapes_of(self._graph, args, kwargs, partial=True)

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) types; three None and a warning when they cannot all be known."""
        return inference.types_of(self._graph, args, kwargs, partial=False)

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """(argument, output, auxiliary) types, None where unknown."""
        return inference.types_of(self._graph, args, kwargs, partial=True)

    # Files

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """The symbol JSON."""
        return symbol_json.dumps(Graph(without_amp_cast(self._graph.heads)) if remove_amp_cast else self._graph)

    def save(self, fname: str | os.PathLike[str], remove_amp_cast: bool = True) -> None:
        """Writes the symbol JSON."""
        if not isinstance(fname, (str, os.PathLike)):
            raise TypeError("fname need to be string")
        try:
            with open(fname, "w", encoding="utf-8") as file:
                file.write(self.tojson(remove_amp_cast))
        except OSError as error:
            raise MXNetError(f'LocalFileSystem: Check failed: Open "{fname}": {error.strerror}') from None

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
        """An executor over the program's own arrays, which it may go on writing to.

        ``grad_req`` is ``write`` on a CPU unless given, and ``null`` on an accelerator.
        """
        from offboard.mxnet.binding import bind

        return bind(self, ctx, args, args_grad, grad_req, aux_states)

    def simple_bind(
        self,
        ctx: Context,
        grad_req: Any = None,
        type_dict: Mapping[str, Any] | None = None,
        stype_dict: Any = None,
        group2ctx: Any = None,
        shared_arg_names: Sequence[str] | None = None,
        shared_exec: Executor | None = None,
        shared_buffer: dict[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> Executor:
        """An executor over new arrays of the inferred shapes, of which ``kwargs`` gives some."""
        from offboard.mxnet.binding import simple_bind

        return simple_bind(
            self, ctx, grad_req, type_dict or {}, kwargs, shared_arg_names or (), shared_exec, shared_buffer
        )

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """The outputs for the arrays given."""
        return self.bind(current_context() if ctx is None else ctx, kwargs).forward()

    # What only arrays can do

    def gradient(self, wrt: Any) -> NoReturn:
        """Not implemented, as in MXNet."""
        raise MXNetError("not implemented")

    def asnumpy(self) -> NoReturn:
        """Only arrays have contents."""
        raise NotImplementedForSymbol(self.asnumpy, None)

    def asscalar(self) -> NoReturn:
        """Only arrays have contents."""
        raise NotImplementedForSymbol(self.asscalar, None)

    def wait_to_read(self) -> NoReturn:
        """Only arrays have contents."""
        raise NotImplementedForSymbol(self.wait_to_read, None)

    def copy(self) -> NoReturn:
        """Only arrays have contents."""
        raise NotImplementedForSymbol(self.copy, None)

    def as_in_context(self, context: Context | None = None) -> NoReturn:
        """Only arrays are on a context."""
        raise NotImplementedForSymbol(self.as_in_context, None)

    def as_nd_ndarray(self) -> NoReturn:
        """Only arrays are of a kind of array."""
        raise NotImplementedForSymbol(self.as_nd_ndarray, None)

    def as_np_ndarray(self) -> NoReturn:
        """Refused: ``mx.np`` symbols are not there."""
        raise MXNetError(rules.text("numpy_semantics"))

    def get_backend_symbol(self, backend: str) -> Symbol:
        """Itself: no backend rewrites a graph here, which is lowered as a whole where it runs."""
        return self

    def optimize_for(self, backend: str, args: Any = None, aux: Any = None, ctx: Any = None, **kwargs: Any) -> Symbol:
        """Itself: no backend rewrites a graph here, which is lowered as a whole where it runs."""
        return self

    def detach(self) -> NoReturn:
        """Only arrays have gradients."""
        raise NotImplementedForSymbol(self.detach, None)

    def backward(self) -> NoReturn:
        """Only arrays have gradients."""
        raise NotImplementedForSymbol(self.backward, None)


def _shown(node: Node) -> dict[str, str]:
    """Attributes as programs see them: hidden keys under both of their names."""
    shown = dict(node.attrs)
    for key in HIDDEN_KEYS:
        if f"__{key}__" in shown:
            shown[key] = shown[f"__{key}__"]
    return shown


def var(
    name: str,
    attr: Mapping[str, str] | None = None,
    shape: Any = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """A variable, with what is known of its array."""
    if not isinstance(name, str):
        raise TypeError("Expect a string for variable `name`")
    attrs = attribute.current().get(attr)
    if not all(isinstance(value, str) for value in attrs.values()):
        raise ValueError("Set Attr only accepts string values")
    attrs = attribute_texts(attrs)
    if shape is not None:
        attrs["__shape__"] = table.format_value(shape)
    if lr_mult is not None:
        attrs["__lr_mult__"] = str(lr_mult)
    if wd_mult is not None:
        attrs["__wd_mult__"] = str(wd_mult)
    if dtype is not None:
        attrs["__dtype__"] = str(_FLAGS[resolve_dtype(dtype)])
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    if stype is not None:
        attrs["__storage_type__"] = str(_STORAGE[stype])
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ValueError(
                f"Attribute name={key} is not supported. Additional attributes must start and end with double "
                "underscores, e.g, __yourattr__"
            )
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
