"""Hawkes processes: events of several kinds, each of which makes more of its kind likely for a while."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT64, Builder, Dtype, Value
from offboard.operators.loops import outer, repeat
from offboard.operators.record import Params, operator

_INT32 = np.dtype(np.int32)


def _types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """Marks are int32; everything else has one type."""
    common = next((dtype for index, dtype in enumerate(dtypes) if index != 5 and dtype is not None), None)
    return [_INT32 if index == 5 else common for index in range(8)], [common, common]


def _checked(inputs: Sequence[Value]) -> None:
    base, lags = inputs[0], inputs[4]
    if base.ndim != 2 or lags.ndim != 2:
        raise ValueError(f"background (samples, kinds) and lags (samples, events), not {base.shape} {lags.shape}")
    (n, kinds), events = base.shape, lags.shape[1]
    wanted = [(n, kinds), (kinds,), (kinds,), (n, kinds), (n, events), (n, events), (n,), (n,)]
    if [value.shape for value in inputs] != wanted:
        raise ValueError(f"hawkesll needs shapes {wanted}, not {[value.shape for value in inputs]}")


@operator("_contrib_hawkesll", types=_types)
def hawkes_log_likelihood(p: Params, *inputs: Value) -> list[Value]:
    """Log-likelihoods (n,) of event sequences of different lengths, and the states (n, kinds) they leave.

    A kind's intensity is background + branching * decay * state, where the state decays with time and each event adds
    1; the likelihood subtracts the intensity's integral up to the end of observation.
    """
    _checked(inputs)
    g = p.graph
    background, branching, decay, state, lags, marks, lengths, until = (value.cast(FLOAT64) for value in inputs)
    n, kinds = background.shape
    kind = g.const(np.arange(kinds, dtype=np.float64))

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        likelihood, now, last, memory = carried
        at = index.reshape((1,))
        base, branch, rate = outer(body, background), outer(body, branching), outer(body, decay)
        here = outer(body, marks).gather(at, 1).equals(kind) & (index.cast(FLOAT64) < outer(body, lengths).unsqueeze(1))
        happened = here.cast(np.int32).max([1], True)
        now = body.where(happened, now + outer(body, lags).gather(at, 1), now)
        waited = now - last
        left = (-(rate * waited)).exp()
        intensity = base + branch * rate * memory * left
        integral = base * waited + branch * memory * (1.0 - left)
        gained = body.where(here, intensity.log() - integral, body.const(0.0))
        return [
            likelihood + gained.sum([1]),
            now,
            body.where(here, now.expand((n, kinds)), last),
            body.where(here, memory * left + 1.0, memory),
        ]

    start = [g.full((n,), 0, FLOAT64), g.full((n, 1), 0, FLOAT64), g.full((n, kinds), 0, FLOAT64), state]
    likelihood, _, last, memory = repeat(lags.shape[1], start, step)
    waited = until.unsqueeze(1) - last
    left = (-(decay * waited)).exp()
    integral = background * waited + branching * memory * (1.0 - left)
    dtype = inputs[0].dtype
    return [(likelihood - integral.sum([1])).cast(dtype), (memory * left).cast(dtype)]
