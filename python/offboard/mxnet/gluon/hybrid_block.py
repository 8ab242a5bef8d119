"""HybridBlock: a block whose computation is written once, for arrays and for symbols, and runs as a graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from offboard.errors import MXNetError
from offboard.mxnet import autograd
from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.context import Context, cpu
from offboard.mxnet.gluon.basic_block import Block
from offboard.mxnet.gluon.basic_parameter import DeferredInitializationError
from offboard.mxnet.gluon.cached_graph import CachedGraph
from offboard.mxnet.gluon.nesting import Form, flatten, regroup, same_form
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.ndarray.ndarray import NDArray, computed
from offboard.mxnet.symbol.symbol import Symbol
from offboard.runtime.backend import Report

__all__ = ["HybridBlock"]

_MIXED = (
    "In HybridBlock, we do not support mixed NDArrays and Symbols types for the input. Please check the type of the "
    "args.\n"
)
_NEITHER = "In HybridBlock, there must be one NDArray or one Symbol in the input. Please check the type of the args.\n"


class HybridBlock(Block):
    """A block that defines ``hybrid_forward(F, x, ..., **parameters)``, where F is ``mx.nd`` or ``mx.sym``.

    Hybridized, or with parameters on ``mx.eia()``, it runs as one graph; inputs and outputs are the CPU's arrays.
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        self._graph: tuple[list[Symbol], Symbol] | None = None
        self._cached: CachedGraph | None = None
        super().__init__(prefix=prefix, params=params)
        self._in_form: Form = 0
        self._out_form: Form = 0
        self._active = False
        self._home: Context | None = None
        self._monitor: tuple[Callable[..., Any], bool] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if isinstance(value, HybridBlock):
            self._clear_cached_op()

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Adds a child, which must be a HybridBlock too."""
        if not isinstance(block, HybridBlock):
            raise ValueError(
                f"Children of HybridBlock must also be HybridBlock, but {block} has type {type(block)}. If you are "
                "using Sequential, please try HybridSequential instead."
            )
        super().register_child(block, name)
        self._clear_cached_op()

    def _clear_cached_op(self) -> None:
        if self._cached is not None:
            self._cached.close()
        self._graph = self._cached = None

    # Where it runs

    def initialize(self, init: Any = None, ctx: Any = None, verbose: bool = False, force_reinit: bool = False) -> None:
        """Gives values to all parameters; on ``ctx=mx.eia()`` the block runs on the accelerator."""
        self._home = ctx if isinstance(ctx, Context) else None
        given = {} if init is None else {"init": init}
        super().initialize(ctx=ctx, verbose=verbose, force_reinit=force_reinit, **given)

    def reset_ctx(self, ctx: Any) -> None:
        """Another context: on ``mx.eia()`` the parameters stay on the CPU, and calls run on the accelerator."""
        self._home = ctx if isinstance(ctx, Context) else None
        self.collect_params().reset_ctx(ctx)

    def _accelerator(self) -> Context | None:
        """The accelerator's context if its parameters are there (or itself, when it has none)."""
        own = [parameter.list_ctx()[0] for parameter in self._params.values() if parameter.on_accelerator]
        if own:
            return own[0]
        for child in self._children.values():
            found = child._accelerator() if isinstance(child, HybridBlock) else None
            if found is not None:
                return found
        home = self._home
        return home if home is not None and home.device_type == "eia" and not self._params else None

    def report(self) -> Report:
        """Where the graph's nodes ran and what the forwards cost."""
        if self._cached is None:
            raise MXNetError("This block has not run as a graph yet: hybridize it and call it once with an input")
        return self._cached.report()

    # As a graph

    def hybridize(
        self,
        active: bool = True,
        backend: str | None = None,
        clear: bool = True,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Lets it run as a graph, or not any more. The engine's options of MXNet have no meaning here."""
        self._active = active
        if clear:
            self._clear_cached_op()
        if active and (self._forward_hooks or self._forward_pre_hooks):
            warnings.warn(
                f'"{self}" is being hybridized while still having forward hook/pre-hook. If "{self}" is a child of '
                "HybridBlock, the hooks will not take effect.",
                stacklevel=2,
            )
        super().hybridize(active, static_alloc=static_alloc, static_shape=static_shape, inline_limit=inline_limit)

    def optimize_for(self, x: Any, *args: Any, backend: str | None = None, clear: bool = False, **kwargs: Any) -> None:
        """Hybridizes and runs once. Backends of MXNet are not there: its graph runs as it is."""
        if not backend:
            raise ValueError('Must specify "backend" to optimize_for')
        self.hybridize(True, backend, clear)
        self(x, *args)

    def cast(self, dtype: Any) -> None:
        """Another type for the values of all parameters."""
        self._clear_cached_op()
        super().cast(dtype)

    def _get_graph(self, *args: Any) -> tuple[list[Symbol], Symbol]:
        """The variables of the inputs, and the outputs."""
        if self._graph is None:
            flat, self._in_form = flatten(args, "input")
            count = sum(each is not None for each in flat)
            if count == 0:
                raise ValueError(f"All args are None and we do not support such a case. Received args={args}")
            names = iter(["data"] if count == 1 else [f"data{number}" for number in range(count)])
            inputs = [None if each is None else sym.var(next(names)) for each in flat]
            parameters = {name: parameter.var() for name, parameter in self._reg_params.items()}
            with self.name_scope():
                made = self.hybrid_forward(sym, *regroup(inputs, self._in_form), **parameters)
            outputs, self._out_form = flatten(made, "output")
            self._graph = [each for each in inputs if each is not None], sym.Group(outputs)
        return self._graph

    def _build_cache(self, *args: Any) -> CachedGraph:
        data, out = self._get_graph(*args)
        data_names = [each.name for each in data]
        inputs = out.list_inputs()
        parameters = self.collect_params()
        for name in inputs:
            assert name in parameters or name in data_names, f"Unknown input to HybridBlock: {name}"
        unused = ", ".join(f"{number}-th" for number, name in enumerate(data_names) if name not in inputs)
        if unused:
            warnings.warn(
                f"The {unused} input to HybridBlock is not used by any computation. Is this intended?", stacklevel=5
            )
        unused = ", ".join(name for name in parameters if name not in inputs)
        if unused:
            warnings.warn(f"Parameter {unused} is not used by any computation. Is this intended?", stacklevel=5)
        used = [parameters[name] for name in inputs if name in parameters]
        try:
            for parameter in used:
                parameter.list_data()
        except DeferredInitializationError:
            self._deferred_infer_shape(*args)
            for parameter in used:
                parameter._finish_deferred_init()
        return CachedGraph(out, [str(name) for name in data_names], dict(parameters.items()))

    def _call_cached_op(self, *args: Any) -> Any:
        if self._cached is None:
            self._cached = self._build_cache(*args)
        flat, form = flatten(args, "input")
        if not same_form(self._in_form, form):
            raise ValueError(
                "The argument structure of HybridBlock does not match the cached version. Stored format = "
                f"{self._in_form}, input format = {form}"
            )
        arrays = [each for each in flat if each is not None]
        context = self._accelerator() or cpu()
        made = self._cached(arrays, context, is_train=autograd.is_training())
        for array in made if arrays else ():
            array._home = computed(arrays[0])
        if self._monitor is not None:
            self._show(self._cached, arrays, context)
        return regroup(made, self._out_form)

    def _deferred_infer_shape(self, *args: Any) -> None:
        try:
            self.infer_shape(*args)
        except Exception as error:
            raise ValueError(f"Deferred initialization failed because shape cannot be inferred. {error}") from error

    def infer_shape(self, *args: Any) -> None:
        """Tells the parameters the shapes that follow from the inputs'."""
        self._infer("infer_shape", "shape", args)

    def infer_type(self, *args: Any) -> None:
        """Tells the parameters the types that follow from the inputs'."""
        self._infer("infer_type", "dtype", args)

    def _infer(self, how: str, attribute: str, args: tuple[Any, ...]) -> None:
        inputs, out = self._get_graph(*args)
        arrays = [each for each in flatten(args, "input")[0] if each is not None]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            known = {str(each.name): getattr(array, attribute) for each, array in zip(inputs, arrays, strict=True)}
            arguments, _, auxiliary = getattr(out, how)(**known)
        if arguments is None:
            raise ValueError(said[0].message)
        found = dict(zip(out.list_arguments(), arguments, strict=True))
        found.update(zip(out.list_auxiliary_states(), auxiliary, strict=True))
        for parameter in self.collect_params().values():
            setattr(parameter, attribute, found[parameter.name])

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Writes ``path-symbol.json`` and ``path-0000.params``; the inputs are ``data``, or ``data0``, ``data1``...

        Raises:
            RuntimeError: it has not run as a graph yet.
        """
        if self._graph is None:
            raise RuntimeError(
                "Please first call block.hybridize() and then run forward with this block at least once before "
                "calling export."
            )
        symbol = self._graph[1]
        symbol.save(f"{path}-symbol.json", remove_amp_cast=remove_amp_cast)
        auxiliary = set(symbol.list_auxiliary_states())
        parameters = self.collect_params()
        named = {
            f"{'aux' if name in auxiliary else 'arg'}:{name}": parameters[name]._reduce()
            for name in symbol.list_inputs()
            if name in parameters
        }
        nd.save(f"{path}-{epoch:04d}.params", named)

    # Running

    def forward(self, x: Any, *args: Any) -> Any:
        """Runs on arrays, or composes symbols."""
        tensors = list(_tensors((x, *args)))
        symbols = [isinstance(each, Symbol) for each in tensors]
        if not tensors:
            raise ValueError(_NEITHER)
        if all(symbols):
            parameters: dict[str, Any] = {name: each.var() for name, each in self._reg_params.items()}
            with self.name_scope():
                return self.hybrid_forward(sym, x, *args, **parameters)
        if any(symbols):
            raise ValueError(_MIXED)
        context = tensors[0].context
        with context:
            if self._active or self._accelerator() is not None:
                return self._call_cached_op(x, *args)
            try:
                parameters = {name: each.data(context) for name, each in self._reg_params.items()}
            except DeferredInitializationError:
                self._deferred_infer_shape(x, *args)
                for parameter in self.params.values():
                    parameter._finish_deferred_init()
                parameters = {name: each.data(context) for name, each in self._reg_params.items()}
            return self.hybrid_forward(nd, x, *args, **parameters)

    def hybrid_forward(self, *args: Any, **kwargs: Any) -> Any:
        """``hybrid_forward(F, x, ..., **parameters)`` of a subclass; parameters come by their attributes' names."""
        raise NotImplementedError

    # Looking inside

    def register_op_hook(self, callback: Callable[..., Any], monitor_all: bool = False) -> None:
        """Lets ``callback(node, operator, array)`` see every operator's outputs after each call as a graph.

        They are computed again, by a graph whose outputs they are.
        """
        self._monitor = callback, monitor_all
        super().register_op_hook(callback, monitor_all)

    def _show(self, cached: CachedGraph, arrays: list[NDArray], context: Context) -> None:
        assert self._monitor is not None
        callback, everything = self._monitor
        internals = cached.symbol.get_internals()
        heads = [head for head in internals._graph.heads if everything or not head.node.is_variable]
        inside = Symbol(heads)
        graph = CachedGraph(inside, cached.inputs, cached.parameters)
        for name, head, made in zip(
            inside.list_outputs(), heads, graph(arrays, context, is_train=autograd.is_training()), strict=True
        ):
            callback(name.encode(), head.node.op or "", made)
        graph.close()


def _tensors(items: Any) -> Any:
    """The arrays and symbols in nested lists."""
    if isinstance(items, (NDArray, Symbol)):
        yield items
    elif isinstance(items, (list, tuple)):
        for item in items:
            yield from _tensors(item)
