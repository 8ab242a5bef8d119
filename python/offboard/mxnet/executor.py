"""Executor: a symbol bound to arrays on a context."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from offboard import rules
from offboard.errors import InferenceOnlyError, MXNetError
from offboard.mxnet.bound_arrays import BoundArrays
from offboard.mxnet.context import Context
from offboard.mxnet.ndarray.ndarray import NDArray, elsewhere
from offboard.mxnet.symbol.symbol import Symbol
from offboard.operators.infer import infer_shapes, infer_types
from offboard.runtime.backend import Backend, Report
from offboard.runtime.local import open_local

__all__ = ["Executor", "overwrite", "refusal"]


def refusal(operation: str, context: Context) -> InferenceOnlyError:
    """The error of anything that trains."""
    rule = "inference_only" if context.device_type == "eia" else "inference_only_cpu"
    return InferenceOnlyError(rules.text(rule, operation=operation))


class Executor:
    """Runs a bound symbol. All its arrays are on the CPU, wherever it runs.

    The arrays are the program's: what it writes there is seen by the next forward. Each forward makes new outputs.
    """

    def __init__(
        self,
        symbol: Symbol,
        context: Context,
        arguments: Mapping[str, NDArray],
        auxiliary: Mapping[str, NDArray],
        *,
        gradients: Mapping[str, NDArray] | None = None,
        inputs: Collection[str] = (),
        settled: bool = True,
        backend: Backend | None = None,
    ) -> None:
        """Binds.

        Args:
            symbol: the graph.
            context: where it runs.
            arguments: every argument by name.
            auxiliary: every auxiliary state by name.
            gradients: arrays that the program gave or asked for; they are kept and never written.
            inputs: names that the program feeds; the others may become constants.
            settled: whether the arrays hold the program's values already, rather than zeros to be overwritten.
            backend: what runs it, shared with another executor; made new unless given.
        """
        self._symbol, self._ctx = symbol, context
        self.arg_dict, self.aux_dict = dict(arguments), dict(auxiliary)
        self.grad_dict: dict[str, NDArray | None] = dict.fromkeys(arguments)
        self.grad_dict.update(gradients or {})
        self.arg_arrays = [arguments[name] for name in symbol.list_arguments()]
        self.aux_arrays = [auxiliary[name] for name in symbol.list_auxiliary_states()]
        self.grad_arrays = [self.grad_dict[name] for name in symbol.list_arguments()]
        self._arrays = {**arguments, **auxiliary}
        self._bound = BoundArrays(self._arrays)
        self._inputs = set(inputs)
        self._output_names = symbol.list_outputs()
        self._backend = backend or self._new_backend(settled)
        self._outputs: list[NDArray] | None = None
        self._monitor: _Monitor | None = None

    def _new_backend(self, settled: bool) -> Backend:
        bound = self._bound
        if self._ctx.device_type == "eia":
            from offboard.client.remote import open_remote

            return open_remote(self._symbol._graph, bound.contents, bound.versions, self._inputs, settled=settled)
        return open_local(self._symbol._graph, bound.contents, bound.versions, self._inputs, settled=settled)

    @property
    def outputs(self) -> list[NDArray]:
        """Outputs of the last forward; zeros before the first."""
        if self._outputs is None:
            graph = self._symbol._graph
            dtypes = {name: array._data.dtype for name, array in self._arrays.items()}
            types = infer_types(graph, dtypes).outputs
            shapes = infer_shapes(graph, {name: array.shape for name, array in self._arrays.items()}, dtypes).outputs
            self._outputs = [
                NDArray(np.zeros(shape or (), dtype or np.float32)) for shape, dtype in zip(shapes, types, strict=True)
            ]
        return self._outputs

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """Outputs by name."""
        if len(set(self._output_names)) != len(self._output_names):
            raise ValueError(f"Duplicate names detected, {self._output_names}")
        return dict(zip(self._output_names, self.outputs, strict=True))

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Copies the arrays given into the arguments of these names, and runs the graph."""
        if not isinstance(is_train, (bool, int, np.bool_)):
            raise TypeError(f"is_train is a bool, not {type(is_train)}")
        if is_train and self._ctx.device_type == "eia":
            raise refusal("forward(is_train=True)", self._ctx)
        for name, value in kwargs.items():
            self._feed(name, value)
        bound = self._bound
        bound.refresh()
        made = self._backend.forward(bound.contents, bound.versions, is_train=bool(is_train))
        home = None if self._ctx.device_type == "eia" else elsewhere(self._ctx)
        self._outputs = [NDArray(array, home=home) for array in made]
        if self._monitor is not None:
            self._monitor.show(bool(is_train))
        return self._outputs

    def _feed(self, name: str, value: Any) -> None:
        if not isinstance(value, (NDArray, np.ndarray)):
            raise ValueError("only accept keyword argument of NDArrays and numpy.ndarray")
        target = self.arg_dict.get(name)
        if target is None:
            raise TypeError(f"Unknown argument {name}")
        if value.shape != target.shape:
            raise ValueError(f"Shape not match! Argument {name}, need: {target.shape}, received: {value.shape}")
        if value is not target:
            target[:] = value

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Refused, unless there are no gradient arrays: then MXNet does nothing either."""
        if self._ctx.device_type == "eia" or any(gradient is not None for gradient in self.grad_arrays):
            raise refusal("backward", self._ctx)

    def publish(self, name: str) -> None:
        """Lets any Open Inference Protocol client infer on this executor as model ``name``; for accelerators only."""
        if self._ctx.device_type != "eia":
            raise MXNetError(f"Only an executor on mx.eia() can be published, this one is on {self._ctx}")
        self._bound.refresh()
        self._backend.publish(name, self._bound.contents, self._bound.versions)

    def report(self) -> Report:
        """Where the nodes ran and what the forwards cost."""
        return self._backend.report()

    def set_monitor_callback(self, callback: Callable[[bytes, NDArray], Any], monitor_all: bool = False) -> None:
        """After each forward calls ``callback(name, array)`` for every operator's outputs.

        They are computed again, by a graph whose outputs they are.
        """
        self._monitor = _Monitor(self, callback, monitor_all)

    def debug_str(self) -> str:
        """The graph as text."""
        return self._symbol.debug_str()

    def get_optimized_symbol(self) -> Symbol:
        """The symbol itself: what the engine makes of it has no symbol."""
        return self._symbol

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copies parameters into the bound arrays."""
        for name, array in arg_params.items():
            if name in self.arg_dict:
                overwrite(self.arg_dict[name], array)
            elif not allow_extra_params:
                raise ValueError(f'Find name "{name}" that is not in the arguments')
        for name, array in (aux_params or {}).items():
            if name in self.aux_dict:
                overwrite(self.aux_dict[name], array)
            elif not allow_extra_params:
                raise ValueError(f"Find name {name} that is not in the auxiliary states")

    def reshape(self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any) -> Executor:
        """An executor for other input shapes over the same memory as far as it suffices."""
        known = {name: tuple(int(d) for d in shape) for name, shape in kwargs.items()}
        shapes = infer_shapes(self._symbol._graph, {name: shape for name, shape in known.items() if shape})

        def resized(name: str, array: NDArray, shape: tuple[int, ...] | None) -> NDArray:
            if shape == array.shape:
                return array
            if name not in known and not partial_shaping:
                raise MXNetError(
                    f"Shape of unspecifie arg: {name} changed. This can cause the new executor to not share "
                    "parameters with the old one. Please check for error in network.If this is intended, set "
                    "partial_shaping=True to suppress this warning."
                )
            if shape is None or 0 in shape:
                raise MXNetError(f"Shape of {name} must be known, while it is {shape}")
            size = int(np.prod(shape))
            if size <= array.size:
                return NDArray(array._data.reshape(-1)[:size].reshape(shape), array._storage)
            if not allow_up_sizing:
                raise MXNetError(
                    f"New shape of arg: {name} is larger than original.First making a big executor and then down "
                    "sizing it is more efficient than the reverse.If you really want to up size, set "
                    "allow_up_sizing=True to enable allocation of new arrays."
                )
            return NDArray(np.zeros(shape, array._data.dtype))

        arguments = {name: resized(name, array, shapes.arguments[name]) for name, array in self.arg_dict.items()}
        auxiliary = {name: resized(name, array, shapes.auxiliary[name]) for name, array in self.aux_dict.items()}
        gradients = {
            name: array if array.shape == arguments[name].shape else NDArray(np.zeros_like(arguments[name]._data))
            for name, array in self.grad_dict.items()
            if array is not None
        }
        return Executor(
            self._symbol,
            self._ctx,
            arguments,
            auxiliary,
            gradients=gradients,
            inputs=self._inputs | set(kwargs),
            backend=self._backend,
        )


class _Monitor:
    """Runs the graph of all intermediate outputs beside an executor."""

    def __init__(self, executor: Executor, callback: Callable[[bytes, NDArray], Any], everything: bool) -> None:
        internals = executor._symbol.get_internals()
        heads = [head for head in internals._graph.heads if everything or not head.node.is_variable]
        self._callback = callback
        self._executor = Executor(
            Symbol(heads), executor._ctx, executor.arg_dict, executor.aux_dict, inputs=executor._inputs
        )

    def show(self, is_train: bool) -> None:
        for name, array in zip(self._executor._output_names, self._executor.forward(is_train), strict=True):
            # MXNet's callbacks are C's: they get bytes.
            self._callback(name.encode(), array)


def overwrite(target: NDArray, source: NDArray) -> None:
    """Copies ``source`` into ``target``, of whatever dtype; raises MXNetError for another shape."""
    if source is target:
        return
    if source.shape != target.shape:
        expected, got = (",".join(str(d) for d in array.shape) for array in (source, target))
        raise MXNetError(f"Incompatible attr in node  at 0-th output: expected [{expected}], got [{got}]")
    target[:] = source
