"""The seam between an executor and the place where it runs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy.typing as npt

__all__ = ["Backend", "Report"]


@dataclass
class Report:
    """Where an executor's nodes ran, how often, and what the forwards cost (seconds, summed)."""

    accelerated_nodes: int = 0
    instance_nodes: int = 0
    forwards: int = 0
    bytes_sent: int = 0
    sent: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


class Backend(Protocol):
    """Runs the forwards of one executor."""

    def forward(
        self, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None], *, is_train: bool
    ) -> list[npt.NDArray[Any]]:
        """Outputs for the current contents of every argument and auxiliary state.

        ``versions`` has a token for each that changes when its content did; None always counts as changed.
        """

    def publish(
        self, name: str, arrays: Mapping[str, npt.NDArray[Any]], versions: Mapping[str, Hashable | None]
    ) -> None:
        """Serves the executor under a name, where it can be."""

    def report(self) -> Report:
        """What was done so far."""

    def close(self) -> None:
        """Releases what the executor holds."""
