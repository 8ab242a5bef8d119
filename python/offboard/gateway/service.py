"""The gateway's calls: each takes and returns a JSON object."""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.gateway.executors import GatewayExecutor
from offboard.gateway.images import IMAGE_FUNCTIONS
from offboard.gateway.memory import ALIGNMENT, Region, describe, dtype_named
from offboard.graph import symbol_json
from offboard.operators import table
from offboard.operators.infer import infer_shapes, infer_types
from offboard.runtime.imperative import invoke
from offboard.version import __version__

__all__ = ["Service"]

_Kept = TypeVar("_Kept")


class Service:
    """What one JVM asks for. Calls come from many threads at once."""

    def __init__(self) -> None:
        self._serial = itertools.count(1)
        self._lock = threading.Lock()
        self._regions: dict[int, Region] = {}
        self._executors: dict[int, GatewayExecutor] = {}
        # Results that did not fit the memory given, until they are fetched.
        self._waiting: dict[int, list[npt.NDArray[Any]]] = {}
        self._calls: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "hello": self.hello,
            "open_region": self.open_region,
            "close_region": self.close_region,
            "invoke": self.invoke,
            "fetch": self.fetch,
            "infer_shapes": self.infer_shapes,
            "infer_types": self.infer_types,
            "bind": self.bind,
            "forward": self.forward,
            "release": self.release,
            "seed": self.seed,
        }

    def call(self, name: str, request: str) -> str:
        """The reply to a call: ``{"result": ...}``, or ``{"error": {"class": ..., "message": ...}}``."""
        try:
            return json.dumps({"result": self._calls[name](json.loads(request))})
        except Exception as error:
            # Whatever went wrong is the JVM's to raise.
            kind = "MXNetError" if isinstance(error, MXNetError) else type(error).__name__
            return json.dumps({"error": {"class": kind, "message": str(error)}})

    def hello(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Who answers."""
        return {"version": __version__, "operator_table": table.digest(), "pid": os.getpid()}

    def open_region(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Maps a file; the JVM may delete it then."""
        return {"region": self._keep(self._regions, Region(request["path"], request["size"]))}

    def close_region(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Forgets a mapped file, which stays mapped as long as an executor uses it."""
        with self._lock:
            self._regions.pop(request["region"], None)
        return {}

    def invoke(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Runs one operator on tensors of a region, with its parameters as texts."""
        region = self._region(request)
        inputs = [region.view(each) for each in request["inputs"]]
        name, attrs = request["operator"], dict(request["attrs"])
        if name in IMAGE_FUNCTIONS:
            return self._give(region, IMAGE_FUNCTIONS[name](inputs, attrs))
        facts = table.find(name)
        if facts.variadic is not None:
            attrs.setdefault(facts.variadic, str(len(inputs)))
        return self._give(region, invoke(facts.name, inputs, attrs, is_train=request.get("is_train", False)))

    def fetch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs that waited for more memory."""
        with self._lock:
            outputs = self._waiting.pop(request["waiting"])
        return self._give(self._region(request), outputs)

    def infer_shapes(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Shapes of a graph, in the order of its lists; null where unknown."""
        known = {name: tuple(shape) for name, shape in request["known"].items()}
        types = {name: dtype_named(dtype) for name, dtype in request.get("types", {}).items()}
        found = infer_shapes(symbol_json.loads(request["graph"]), known, types)
        return {
            "arguments": [_shape(each) for each in found.arguments.values()],
            "auxiliary": [_shape(each) for each in found.auxiliary.values()],
            "outputs": [_shape(each) for each in found.outputs],
            "complete": found.complete,
        }

    def infer_types(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Dtypes of a graph, in the order of its lists; null where unknown."""
        known = {name: dtype_named(dtype) for name, dtype in request["known"].items()}
        found = infer_types(symbol_json.loads(request["graph"]), known)
        return {
            "arguments": [_dtype(each) for each in found.arguments.values()],
            "auxiliary": [_dtype(each) for each in found.auxiliary.values()],
            "outputs": [_dtype(each) for each in found.outputs],
            "complete": found.complete,
        }

    def bind(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Binds a graph over tensors of a region, which is the executor's from then on."""
        executor = GatewayExecutor(
            request["graph"],
            request["context"],
            self._region(request),
            request["arrays"],
            request["inputs"],
            settled=request.get("settled", True),
        )
        return {"executor": self._keep(self._executors, executor)}

    def forward(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Runs a bound graph."""
        executor = self._executors.get(request["executor"])
        if executor is None:
            raise MXNetError("The executor was released")
        return self._give(self._region(request), executor.forward(request["changed"], is_train=request["is_train"]))

    def release(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Releases a bound graph."""
        with self._lock:
            executor = self._executors.pop(request["executor"], None)
        if executor is not None:
            executor.close()
        return {}

    def seed(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Starts the stream of random numbers again."""
        from offboard.mxnet import random

        random.seed(request["seed"])
        return {}

    def _give(self, region: Region, outputs: Sequence[npt.NDArray[Any]]) -> dict[str, Any]:
        """Puts outputs into a region, or says how large one must be to hold them."""
        outputs = [np.ascontiguousarray(each) if each.ndim else each for each in outputs]
        needed = sum(-(-each.nbytes // ALIGNMENT) * ALIGNMENT for each in outputs)
        if needed > region.size:
            return {"waiting": self._keep(self._waiting, outputs), "needed": needed, "outputs": describe(outputs, 0)}
        # Over the inputs, which may be outputs too: an identity returns its own input.
        if any(np.shares_memory(each, region.bytes) for each in outputs):
            outputs = [each.copy() for each in outputs]
        return {"outputs": region.put(0, outputs)}

    def _region(self, request: Mapping[str, Any]) -> Region:
        region = self._regions.get(request["region"])
        if region is None:
            raise MXNetError("The memory region was closed")
        return region

    def _keep(self, where: dict[int, _Kept], what: _Kept) -> int:
        key = next(self._serial)
        with self._lock:
            where[key] = what
        return key


def _shape(shape: Any) -> list[int] | None:
    return None if shape is None else [int(d) for d in shape]


def _dtype(dtype: Any) -> str | None:
    return None if dtype is None else np.dtype(dtype).name
