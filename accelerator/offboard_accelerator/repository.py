"""The model repository: a folder of models that are served by name to any Open Inference Protocol client.

::

    FOLDER/NAME/[VERSION/]*-symbol.json  with one *.params, and optionally model-shapes.json
    FOLDER/NAME/[VERSION/]model.onnx

Of several versions (numbered folders) the highest is served. ``model-shapes.json`` gives the shapes of a symbol's
inputs, like ``{"data": [-1, 3, 224, 224]}``, -1 for a dimension that every request may choose. It is needed where
neither the symbol nor the weights imply them.

The folder is the operator's, but a file of it is parsed like any other: graphs in the process that may die.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from offboard.errors import InvalidGraphError
from offboard.graph import params, symbol_json
from offboard.graph.lists import argument_names, auxiliary_names
from offboard.graph.node import Graph
from offboard.operators.infer import Shapes, infer_shapes, infer_types, is_complete
from offboard.operators.lowering import TensorSpec
from offboard_accelerator.converter import Variable
from offboard_accelerator.executors import Executor, Executors
from offboard_accelerator.logs import logger
from offboard_accelerator.store import Store
from offboard_accelerator.wire_errors import NotFoundError

__all__ = ["ModelState", "Repository"]

CHUNK = 1 << 22
SHAPES_FILE = "model-shapes.json"
ONNX_FILE = "model.onnx"

_log = logger(__name__)


@dataclass(frozen=True)
class ModelState:
    """One model of the folder; ``reason`` says why it is not ready."""

    name: str
    version: str
    state: Literal["READY", "LOADING", "UNAVAILABLE"]
    reason: str


@dataclass(frozen=True)
class _Prepared:
    """A model as :meth:`Executors.bind` takes it, its blobs in the store."""

    format: str
    graph: bytes
    variables: list[Variable]
    shapes: Mapping[str, tuple[int, ...]]
    """Of inputs that the folder gives, with -1 where a request chooses."""
    output_shapes: list[tuple[int, ...]]
    """Of a symbol's outputs likewise; empty: as bound."""


class Repository:
    """The models below ``folder`` (None: there are none), bound without a session and so until :meth:`unload`."""

    def __init__(self, folder: Path | None, executors: Executors, store: Store):
        self._folder = folder
        self._executors = executors
        self._store = store
        self._lock = threading.Lock()
        self._states: dict[str, ModelState] = {}
        self._loaded = threading.Event()

    @property
    def loaded(self) -> bool:
        """Whether every model was loaded, or found to be wrong, since the worker began."""
        return self._loaded.is_set()

    def load_all(self) -> None:
        """Loads every model; one that cannot be loaded is logged and listed with its reason."""
        for name in self._names():
            try:
                self.load(name)
            except Exception as error:
                # Whatever is wrong with one model, the others are served.
                _log.error("model not loaded", model=name, reason=str(error))
        self._loaded.set()

    def load(self, name: str) -> None:
        """Loads a model, or loads it again from what the folder holds now.

        Raises:
            NotFoundError: the folder has no such model.
            MXNetError: it cannot be bound.
        """
        with self._lock:
            folder, version = self._find(name)
            self._release(name)
            self._states[name] = ModelState(name, version, "LOADING", "it is being loaded")
            try:
                self._bind(name, version, folder)
            except BaseException as error:
                self._states[name] = ModelState(name, version, "UNAVAILABLE", str(error))
                raise
            self._states[name] = ModelState(name, version, "READY", "")
            _log.info("model loaded", model=name, version=version)

    def unload(self, name: str) -> None:
        """Releases a model.

        Raises:
            NotFoundError: it is not loaded.
        """
        with self._lock:
            state = self._states.get(name)
            if state is None or state.state != "READY":
                raise NotFoundError(f"Model {name[:64]} of the repository is not loaded")
            self._release(name)
            self._states[name] = ModelState(name, state.version, "UNAVAILABLE", "unloaded")

    def index(self) -> list[ModelState]:
        """Every model of the folder, loaded or not."""
        states = dict(self._states)
        for name in self._names():
            states.setdefault(name, ModelState(name, "", "UNAVAILABLE", "not loaded"))
        return [states[name] for name in sorted(states)]

    def reason(self, name: str) -> str:
        """Why a model of the folder is not ready; empty where there is nothing to say."""
        state = self._states.get(name)
        return "" if state is None else state.reason

    def _release(self, name: str) -> None:
        state = self._states.get(name)
        if state is not None and state.state == "READY":
            self._executors.release(name, "")

    def _bind(self, name: str, version: str, folder: Path) -> None:
        if (folder / ONNX_FILE).is_file():
            prepared = self._prepare_onnx(folder / ONNX_FILE)
        else:
            prepared = self._prepare_symbol(folder)
        executor, converted = self._executors.bind(
            "", prepared.format, prepared.graph, prepared.variables, publish_as=name
        )
        if not converted.whole:
            _, node, operator, reason = (*converted.instance, *converted.cut_after)[0]
            raise InvalidGraphError(f"Operator {operator} of node {node} does not run on an accelerator: {reason}")
        executor.version = version
        _describe(executor, prepared)

    def _prepare_onnx(self, path: Path) -> _Prepared:
        data = np.memmap(path, np.uint8, mode="r") if path.stat().st_size else np.empty(0, np.uint8)
        return _Prepared("onnx", self._keep(data), [], {}, [])

    def _prepare_symbol(self, folder: Path) -> _Prepared:
        text = _only(folder, "*-symbol.json").read_bytes()
        graph = symbol_json.loads(text)
        weights = _weights(_only(folder, "*.params"))
        given = _given_shapes(folder / SHAPES_FILE)
        names = [*argument_names(graph), *auxiliary_names(graph)]
        used = {name: weights[name] for name in names if name in weights}
        dtypes = {name: array.dtype for name, array in used.items()}
        types = infer_types(graph, dtypes)
        kinds = {**types.arguments, **types.auxiliary}
        one, two = (_infer(graph, used, given, dtypes, free) for free in (1, 2))
        variables = []
        for name, shape in {**one.arguments, **one.auxiliary}.items():
            kind = kinds[name]
            if shape is None or not is_complete(shape) or kind is None:
                raise InvalidGraphError(f"The shape of input {name} is not known: give it in {SHAPES_FILE}")
            digest = self._keep(used[name]) if name in used else b""
            variables.append(Variable(TensorSpec(name, shape, kind), digest))
        outputs = [_free_where_different(*pair) for pair in zip(one.outputs, two.outputs, strict=True)]
        return _Prepared("symbol", self._keep(np.frombuffer(text, np.uint8)), variables, given, outputs)

    def _keep(self, array: npt.NDArray[Any]) -> bytes:
        """Puts an array's bytes into the store, unless they are there; returns their digest."""
        data = np.ascontiguousarray(array).reshape(-1)
        flat = data.view(np.uint8).data if data.size else memoryview(b"")
        digest = hashlib.sha256(flat).digest()
        if self._store.missing([digest]):
            self._store.receive(digest, flat.nbytes, _chunks(flat))
        return digest

    def _names(self) -> list[str]:
        if self._folder is None:
            return []
        return sorted(each.name for each in self._folder.iterdir() if each.is_dir() and not each.name.startswith("."))

    def _find(self, name: str) -> tuple[Path, str]:
        """The folder and the version that are served under ``name``."""
        # Only what a listing shows is a model: a name never becomes a path on its own.
        if self._folder is None or name not in self._names():
            raise NotFoundError(f"The repository has no model {name[:64]}")
        folder = self._folder / name
        versions = [each.name for each in folder.iterdir() if each.is_dir() and each.name.isdecimal()]
        if not versions:
            return folder, "1"
        highest = max(versions, key=int)
        return folder / highest, highest


