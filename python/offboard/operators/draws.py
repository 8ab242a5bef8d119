"""Random numbers as MXNet's CPU draws them: what ``mx.random.seed`` starts, and random operators draw from.

MXNet shares the samples of an operator out to Mersenne twisters, each seeded one higher than the one before
(``RandGenerator<cpu>``), and C++'s standard library makes numbers of their words. Both are followed here, so a seed
gives MXNet's numbers, but for the rare sample whose acceptance hangs on the last bit of a logarithm.
"""

from __future__ import annotations

import threading
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "DRAWING",
    "Streams",
    "below",
    "chooser",
    "fractions",
    "generator",
    "pairs",
    "polar",
    "seed",
    "streams",
    "words",
]

Array: TypeAlias = npt.NDArray[Any]

# How many twisters there are, and the fewest samples that are worth one more of them.
_TWISTERS = 1024
_LEAST = 64
# Words that are kept ready of a twister.
_READY = 1248
# MXNet multiplies its seed by this.
_MAGIC = 127


class Streams:
    """The twisters of one seed. A row is a twister; what it gives is used in its order."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._twisters: list[np.random.RandomState] = []
        self._words = np.empty((0, _READY), np.uint32)
        # Where the next word of each row lies.
        self._at = np.empty(0, np.int64)

    def shares(self, size: int) -> Array:
        """How many of ``size`` samples each row makes, in the order of the samples."""
        rows = min(-(-size // _LEAST), _TWISTERS)
        each = -(-size // max(rows, 1))
        while len(self._twisters) < rows:
            self._twisters.append(np.random.RandomState((self._first + len(self._twisters)) % (1 << 32)))
        new = rows - len(self._at)
        if new > 0:
            self._words = np.concatenate([self._words, np.empty((new, _READY), np.uint32)])
            self._at = np.concatenate([self._at, np.full(new, _READY)])
        return np.clip(size - each * np.arange(rows), 0, each)

    def words(self, counts: Array) -> Array:
        """The next words of the rows, ``counts`` of each, one row after the other."""
        made = np.empty(int(counts.sum()), np.uint32)
        end = 0
        for row, count in enumerate(counts.tolist()):
            begin, end = end, end + count
            at = self._at[row]
            ready = min(count, _READY - at)
            made[begin : begin + ready] = self._words[row, at : at + ready]
            if ready < count:
                made[begin + ready : end] = self._fresh(row, count - ready)
            self._at[row] += ready
        return made

    def word(self, rows: Array) -> Array:
        """The next word of each of ``rows``."""
        self._refill(rows[self._at[rows] == _READY])
        made: Array = self._words[rows, self._at[rows]]
        self._at[rows] += 1
        return made

    def uniform(self, size: int, dtype: Any) -> Array:
        """Numbers from 0 to below 1: float32 of a word each, float64 of two."""
        wide = np.dtype(dtype) == np.float64
        made = self.words(self.shares(size) * (2 if wide else 1))
        return fractions(made[0::2], made[1::2]) if wide else fractions(made)

    def normal(self, size: int, dtype: Any) -> Array:
        """Numbers of the normal distribution, by the polar method: a pair of uniform ones gives one, or is rejected."""
        counts = self.shares(size)
        made = np.empty((len(counts), counts.max(initial=0)), dtype)
        done = np.zeros_like(counts)
        per_pair = 4 if made.dtype == np.float64 else 2
        while (rows := np.flatnonzero(done < counts)).size:
            self._refill(rows)
            window = self._words[rows]
            halves = [window[:, start::per_pair] for start in range(per_pair)]
            xy = [fractions(*halves[:2]), fractions(*halves[2:])] if per_pair == 4 else [fractions(h) for h in halves]
            y, square, accepted = pairs(*xy)
            order = np.cumsum(accepted, axis=1)
            needed = counts[rows] - done[rows]
            row, pair = np.nonzero(accepted & (order <= needed[:, None]))
            made[rows[row], done[rows][row] + order[row, pair] - 1] = polar(y[row, pair], square[row, pair])
            enough = order[:, -1] >= needed
            used = np.where(enough, np.argmax(order >= needed[:, None], axis=1) + 1, accepted.shape[1])
            self._at[rows] += used * per_pair
            done[rows] += np.minimum(order[:, -1], needed)
        return made[np.arange(made.shape[1]) < counts[:, None]]

    def _fresh(self, row: int, count: int) -> Array:
        return self._twisters[row].randint(0, 1 << 32, count, np.uint32)

    def _refill(self, rows: Array) -> None:
        """Makes a whole window of words ready."""
        for row in rows.tolist():
            at = self._at[row]
            if at:
                self._words[row, : _READY - at] = self._words[row, at:]
                self._words[row, _READY - at :] = self._fresh(row, int(at))
                self._at[row] = 0


def fractions(low: Array, high: Array | None = None) -> Array:
    """Words as numbers from 0 to below 1, as C++'s ``generate_canonical`` makes them."""
    if high is None:
        single = low.astype(np.float32) * np.float32(2.0**-32)
        return np.minimum(single, np.nextafter(np.float32(1), np.float32(0)))
    double = (low + high * 2.0**32) * 2.0**-64
    return np.minimum(double, np.nextafter(1.0, 0.0))


def pairs(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Pairs of uniform numbers as points: the second coordinates, the squared radii, and which are in the circle."""
    one = x.dtype.type(1)
    x, y = x + x - one, y + y - one
    square = x * x + y * y
    return y, square, (square <= 1) & (square != 0)


def polar(y: Array, square: Array) -> Array:
    """The normal number of each point in the circle."""
    return y * np.sqrt(-2 * np.log(square, dtype=np.float64).astype(square.dtype) / square)


class _State:
    """Everything that one seed starts."""

    def __init__(self, number: int) -> None:
        first = number * _MAGIC % (1 << 32)
        self.streams = Streams(first)
        self.chooser = np.random.RandomState(first)
        self.generator = np.random.default_rng(first)


# As MXNet's, a program that seeds nothing draws the same numbers every time.
_STATE = [_State(0)]
# Held while an operator draws: what several threads draw at once must not be the same words.
DRAWING = threading.Lock()


def seed(number: int) -> None:
    """Starts all streams again."""
    _STATE[0] = _State(number)


def streams() -> Streams:
    """What most random operators draw from."""
    return _STATE[0].streams


def chooser() -> np.random.RandomState:
    """The one twister that choices and permutations draw from."""
    return _STATE[0].chooser


def words(count: int) -> Array:
    """The next words of ``chooser``."""
    return chooser().randint(0, 1 << 32, count, np.uint32)


def below(counts: Array) -> Array:
    """A number from 0 to below each of ``counts``, as C++'s ``uniform_int_distribution`` makes it of ``chooser``."""
    span = ((1 << 32) - 1) // counts
    drawn = words(len(counts)).astype(np.int64)
    # What lies past the last whole span is drawn again, which moves all words behind it up.
    while (past := np.flatnonzero(drawn >= span * counts)).size:
        drawn = np.concatenate([np.delete(drawn, past[0]), words(1).astype(np.int64)])
    return drawn // span


def generator() -> np.random.Generator:
    """For log-uniform samples, whose numbers are not MXNet's."""
    return _STATE[0].generator
