"""``mx.callback``: what scripts pass to ``Module.score``."""

from __future__ import annotations

import logging
import time
from collections import namedtuple
from typing import Any

__all__ = ["BatchEndParam", "Speedometer"]

# What a callback after a batch is given.
BatchEndParam = namedtuple("BatchEndParam", ["epoch", "nbatch", "eval_metric", "locals"])


class Speedometer:
    """Logs samples a second, every ``frequent`` batches."""

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size, self.frequent, self.auto_reset = batch_size, frequent, auto_reset
        self._since = time.monotonic()

    def __call__(self, param: Any) -> None:
        """Called after each batch."""
        if param.nbatch == 0 or param.nbatch % self.frequent:
            return
        now = time.monotonic()
        speed = self.frequent * self.batch_size / max(now - self._since, 1e-9)
        values = param.eval_metric.get_name_value() if param.eval_metric is not None else []
        measured = "\t".join(f"{name}={value:f}" for name, value in values)
        logging.info("Epoch[%d] Batch [%d]\tSpeed: %.2f samples/sec\t%s", param.epoch, param.nbatch, speed, measured)
        self._since = now
