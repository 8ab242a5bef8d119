"""Where behaviours are listed by what they are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Behaviour = Callable[[Any], Any]

BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__.replace("_", " ").strip()] = function
    return function
