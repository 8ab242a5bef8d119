"""``mx.library``: operators compiled for MXNet's own library cannot be loaded."""

from __future__ import annotations

from typing import NoReturn

from offboard import rules
from offboard.errors import MXNetError

__all__ = ["load"]


def load(path: str, verbose: bool = True) -> NoReturn:
    """Raises MXNetError: there is no native library that could load others."""
    raise MXNetError(rules.text("native_library", operation=f"mx.library.load({path!r})"))
