"""Executor: a symbol bound to arrays on a context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from offboard import rules
from offboard.errors import InferenceOnlyError, MXNetError
from offboard.graph.node import Graph
from offboard.mxnet.context import Context, require_single
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype
from offboard.mxnet.symbol.symbol import Symbol
from offboard.operators.infer import infer_shapes, infer_types
from offboard.runtime.backend import Backend, Report
from offboard.runtime.local import LocalBackend

__all__ = ["Executor", "bind", "simple_bind"]


def _refuse(operation: str, context: Context) -> InferenceOnlyError:
    rule = "inference_only" if context.device_type == "eia" else "inference_only_cpu"
    return InferenceOnlyError(rules.text(rule, operation=operation))


def _backend(symbol: Symbol, context: Context, arrays: Mapping[str, NDArray], inputs: set[str]) -> Backend:
    contents = {name: array._data for name, array in arrays.items()}
    if context.device_type == "eia":
        from offboard.client.remote import RemoteBackend

        versions = {name: array.version_token() for name, array in arrays.items()}
        return RemoteBackend(symbol._graph, contents, versions, inputs)
    return LocalBackend(symbol._graph, contents, inputs)


class Executor:
    """Runs a bound symbol. All its arrays are on the CPU, wherever it runs."""

    def __init__(
        self,
        symbol: Symbol,
        context: Context,
        arguments: dict[str, NDArray],
        auxiliary: dict[str, NDArray],
        inputs: set[str],
        backend: Backend | None = None,
    ) -> None:
        self._symbol = symbol
        self._ctx = context
        self.arg_dict = arguments
        self.aux_dict = auxiliary
        self.grad_dict: dict[str, None] = dict.fromkeys(arguments)
        self._inputs = inputs
        self._output_names = symbol.list_outputs()
        shapes = infer_shapes(
            symbol._graph,
            {name: array.shape for name, array in {**arguments, **auxiliary}.items()},
            {name: array._data.dtype for name, array in {**arguments, **auxiliary}.items()},
        )
        self.output_shapes = [tuple(shape or ()) for shape in shapes.outputs]
        self._backend = backend or _backend(symbol, context, {**arguments, **auxiliary}, inputs)
        self._outputs: list[NDArray] | None = None

    @property
    def arg_arrays(self) -> list[NDArray]:
        """Arguments in order."""
        return [self.arg_dict[name] for name in self._symbol.list_arguments()]

    @property
    def aux_arrays(self) -> list[NDArray]:
        """Auxiliary states in order."""
        return [self.aux_dict[name] for name in self._symbol.list_auxiliary_states()]

    @property
    def grad_arrays(self) -> list[None]:
        """No gradients are kept."""
        return [None] * len(self.arg_dict)

    @property
    def outputs(self) -> list[NDArray]:
        """Outputs of the last forward; zeros before the first."""
        if self._outputs is None:
            self._outputs = [NDArray(np.zeros(shape, np.float32)) for shape in self.output_shapes]
        return self._outputs

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """Outputs by name."""
        return dict(zip(self._output_names, self.outputs, strict=True))

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Copies the arrays given into the arguments and runs the graph."""
        if is_train and self._ctx.device_type == "eia":
            raise _refuse("forward(is_train=True)", self._ctx)
        for name, value in kwargs.items():
            target = self.arg_dict.get(name)
            if target is None:
                raise TypeError(f"Unknown argument {name}")
            if not isinstance(value, (NDArray, np.ndarray)):
                raise ValueError("only accept keyword argument of NDArrays and numpy.ndarray")
            if value.shape != target.shape:
                raise ValueError(f"Shape not match! Argument {name}, need: {target.shape}, received: {value.shape}")
            if value is not target:
                target[:] = value
        arrays = {**self.arg_dict, **self.aux_dict}
        made = self._backend.forward(
            {name: array._data for name, array in arrays.items()},
            {name: array.version_token() for name, array in arrays.items()},
            is_train=is_train,
        )
        self._outputs = [NDArray(array) for array in made]
        return self._outputs

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Refused on an accelerator; without gradient arrays MXNet does nothing on the CPU."""
        if self._ctx.device_type == "eia":
            raise _refuse("backward", self._ctx)

    def publish(self, name: str) -> None:
        """Lets any Open Inference Protocol client infer on this executor as model ``name``; for accelerators only."""
        if self._ctx.device_type != "eia":
            raise MXNetError(f"Only an executor on mx.eia() can be published, this one is on {self._ctx}")
        arrays = {**self.arg_dict, **self.aux_dict}
        self._backend.publish(
            name,
            {each: array._data for each, array in arrays.items()},
            {each: array.version_token() for each, array in arrays.items()},
        )

    def report(self) -> Report:
        """Where the nodes ran and what the forwards cost."""
        return self._backend.report()

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copies parameters into the bound arrays."""
        for source, target, what in (
            (arg_params, self.arg_dict, "arguments"),
            (aux_params or {}, self.aux_dict, "auxiliary states"),
        ):
            for name, array in source.items():
                if name in target:
                    if array.shape != target[name].shape:
                        raise MXNetError(
                            f"Incompatible attr in node {name}: expected {list(target[name].shape)}, "
                            f"got {list(array.shape)}"
                        )
                    target[name][:] = array
                elif not allow_extra_params:
                    raise ValueError(f'Find name "{name}" that is not in the {what}')

    def reshape(self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any) -> Executor:
        """An executor for other input shapes that shares the parameters."""
        shapes = infer_shapes(self._symbol._graph, {k: tuple(v) for k, v in kwargs.items()})
        made: list[dict[str, NDArray]] = []
        for old, new in ((self.arg_dict, shapes.arguments), (self.aux_dict, shapes.auxiliary)):
            arrays = {}
            for name, array in old.items():
                shape = tuple(new[name] or array.shape)
                if shape == array.shape:
                    arrays[name] = array
                    continue
                if name not in kwargs and not partial_shaping:
                    raise MXNetError(
                        f"Shape of unspecifie arg: {name} changed. This can cause the new executor to not share "
                        "parameters with the old one. Please check for error in network. If this is intended, set "
                        "partial_shaping=True to suppress this warning."
                    )
                if np.prod(shape) > array.size and not allow_up_sizing:
                    raise MXNetError(
                        f"New shape of arg: {name} larger than original. First making a big executor and then down "
                        "sizing it is more efficient than the reverse. If you really want to up size, set "
                        "allow_up_sizing=True to enable allocation of new arrays."
                    )
                arrays[name] = NDArray(np.zeros(shape, array._data.dtype))
            made.append(arrays)
        return Executor(self._symbol, self._ctx, made[0], made[1], self._inputs | set(kwargs), self._backend)


