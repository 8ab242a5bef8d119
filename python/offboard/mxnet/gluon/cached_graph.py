"""What a hybridized block runs: its graph on the instance or the accelerator, over its parameters' own arrays."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet.context import Context, cpu
from offboard.mxnet.executor import refusal
from offboard.mxnet.gluon.basic_parameter import Parameter
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol
from offboard.runtime.backend import Backend, Report
from offboard.runtime.local import LocalBackend

__all__ = ["CachedGraph"]


class CachedGraph:
    """Runs a symbol for inputs of any shape.

    Parameters are the engine's constants. Values written later are seen: after the first change of a parameter the
    graph is bound anew, and what goes on changing becomes an input.
    """

    def __init__(self, symbol: Symbol, inputs: Sequence[str], parameters: Mapping[str, Parameter]) -> None:
        self.symbol = symbol
        self.inputs = list(inputs)
        self._used = set(symbol.list_inputs())
        self.parameters = {name: parameters[name] for name in symbol.list_inputs() if name not in set(inputs)}
        self._forget()

    def _forget(self) -> None:
        self._backend: Backend | None = None
        self._context = cpu()
        self._tokens: dict[str, Hashable] = {}
        self._changed: set[str] = set()

    def __getstate__(self) -> dict[str, Any]:
        # A copy binds for itself.
        return {"symbol": self.symbol, "inputs": self.inputs, "_used": self._used, "parameters": self.parameters}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()

    def __call__(self, arrays: Sequence[NDArray], context: Context, *, is_train: bool) -> list[NDArray]:
        """The outputs for ``arrays``, given in the order of the inputs.

        Raises:
            InferenceOnlyError: training on an accelerator.
            MXNetError: shapes or types that do not fit, or what the accelerator says.
        """
        if is_train and context.device_type == "eia":
            raise refusal("A forward in autograd.record() or train_mode()", context)
        contents: dict[str, npt.NDArray[Any]] = {}
        versions: dict[str, Hashable | None] = {}
        for name, array in zip(self.inputs, arrays, strict=True):
            if name in self._used:
                contents[name], versions[name] = array._data, _version(array)
        for name, parameter in self.parameters.items():
            array = parameter.list_data()[0]
            contents[name], versions[name] = array._data, _version(array)
        backend = self._bound(context, contents, versions)
        return [NDArray(made) for made in backend.forward(contents, versions, is_train=is_train)]

    def _bound(
        self, context: Context, contents: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> Backend:
        tokens = {name: versions[name] for name in self.parameters}
        changed = {name for name, token in tokens.items() if self._tokens.get(name, token) != token}
        again = bool(changed - self._changed)
        self._changed |= changed
        self._tokens = tokens
        if self._backend is None or context != self._context or again:
            self.close()
            self._context = context
            self._backend = self._new_backend(context, contents, versions)
        return self._backend

    def _new_backend(
        self, context: Context, contents: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> Backend:
        inputs = set(self.inputs)
        if context.device_type == "eia":
            from offboard.client.remote import RemoteBackend

            return RemoteBackend(self.symbol._graph, contents, versions, inputs)
        return LocalBackend(self.symbol._graph, contents, inputs)

    def report(self) -> Report:
        """Where the nodes ran and what the forwards cost."""
        if self._backend is None:
            raise MXNetError("This block has not run as a graph yet: call it once with an input")
        return self._backend.report()

    def close(self) -> None:
        """Releases what is bound."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None


def _version(array: NDArray) -> Hashable | None:
    token = array.version_token()
    return None if token is None else (token, array.shape)
