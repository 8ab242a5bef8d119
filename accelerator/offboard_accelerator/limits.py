"""The error of a limit that was exceeded."""

from __future__ import annotations

from offboard import rules
from offboard.errors import LimitExceededError

__all__ = ["exceeded"]


def exceeded(limit: str, accelerator: str, value: int, maximum: int) -> LimitExceededError:
    """For ``value`` where the limit of that name allows ``maximum``, both in the limit's unit."""
    unit = rules.catalogue()["limits"][limit]["unit"]
    return LimitExceededError(
        rules.text("limit_exceeded", limit=limit, accelerator=accelerator, value=value, maximum=maximum, unit=unit)
    )
