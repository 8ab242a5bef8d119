"""Hawkes processes against the likelihood written event by event."""

import math

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke


def test_likelihood_and_state() -> None:
    background, branching, decay = np.array([[0.5, 1.0]]), np.array([0.2, 0.4]), np.array([1.0, 2.0])
    state = np.array([[0.3, 0.0]])
    lags, marks = np.array([[0.5, 0.25, 9.0]]), np.array([[0, 1, 0]], np.int32)
    inputs = [background, branching, decay, state, lags, marks, np.array([2.0]), np.array([2.0])]
    likelihood, left = invoke("_contrib_hawkesll", inputs, {})
    # Kind 0 has one event at 0.5, kind 1 one at 0.75; observation ends at 2.
    first = math.exp(-0.5)
    expected = math.log(0.5 + 0.2 * 0.3 * first) - (0.5 * 0.5 + 0.2 * 0.3 * (1 - first))
    expected += math.log(1.0) - 1.0 * 0.75
    after = 1 + 0.3 * first
    expected -= 0.5 * 1.5 + 0.2 * after * (1 - math.exp(-1.5))
    expected -= 1.0 * 1.25 + 0.4 * (1 - math.exp(-2.5))
    np.testing.assert_allclose(likelihood, [expected], rtol=1e-12)
    np.testing.assert_allclose(left, [[after * math.exp(-1.5), math.exp(-2.5)]], rtol=1e-12)


def test_types_are_checked() -> None:
    ones = np.ones((1, 1))
    inputs = [ones, ones[0], ones[0], ones, ones, ones, ones[0], ones[0]]
    with pytest.raises(MXNetError, match="expected int32, got float64"):
        invoke("_contrib_hawkesll", inputs, {})