def _describe(executor: Executor, prepared: _Prepared) -> None:
    """Tells clients which dimensions are theirs to choose."""
    executor.inputs = [
        replace(spec, shape=prepared.shapes[spec.name]) if spec.name in prepared.shapes else spec
        for spec in executor.inputs
    ]
    if prepared.output_shapes:
        executor.outputs = [
            replace(spec, shape=shape) for spec, shape in zip(executor.outputs, prepared.output_shapes, strict=True)
        ]


def _infer(
    graph: Graph,
    weights: Mapping[str, npt.NDArray[Any]],
    given: Mapping[str, tuple[int, ...]],
    dtypes: Mapping[str, np.dtype[Any]],
    free: int,
) -> Shapes:
    """All shapes, with ``free`` for the dimensions that requests choose."""
    shapes = {name: array.shape for name, array in weights.items()}
    shapes.update({name: tuple(free if d < 0 else d for d in shape) for name, shape in given.items()})
    return infer_shapes(graph, shapes, dtypes)


def _free_where_different(one: tuple[int, ...] | None, two: tuple[int, ...] | None) -> tuple[int, ...]:
    if one is None or two is None or len(one) != len(two):
        raise InvalidGraphError(f"The shapes of the outputs are not known: give those of the inputs in {SHAPES_FILE}")
    return tuple(a if a == b else -1 for a, b in zip(one, two, strict=True))


def _only(folder: Path, pattern: str) -> Path:
    """The one file that fits; of checkpoints of several epochs the last."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise InvalidGraphError(f"{folder} holds neither {ONNX_FILE} nor {pattern}")
    return found[-1]


def _weights(path: Path) -> dict[str, npt.NDArray[Any]]:
    loaded = params.load(path)
    if not isinstance(loaded, dict):
        raise InvalidGraphError(f"{path.name} holds arrays without names")
    weights = {}
    for key, array in loaded.items():
        # A checkpoint's keys say whether they are arguments or auxiliary states; a gluon file's do not.
        kind, separator, name = key.partition(":")
        if not isinstance(array, np.ndarray):
            raise InvalidGraphError(f"{path.name}: {key} is not a dense array")
        weights[name if separator and kind in ("arg", "aux") else key] = array
    return weights


def _given_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text("utf-8"))
        shapes = {str(name): tuple(shape) for name, shape in document.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidGraphError(f"{path.name} is not an object of names and lists of dimensions: {error}") from error
    for name, shape in shapes.items():
        if not all(type(d) is int and (d > 0 or d == -1) for d in shape):
            raise InvalidGraphError(f"{path.name}: the dimensions of {name} are not positive numbers or -1")
    return shapes


def _chunks(flat: memoryview) -> Iterator[bytes]:
    for start in range(0, flat.nbytes, CHUNK):
        yield bytes(flat[start : start + CHUNK])
