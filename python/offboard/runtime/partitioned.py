"""Executors of graphs that run in pieces: the program's own operators on the instance, the rest where it is bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, TypeAlias

import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.operators import custom
from offboard.operators import record as records
from offboard.operators.builder import Builder
from offboard.operators.record import Params
from offboard.runtime.backend import Backend, Report
from offboard.runtime.partition import Partition, Piece

__all__ = ["Open", "PartitionedBackend"]

# Binds a piece to its arrays: graph, arrays, versions, names of inputs, and whether the arrays are filled.
Open: TypeAlias = Callable[..., Backend]


class _Instance:
    """One node of the instance: its kernel, opened anew when the shapes change."""

    def __init__(self, piece: Piece) -> None:
        self._node = piece.graph.heads[0].node
        self._indices = [head.index for head in piece.graph.heads]
        record = records.find(self._node.op or "")
        values = record.facts.parse(self._node.attrs)
        self._params = Params(Builder(), values, self._node.name, num_outputs=record.facts.num_outputs(values))
        assert record.kernel is not None
        self._open = record.kernel.open
        self._opened: tuple[Hashable, custom.Run] | None = None

    def run(self, arrays: Mapping[str, npt.NDArray[Any]], *, is_train: bool) -> list[npt.NDArray[Any]]:
        inputs = [arrays[entry.node.name] for entry in self._node.inputs]
        key = tuple((array.shape, array.dtype) for array in inputs)
        if self._opened is None or self._opened[0] != key:
            self._opened = (key, self._open(self._params, inputs))
        made = self._opened[1](inputs, is_train)
        return [made[index] for index in self._indices]


class PartitionedBackend:
    """Runs the pieces of a partition in order; what they hand on travels by name."""

    def __init__(
        self,
        partition: Partition,
        open_piece: Open,
        arrays: Mapping[str, npt.NDArray[Any]],
        versions: Mapping[str, Hashable | None],
        inputs: Collection[str],
        *,
        settled: bool,
        place: str,
    ) -> None:
        """Binds what it can; ``place`` is where the pieces run that the instance does not have to run."""
        self._partition, self._open, self._place = partition, open_piece, place
        self._inputs, self._settled = set(inputs), settled
        self._instance = {index: _Instance(piece) for index, piece in enumerate(partition.pieces) if piece.on_instance}
        self._backends: dict[int, Backend] = {}
        self._seconds = 0.0
        self._forwards = 0
        for index, piece in enumerate(partition.pieces):
            # What depends on no other piece is bound at once, so that its errors and its weights come early.
            if not piece.on_instance and not piece.received:
                self._backends[index] = self._bind(piece, arrays, versions)

    def forward(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], *, is_train: bool
    ) -> list[npt.NDArray[Any]]:
        """Runs every piece; the outputs are the whole graph's."""
        known, tokens = dict(arrays), dict(versions)
        for index, piece in enumerate(self._partition.pieces):
            if piece.on_instance:
                began = time.perf_counter()
                made = self._instance[index].run(known, is_train=is_train)
                self._seconds += time.perf_counter() - began
            else:
                backend = self._backends.get(index)
                if backend is None:
                    backend = self._backends[index] = self._bind(piece, known, tokens)
                made = backend.forward(*self._own(piece, known, tokens), is_train=is_train)
            known.update(zip(piece.outputs, made, strict=True))
            tokens.update(dict.fromkeys(piece.outputs))
        self._forwards += 1
        return [known[name] for name in self._partition.heads]

    def publish(
        self, name: str, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> None:
        """Refused: another client has not this program's code."""
        here = [piece.graph.heads[0].node.name for piece in self._partition.pieces if piece.on_instance]
        reason = f"the instance runs {', '.join(here)}" if here else "its sizes depend on the data"
        raise MXNetError(f"An executor that runs in pieces cannot be published as {name}: {reason}")

    def report(self) -> Report:
        """Sums over all pieces, and the instance's own time."""
        total = Report(forwards=self._forwards)
        for index, piece in enumerate(self._partition.pieces):
            if index in self._backends:
                total.add(self._backends[index].report())
            else:
                # A piece that takes what others make is bound by the first forward.
                place = "instance" if piece.on_instance else self._place
                total.add(Report.of([node.name for node in piece.graph.nodes() if node.op], place))
        if self._instance:
            total.seconds["instance"] = total.seconds.get("instance", 0.0) + self._seconds
        return total

    def close(self) -> None:
        """Releases every piece."""
        for backend in self._backends.values():
            backend.close()
        self._backends.clear()

    def _bind(
        self, piece: Piece, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> Backend:
        own, tokens = self._own(piece, arrays, versions)
        settled = self._settled or bool(piece.received)
        return self._open(piece.graph, own, tokens, (self._inputs & set(own)) | piece.received, settled=settled)

    def _own(
        self, piece: Piece, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Hashable | None]]:
        names = [node.name for node in piece.graph.variables()]
        return {name: arrays[name] for name in names}, {name: versions[name] for name in names}
