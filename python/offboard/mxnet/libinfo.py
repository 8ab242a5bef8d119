"""``mx.libinfo``: there is no native library to find."""

from __future__ import annotations

from offboard import rules
from offboard.errors import MXNetError

__all__ = ["__version__", "find_include_path", "find_lib_path"]

__version__ = "1.9.1"


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """Raises MXNetError: there is no native library."""
    raise MXNetError(rules.text("native_library", operation="mx.libinfo.find_lib_path"))


def find_include_path() -> str:
    """Raises MXNetError: there is no native library."""
    raise MXNetError(rules.text("native_library", operation="mx.libinfo.find_include_path"))
