"""``mx.contrib.amp``: mixed precision is made where a network is trained; networks made by it run here."""

from __future__ import annotations

from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError

# Public packages ask whether ``init`` was called: never.
_amp_initialized = False

__all__ = ["convert_hybrid_block", "convert_model", "convert_symbol", "init", "init_trainer", "scale_loss", "unscale"]


def _refuse(operation: str) -> NoReturn:
    raise InferenceOnlyError(rules.text("mixed_precision", operation=f"mx.contrib.amp.{operation}"))


def init(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("init")


def init_trainer(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("init_trainer")


def scale_loss(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("scale_loss")


def unscale(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("unscale")


def convert_symbol(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("convert_symbol")


def convert_model(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("convert_model")


def convert_hybrid_block(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("convert_hybrid_block")
