"""Tokens counted and numbered."""

from collections import Counter

import pytest

import offboard.mxnet as mx

text = mx.contrib.text


def test_tokens_are_counted() -> None:
    counted = text.utils.count_tokens_from_str(" Life is great ! \n life is good . \n", to_lower=True)
    assert counted == Counter({"life": 2, "is": 2, "great": 1, "!": 1, "good": 1, ".": 1})
    assert text.utils.count_tokens_from_str("a", counter_to_update=counted)["a"] == 1


def test_tokens_are_numbered_by_frequency() -> None:
    counter = Counter({"b": 3, "a": 3, "c": 1, "<pad>": 9})
    vocabulary = text.vocab.Vocabulary(counter, min_freq=2, reserved_tokens=["<pad>"])
    assert vocabulary.idx_to_token == ["<unk>", "<pad>", "a", "b"]
    assert vocabulary.to_indices(["b", "z"]) == [3, 0]
    assert vocabulary.to_tokens(2) == "a"
    assert len(text.vocab.Vocabulary(counter, most_freq_count=1)) == 2
    with pytest.raises(ValueError, match="Token index 9"):
        vocabulary.to_tokens([9])
    with pytest.raises(AssertionError, match="duplicate"):
        text.vocab.Vocabulary(reserved_tokens=["a", "a"])
