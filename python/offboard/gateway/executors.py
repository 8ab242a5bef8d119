"""Graphs that a JVM bound in this process."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Any

import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.gateway.memory import Region
from offboard.graph import symbol_json
from offboard.runtime.backend import Backend
from offboard.runtime.local import open_local

__all__ = ["GatewayExecutor"]


class GatewayExecutor:
    """A graph over arrays that lie in memory shared with the JVM, which says what it wrote before each forward."""

    def __init__(
        self,
        graph: str,
        context: str,
        region: Region,
        arrays: Mapping[str, Mapping[str, Any]],
        inputs: Collection[str],
        *,
        settled: bool,
    ) -> None:
        """Binds; ``context`` is ``cpu`` or ``eia``, where a graph with parts for the instance runs in pieces."""
        self._arrays = {name: region.view(description) for name, description in arrays.items()}
        self._versions = dict.fromkeys(arrays, 0)
        # A second forward of one executor would see the arrays of the first.
        self._lock = threading.Lock()
        self._backend = self._open(symbol_json.loads(graph), context, inputs, settled)

    def _open(self, graph: Any, context: str, inputs: Collection[str], settled: bool) -> Backend:
        if context == "cpu":
            return open_local(graph, self._arrays, self._versions, inputs, settled=settled)
        if context != "eia":
            raise MXNetError(f"A graph runs on cpu or eia, not {context}")
        from offboard.client.remote import open_remote

        return open_remote(graph, self._arrays, self._versions, inputs, settled=settled)

    def forward(self, changed: Collection[str], *, is_train: bool) -> list[npt.NDArray[Any]]:
        """Outputs for what the arrays hold now; ``changed`` names those written since the last forward."""
        with self._lock:
            for name in changed:
                self._versions[name] += 1
            return self._backend.forward(self._arrays, self._versions, is_train=is_train)

    def close(self) -> None:
        """Releases what the executor holds."""
        with self._lock:
            self._backend.close()
