"""SymbolBlock: a block made of a symbol, such as an exported model."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.errors import MXNetError
from offboard.mxnet import symbol as sym
from offboard.mxnet.base import mx_real_t
from offboard.mxnet.context import Context
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.nesting import flatten, regroup
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["SymbolBlock"]

_ROW_SPARSE = "1"


class SymbolBlock(HybridBlock):
    """Outputs as a function of input variables; every other variable becomes a parameter."""

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None) -> None:
        super().__init__()
        self._prefix = ""
        self._params = ParameterDict("", params)
        if isinstance(inputs, Symbol) and len(inputs) == 1:
            inputs = [inputs]
        if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
            outputs = outputs[0]
        variables, self._in_form = flatten(inputs, "input")
        heads, self._out_form = flatten(outputs, "output")
        for each in variables:
            assert len(each.get_internals()) == 1, (
                f"Input symbols must be variable, but {each} is an output of operators"
            )
        out = heads[0] if len(heads) == 1 else sym.Group(heads)
        for node in out._graph.variables():
            assert node.attrs.get("__storage_type__") != _ROW_SPARSE, (
                f"SymbolBlock doesn't support Parameter '{node.name}' because its storage type is 'row_sparse'."
            )
        self._add_parameters(variables, out)
        self._graph = variables, out
        shared = _shared_prefix(list(self._params.keys()))
        self._reg_params = {name[shared:]: parameter for name, parameter in self._params.items()}

    def _add_parameters(self, inputs: Sequence[Symbol], out: Symbol) -> None:
        fed = {each.name for each in inputs}
        arguments, auxiliary = out.list_arguments(), out.list_auxiliary_states()
        argument_types, auxiliary_types = _types(inputs, out)
        for name, dtype in zip(arguments, argument_types, strict=True):
            if name not in fed:
                self.params.get(name, allow_deferred_init=True, dtype=dtype)
        for name, dtype in zip(auxiliary, auxiliary_types, strict=True):
            if name not in fed:
                self.params.get(name, grad_req="null", allow_deferred_init=True, dtype=dtype)

    @staticmethod
    def imports(
        symbol_file: str,
        input_names: str | Sequence[str],
        param_file: str | None = None,
        ctx: Any = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> SymbolBlock:
        """The model in ``symbol_file`` with the parameters in ``param_file``; on ``ctx=mx.eia()`` it runs there."""
        symbol = sym.load(symbol_file)
        names = [input_names] if isinstance(input_names, str) else input_names
        # With a file the types are the file's.
        made = SymbolBlock(symbol, [sym.var(name, dtype=None if param_file else mx_real_t) for name in names])
        made._home = ctx if isinstance(ctx, Context) else None
        if param_file is not None:
            made.collect_params().load(
                param_file, ctx, allow_missing, ignore_extra, cast_dtype=True, dtype_source="saved"
            )
        return made

    def __repr__(self) -> str:
        inputs, out = self._bound()
        return f"{type(self).__name__}(\n{out!r} : {len(inputs)} -> {len(out)}\n)"

    def _bound(self) -> tuple[list[Symbol], Symbol]:
        assert self._graph is not None
        return self._graph

    def _clear_cached_op(self) -> None:
        graph = self._graph
        super()._clear_cached_op()
        self._graph = graph

    def forward(self, x: Any, *args: Any) -> Any:
        """Runs on arrays, or composes symbols."""
        if isinstance(x, NDArray):
            with x.context:
                return self._call_cached_op(x, *args)
        assert isinstance(x, Symbol), (
            f"HybridBlock requires the first argument to forward be either Symbol or NDArray, but got {type(x)}"
        )
        given, form = flatten([x, *args], "input")
        assert form == self._in_form, "Invalid input format"
        inputs, out = self._bound()
        composed = copy.copy(out)(**{str(each.name): value for each, value in zip(inputs, given, strict=True)})
        return regroup(list(composed), self._out_form)

    def cast(self, dtype: Any) -> None:
        """Another type for all parameters; in float16, those of batch normalisation stay float32."""
        super().cast(dtype)
        if resolve_dtype(dtype) != np.float16:
            return
        names = set(self._bound()[1].list_inputs())
        for name in names:
            for kind in ("running", "moving"):
                stem = name.removesuffix(f"{kind}_var")
                siblings = {f"{stem}{part}" for part in (f"{kind}_mean", "gamma", "beta")}
                if stem != name and siblings <= names:
                    for each in (name, *siblings):
                        self.params.get(each).cast("float32")

    def hybrid_forward(self, *args: Any, **kwargs: Any) -> Any:
        """There is none: the symbol is what it computes."""
        raise NotImplementedError


def _shared_prefix(names: Sequence[str]) -> int:
    """How many characters all names begin with."""
    shortest = min(names, key=len, default="")
    return next((i for i in range(len(shortest)) if len({name[i] for name in names}) > 1), len(shortest))


def _types(inputs: Sequence[Symbol], out: Symbol) -> tuple[list[Any], list[Any]]:
    """Types of the arguments and auxiliary states as far as the graph tells them, else float32."""
    unknown = [mx_real_t] * len(out.list_arguments()), [mx_real_t] * len(out.list_auxiliary_states())
    known = {}
    for each in inputs:
        found = each.infer_type_partial()[0]
        if found[0] is None:
            return unknown
        known[str(each.name)] = found[0]
    try:
        arguments, _, auxiliary = out.infer_type_partial(**known)
    except MXNetError:
        return unknown
    return unknown if None in (*arguments, *auxiliary) else (arguments, auxiliary)
