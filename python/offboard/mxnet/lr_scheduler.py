"""``mx.lr_scheduler``: the names are there for programs that import or subclass them; making one is refused."""

from __future__ import annotations

from typing import Any

from offboard import rules
from offboard.errors import InferenceOnlyError

__all__ = ["CosineScheduler", "FactorScheduler", "LRScheduler", "MultiFactorScheduler", "PolyScheduler"]


class LRScheduler:
    """Refused: inference only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        operation = f"mx.lr_scheduler.{type(self).__name__}"
        raise InferenceOnlyError(rules.text("inference_only_cpu", operation=operation))


class CosineScheduler(LRScheduler):
    """Refused: inference only."""


class FactorScheduler(LRScheduler):
    """Refused: inference only."""


class MultiFactorScheduler(LRScheduler):
    """Refused: inference only."""


class PolyScheduler(LRScheduler):
    """Refused: inference only."""
