"""Tokens numbered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

__all__ = ["Vocabulary"]


class Vocabulary:
    """Tokens by number: the unknown one first, then reserved ones, then those counted, most frequent first.

    Args:
        counter: how often tokens were seen.
        most_freq_count: how many of them at most.
        min_freq: how often one was seen at least.
        unknown_token: stands for all others.
        reserved_tokens: have numbers of their own, such as padding.
    """

    def __init__(
        self,
        counter: Counter[Any] | None = None,
        most_freq_count: int | None = None,
        min_freq: int = 1,
        unknown_token: Hashable = "<unk>",
        reserved_tokens: list[Hashable] | None = None,
    ) -> None:
        assert min_freq > 0, "`min_freq` must be set to a positive value."
        reserved = reserved_tokens or []
        assert unknown_token not in reserved, "`reserved_token` cannot contain `unknown_token`."
        assert len(set(reserved)) == len(reserved), "`reserved_tokens` cannot contain duplicate reserved tokens."
        self._unknown_token, self._reserved_tokens = unknown_token, reserved_tokens
        self._idx_to_token: list[Any] = [unknown_token, *reserved]
        if counter is not None:
            assert isinstance(counter, Counter), "`counter` must be an instance of collections.Counter."
            self._add(counter, len(counter) if most_freq_count is None else most_freq_count, min_freq)
        self._token_to_idx = {token: number for number, token in enumerate(self._idx_to_token)}

    def _add(self, counter: Counter[Any], most: int, least: int) -> None:
        known = set(self._idx_to_token)
        limit = len(known) + most
        for token, count in sorted(sorted(counter.items()), key=lambda item: -item[1]):
            if count < least or len(self._idx_to_token) == limit:
                return
            if token not in known:
                self._idx_to_token.append(token)

    def __len__(self) -> int:
        return len(self._idx_to_token)

    @property
    def token_to_idx(self) -> dict[Any, int]:
        """The number of each token."""
        return self._token_to_idx

    @property
    def idx_to_token(self) -> list[Any]:
        """Tokens by number."""
        return self._idx_to_token

    @property
    def unknown_token(self) -> Hashable:
        """What stands for all others, number 0."""
        return self._unknown_token

    @property
    def reserved_tokens(self) -> list[Hashable] | None:
        """Tokens with numbers of their own."""
        return self._reserved_tokens

    def to_indices(self, tokens: Any) -> Any:
        """The number of a token, or of each of a list; 0 for unknown ones."""
        if isinstance(tokens, list):
            return [self.to_indices(each) for each in tokens]
        return self._token_to_idx.get(tokens, 0)

    def to_tokens(self, indices: int | Sequence[int]) -> Any:
        """The token of a number, or of each of a list; raises ValueError for a number that is none."""
        if isinstance(indices, list):
            return [self.to_tokens(each) for each in indices]
        if not isinstance(indices, int) or indices >= len(self):
            raise ValueError(f"Token index {indices} in the provided `indices` is invalid.")
        return self._idx_to_token[indices]
