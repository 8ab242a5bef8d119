"""The CTC loss against a sum over every alignment."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke


def run(*inputs: Any, **attrs: Any) -> list[float]:
    made: list[float] = invoke("CTCLoss", list(inputs), {k: str(v) for k, v in attrs.items()})[0].tolist()
    return made


def every_alignment(activations: Any, labels: list[int], blank: int) -> float:
    """-log of the summed probability of the frame sequences that read as the labels."""
    exponentials = np.exp(activations.astype("float64"))
    probabilities = exponentials / exponentials.sum(1, keepdims=True)
    total = 0.0
    for frames in itertools.product(range(activations.shape[1]), repeat=len(activations)):
        read = [frame for frame, _ in itertools.groupby(frames) if frame != blank]
        if read == labels:
            total += math.prod(probabilities[t, frame] for t, frame in enumerate(frames))
    return -math.log(total) if total else 0.0


@pytest.fixture
def activations() -> Any:
    return np.random.default_rng(2).standard_normal((5, 3, 4)).astype("float32")


def test_padding_ends_labels(activations: Any) -> None:
    labels = np.array([[1, 2, 3], [2, 2, 0], [0, 0, 0]], np.float32)
    expected = [every_alignment(activations[:, i], made, 0) for i, made in enumerate([[1, 2, 3], [2, 2], []])]
    assert run(activations, labels) == pytest.approx(expected, rel=1e-6)
    last = np.array([[0, 1, 0], [2, 2, -1], [1, -1, -1]], np.int32)
    expected = [every_alignment(activations[:, i], made, 3) for i, made in enumerate([[0, 1, 0], [2, 2], [1]])]
    assert run(activations, last, blank_label="last") == pytest.approx(expected, rel=1e-6)


def test_lengths_are_given(activations: Any) -> None:
    labels = np.array([[1, 2, 3], [2, 2, 1], [3, 1, 1]], np.float32)
    steps, used = np.array([4, 3, 5], np.float32), np.array([2, 2, 1], np.float32)
    cases = [(4, [1, 2]), (3, [2, 2]), (5, [3])]
    expected = [every_alignment(activations[:t, i], made, 0) for i, (t, made) in enumerate(cases)]
    made = run(activations, labels, steps, used, use_data_lengths=True, use_label_lengths=True)
    assert made == pytest.approx(expected, rel=1e-6)


def test_a_sequence_that_is_too_short_costs_nothing(activations: Any) -> None:
    labels = np.array([[1, 1, 1]] * 3, np.float32)  # needs five steps, with blanks between
    made = run(activations, labels, np.array([4, 5, 2], np.float32), use_data_lengths=True)
    assert (made[0], made[2]) == (0, 0)
    assert made[1] == pytest.approx(every_alignment(activations[:, 1], [1, 1, 1], 0), rel=1e-6)


def test_both_last_states_count_where_they_are_equally_likely() -> None:
    plain = np.zeros((3, 1, 2), np.float32)
    assert run(plain, np.array([[0.0]], np.float32), blank_label="last") == pytest.approx([math.log(8 / 6)])
    assert run(plain, np.array([[0.0, 0.0]], np.float32), blank_label="last") == pytest.approx([math.log(8)])


def test_a_label_that_is_the_blank_is_parted_from_others_by_blanks() -> None:
    labels = np.array([[0, 1, 0]], np.float32)
    assert run(np.zeros((4, 1, 2), np.float32), labels, blank_label="last") == pytest.approx([math.log(16)])
    # As many steps as labels, and no way through them.
    assert run(np.zeros((3, 1, 2), np.float32), labels, blank_label="last") == [math.inf]


def test_refusals(activations: Any) -> None:
    with pytest.raises(MXNetError, match="batch size"):
        run(activations, np.ones((2, 3), np.float32))
    with pytest.raises(MXNetError, match="cannot exceed"):
        run(activations, np.ones((3, 6), np.float32))
    with pytest.raises(MXNetError, match="float32"):
        run(activations.astype("float64"), np.ones((3, 2)))
    with pytest.raises(MXNetError, match="labels' type"):
        run(activations, np.ones((3, 2), np.int32), np.ones(3, np.float32), use_label_lengths=True)
