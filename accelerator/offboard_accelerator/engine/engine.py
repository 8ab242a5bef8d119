"""The interface of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from offboard.operators.lowering import TensorSpec

__all__ = ["Engine", "EnginePlan"]


class EnginePlan(Protocol):
    """An opened model."""

    def run(self, feeds: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Inputs by name in, outputs in order out.

        Raises:
            ExecutionError: the engine failed; AcceleratorOutOfMemoryError: its memory limit did not suffice.
        """


class Engine(Protocol):
    """Opens vetted models, within a limit of memory."""

    def open(
        self, model: bytes, folder: Path, weights: int, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
    ) -> EnginePlan:
        """A plan for an ONNX model whose constants are files in ``folder``, ``weights`` bytes together."""

    def shrink(self) -> None:
        """Gives memory that no plan needs back to the operating system."""
