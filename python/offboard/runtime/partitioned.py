"""Executors of graphs that run in pieces: the program's own operators on the instance, the rest where it is bound."""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.graph.node import Node
from offboard.operators import custom
from offboard.operators import record as records
from offboard.operators.builder import Builder
from offboard.operators.record import Kernel, Params
from offboard.runtime.backend import Backend, Open, Report
from offboard.runtime.partition import Partition, Piece
from offboard.runtime.stepped import Stepped

__all__ = ["PartitionedBackend"]


class _Kernel:
    """One node that the instance runs at a stroke: its kernel, opened anew when the shapes change."""

    def __init__(self, node: Node, kernel: Kernel) -> None:
        self._node, self._kernel = node, kernel
        facts = records.find(node.op or "").facts
        values = facts.parse(node.attrs)
        self._params = Params(Builder(), values, node.name, num_outputs=facts.num_outputs(values))
        self._opened: tuple[Hashable, custom.Run] | None = None
        self._seconds = 0.0

    def run(
        self, inputs: Sequence[npt.NDArray[Any]], tokens: Sequence[Hashable | None], *, is_train: bool
    ) -> list[npt.NDArray[Any]]:
        began = time.perf_counter()
        key = tuple((array.shape, array.dtype) for array in inputs)
        if self._opened is None or self._opened[0] != key:
            self._opened = (key, self._kernel.open(self._params, inputs))
        made = self._opened[1](inputs, is_train)
        self._seconds += time.perf_counter() - began
        return made

    def report(self) -> Report:
        made = Report.of([self._node.name], "instance")
        made.seconds["instance"] = self._seconds
        return made

    def close(self) -> None:
        self._opened = None


def _on_instance(piece: Piece, open_body: Open) -> _Kernel | Stepped:
    node = piece.graph.heads[0].node
    kernel = records.find(node.op or "").kernel
    return Stepped(node, open_body) if kernel is None else _Kernel(node, kernel)


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
        self._instance = {
            index: _on_instance(piece, open_piece) for index, piece in enumerate(partition.pieces) if piece.on_instance
        }
        self._backends: dict[int, Backend] = {}
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
                sources = [entry.node.name for entry in piece.graph.heads[0].node.inputs]
                outputs = self._instance[index].run(
                    [known[name] for name in sources], [tokens[name] for name in sources], is_train=is_train
                )
                made = [outputs[head.index] for head in piece.graph.heads]
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
            if piece.on_instance:
                total.add(self._instance[index].report())
            elif index in self._backends:
                total.add(self._backends[index].report())
            else:
                # A piece that takes what others make is bound by the first forward.
                total.add(Report.of([node.name for node in piece.graph.nodes() if node.op], self._place))
        return total

    def close(self) -> None:
        """Releases every piece."""
        for part in (*self._backends.values(), *self._instance.values()):
            part.close()
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
