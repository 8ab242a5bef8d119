"""One case: a graph, what feeds it, and what is asked of its inference."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Case:
    """A graph, what feeds it, and what is asked of its inference."""

    operator: str
    attrs: dict[str, str]
    graph: str
    consumer: str
    arrays: dict[str, np.ndarray]
    shapes: list[tuple[int, dict[str, list[int]]]] = field(default_factory=list)
    types: list[dict[str, str]] = field(default_factory=list)
    train: bool = False

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The operators of the graph, as its JSON has them."""
        return [node for node in json.loads(self.graph)["nodes"] if node["op"] != "null"]

    @property
    def precision(self) -> str | None:
        """The least precise float dtype among the inputs."""
        floats = [array.dtype for array in self.arrays.values() if array.dtype.kind == "f"]
        return min(floats, key=lambda dtype: dtype.itemsize).name if floats else None

    @property
    def head(self) -> dict[str, Any]:
        """What :func:`tests.oracle.evaluate.evaluate` takes beside the arrays."""
        return {
            "graph": self.graph,
            "consumer": self.consumer,
            "shapes": self.shapes,
            "types": self.types,
            "train": self.train,
        }
