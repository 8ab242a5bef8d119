"""The rule catalogue: every limit and every error text, once, for Python, Java and Scala.

``catalogue.json`` is the data; the JVM build reads the same file.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["accelerator_types", "catalogue", "limit", "limits", "text"]


@cache
def catalogue() -> dict[str, Any]:
    """The whole catalogue as it stands in ``catalogue.json``."""
    data: dict[str, Any] = json.loads(files(__package__).joinpath("catalogue.json").read_text("utf-8"))
    return data


def text(rule: str, /, **fields: object) -> str:
    """The text of ``rule`` with its fields filled in."""
    template: str = catalogue()["texts"][rule]
    return template.format(**fields)


def limits() -> dict[str, int]:
    """Every limit's default, by name."""
    return {name: entry["default"] for name, entry in catalogue()["limits"].items()}


def limit(name: str) -> int:
    """The default of the limit ``name``."""
    value: int = catalogue()["limits"][name]["default"]
    return value


def accelerator_types() -> dict[str, dict[str, Any]]:
    """The built-in accelerator types: memory in bytes, nominal TFLOPS, threads."""
    types: dict[str, dict[str, Any]] = catalogue()["accelerator_types"]
    return types