def _check_context(context: Context, args_grad: Any, grad_req: Any) -> None:
    if context.device_type == "gpu":
        raise MXNetError(rules.text("gpu_disabled"))
    require_single(context)
    if context.device_type != "eia":
        return
    if args_grad:
        raise _refuse("args_grad", context)
    asked = grad_req.values() if isinstance(grad_req, Mapping) else grad_req
    for each in [asked] if isinstance(asked, str) else (asked or ()):
        if each != "null":
            raise _refuse(f"grad_req='{each}'", context)


def bind(symbol: Symbol, context: Context, args: Any, args_grad: Any, grad_req: Any, aux_states: Any) -> Executor:
    """Binds to the program's own arrays, which it may go on writing to."""
    _check_context(context, args_grad, grad_req)
    names, auxiliary = symbol.list_arguments(), symbol.list_auxiliary_states()
    arguments = _named(args, names, "args", "arguments")
    states = _named(aux_states or ({} if not auxiliary else []), auxiliary, "aux_states", "auxiliary_states")
    shapes = infer_shapes(
        symbol._graph,
        {name: array.shape for name, array in {**arguments, **states}.items()},
        {name: array._data.dtype for name, array in {**arguments, **states}.items()},
    )
    if not shapes.complete:
        raise MXNetError("The shapes of the arguments do not determine those of the outputs")
    return Executor(symbol, context, arguments, states, set())


def _named(given: Any, names: list[str], what: str, kind: str) -> dict[str, NDArray]:
    if isinstance(given, Mapping):
        for name in names:
            if name not in given:
                raise ValueError(f"key `{name}` is missing in `{what}`")
        made = {name: given[name] for name in names}
    elif isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(f"Length of {what} does not match the number of {kind}")
        made = dict(zip(names, given, strict=True))
    else:
        raise TypeError("Only accept list of NDArrays or dict of str to NDArray")
    for array in made.values():
        if not isinstance(array, NDArray):
            raise TypeError("Only accept list of NDArrays or dict of str to NDArray")
    return made


def simple_bind(
    symbol: Symbol, context: Context, grad_req: Any, type_dict: Mapping[str, Any], shapes: Mapping[str, Any]
) -> Executor:
    """Binds to new arrays; raises RuntimeError with the shapes given, as MXNet does, when they do not suffice."""
    _check_context(context, None, grad_req)
    try:
        known = {name: tuple(shape) for name, shape in shapes.items()}
        types = infer_types(symbol._graph, {name: resolve_dtype(dtype) for name, dtype in type_dict.items()})
        inferred = infer_shapes(symbol._graph, known)
        if not inferred.complete:
            missing = ", ".join(f"{n}: {s}" for n, s in {**inferred.arguments, **inferred.auxiliary}.items())
            raise MXNetError(f"Cannot decide shapes: {missing}")
        arguments = {
            name: NDArray(np.zeros(shape or (), types.arguments[name] or np.float32))
            for name, shape in inferred.arguments.items()
        }
        auxiliary = {
            name: NDArray(np.zeros(shape or (), types.auxiliary[name] or np.float32))
            for name, shape in inferred.auxiliary.items()
        }
    except (MXNetError, TypeError) as error:
        listed = "\n".join(f"{name}: {shape}" for name, shape in shapes.items())
        raise RuntimeError(f"simple_bind error. Arguments:\n{listed}\n{error}") from error
    return Executor(symbol, context, arguments, auxiliary, set(shapes) | _declared(symbol))


def _declared(symbol: Symbol) -> set[str]:
    """Variables whose shape the program wrote on the symbol are fed, not learned."""
    graph: Graph = symbol._graph
    return {node.name for node in graph.variables() if "__shape__" in node.attrs and "__init__" not in node.attrs}
