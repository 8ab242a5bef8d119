"""``mx.mon``: statistics of intermediate outputs and parameters, every few forwards."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from offboard.mxnet.executor import Executor
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["Monitor"]


def _mean_magnitude(array: NDArray) -> NDArray:
    made: NDArray = array.norm() / array.size**0.5
    return made


class Monitor:
    """Between :meth:`tic` and :meth:`toc` of every ``interval``-th step collects what matches ``pattern``."""

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        self.interval, self.sort, self.monitor_all = interval, sort, monitor_all
        self.stat_func = stat_func or _mean_magnitude
        self.re_prog = re.compile(pattern)
        self.activated, self.step = False, 0
        self.queue: list[tuple[int, str, Any]] = []
        self.exes: list[Executor] = []

    def install(self, exe: Executor) -> None:
        """Watches an executor."""
        exe.set_monitor_callback(self._collect, self.monitor_all)
        self.exes.append(exe)

    def _collect(self, name: bytes, array: NDArray) -> None:
        self._take(name.decode(), array)

    def _take(self, name: str, array: NDArray) -> None:
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def tic(self) -> None:
        """Begins a step."""
        if self.step % self.interval == 0:
            self.queue, self.activated = [], True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """Ends a step: (step, name, statistic as text) of everything collected, parameters included."""
        if not self.activated:
            return []
        for exe in self.exes:
            for name, array in {**exe.arg_dict, **exe.aux_dict}.items():
                self._take(name, array)
        self.activated = False
        if self.sort:
            self.queue.sort(key=lambda row: row[1])
        return [(step, name, _text(value)) for step, name, value in self.queue]

    def toc_print(self) -> None:
        """Ends a step and logs what was collected."""
        for step, name, text in self.toc():
            logging.info("Batch: %7d %30s %s", step, name, text)


def _text(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return "".join(f"{each.asscalar() if each.size == 1 else each.asnumpy()}\t" for each in values)
