"""Tokens counted. The name is MXNet's: programs import it."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["count_tokens_from_str"]


def count_tokens_from_str(
    source_str: str,
    token_delim: str = " ",
    seq_delim: str = "\n",
    to_lower: bool = False,
    counter_to_update: Counter[str] | None = None,
) -> Counter[str]:
    """How often each token stands in a text between delimiters (regular expressions); adds to a counter if given."""
    tokens = [each for each in re.split(f"{token_delim}|{seq_delim}", source_str) if each]
    counted: Counter[str] = Counter() if counter_to_update is None else counter_to_update
    counted.update(each.lower() if to_lower else each for each in tokens)
    return counted
