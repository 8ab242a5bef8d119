"""The seam between an executor and the place where it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy.typing as npt

__all__ = ["Backend", "Open", "Report"]


@dataclass
class Report:
    """Where an executor's nodes ran, how often, and what the forwards cost.

    ``seconds`` are sums over all forwards: serialise, network, queue and compute on the accelerator, and instance.
    """

    accelerated_nodes: int = 0
    instance_nodes: int = 0
    forwards: int = 0
    bytes_sent: int = 0
    sent: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    # "accelerator" or "instance" by node.
    nodes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, nodes: Collection[str], place: str) -> Report:
        """Of nodes that all run in one place, before any forward."""
        count = len(nodes)
        here = place == "instance"
        return cls(0 if here else count, count if here else 0, nodes=dict.fromkeys(nodes, place))

    def add(self, other: Report) -> None:
        """Takes in what a piece of the same executor did; the forwards are the whole executor's."""
        self.accelerated_nodes += other.accelerated_nodes
        self.instance_nodes += other.instance_nodes
        self.bytes_sent += other.bytes_sent
        self.sent = [*self.sent, *other.sent]
        self.nodes.update(other.nodes)
        for part, seconds in other.seconds.items():
            self.seconds[part] = self.seconds.get(part, 0.0) + seconds


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


# Binds a graph to its arrays: graph, arrays, versions, names of inputs, and whether the arrays are filled (settled).
Open: TypeAlias = Callable[..., Backend]
