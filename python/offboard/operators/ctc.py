"""Connectionist temporal classification: the loss of labels that may fall anywhere in a sequence."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import FLOAT32, FLOAT64, INT64, Builder, Value
from offboard.operators.loops import outer, repeat
from offboard.operators.record import Params, operator, type_of_first


def _log_sum(g: Builder, values: Sequence[Value]) -> Value:
    """log of the sum of exponentials, -inf where all are."""
    largest = values[0]
    for value in values[1:]:
        largest = g.maximum(largest, value)
    base = g.where(largest.equals(-math.inf), g.const(0.0), largest)
    total = (values[0] - base).exp()
    for value in values[1:]:
        total = total + (value - base).exp()
    return total.log() + base


def _shifted(x: Value, count: int) -> Value:
    """States moved to later ones, -inf coming in."""
    n, states = x.shape
    return x.pad([(0, 0), (count, 0)], -math.inf).slice(1, 0, states).reshape((n, states))


def _checked(p: Params, data: Value, label: Value, lengths: Sequence[Value]) -> None:
    if data.dtype != FLOAT32:
        raise ValueError(f"CTCLoss takes float32, not {data.dtype}")
    if data.ndim != 3 or label.ndim != 2:
        raise ValueError(f"data (time, batch, alphabet) and labels (batch, labels), not {data.shape} {label.shape}")
    if data.shape[1] != label.shape[0]:
        raise ValueError("The batch size for the labels and data arrays must be the same.")
    if data.shape[0] < label.shape[1]:
        raise ValueError("The max number of labels cannot exceed the maximum sequence length of the data.")
    for each in lengths:
        if each.shape != (data.shape[1],):
            raise ValueError(f"lengths are one a sample, {data.shape[1]}, not {each.shape}")
    if p.use_data_lengths and lengths[0].dtype != FLOAT32:
        raise ValueError(f"data lengths are float32, not {lengths[0].dtype}")
    if p.use_label_lengths and lengths[-1].dtype != label.dtype:
        raise ValueError(f"label lengths have the labels' type {label.dtype}, not {lengths[-1].dtype}")


def _label_lengths(label: Value, padding: int) -> Value:
    """Labels before the first padding: (batch, 1)."""
    n, count = label.shape
    padded = label.equals(padding).cast(np.int32)
    first = label.graph.emit("ArgMax", [padded], (n, 1), INT64, axis=1, keepdims=1)
    return label.graph.where(padded.max([1], True), first, label.graph.const(count, INT64))


def _repeats(names: Value, used: Value) -> Value:
    """How many of the used labels equal the one before, which a blank must part: (batch, 1)."""
    n, count = names.shape
    if count < 2:
        return names.graph.full((n, 1), 0, INT64)
    later = names.graph.const(np.arange(1, count, dtype=np.int64).reshape(1, count - 1)) < used
    return (names.slice(1, 1, count).equals(names.slice(1, 0, count - 1)) & later).cast(INT64).sum([1], True)


@operator("CTCLoss", types=type_of_first)
def ctc_loss(p: Params, data: Value, label: Value, *lengths: Value) -> Value:
    """The negative log-likelihood of each sample's labels (n,); 0 where the sequence is too short for their number.

    States alternate blanks and labels, 2 * labels + 1 of them; each step of time stays, goes on, or passes over a
    blank between two different labels.
    """
    _checked(p, data, label, lengths)
    g = p.graph
    time, n, alphabet = data.shape
    count = label.shape[1]
    states = 2 * count + 1
    blank = 0 if p.blank_label == "first" else alphabet - 1
    names = label.cast(INT64)
    if p.use_label_lengths:
        used = lengths[-1].cast(INT64).reshape((n, 1))
    else:
        used = _label_lengths(names, 0 if p.blank_label == "first" else -1)
    steps = lengths[0].cast(INT64).reshape((n, 1)) if p.use_data_lengths else g.full((n, 1), time, INT64)

    blanks = g.full((n, count), blank, INT64)
    path = g.concat([g.stack([blanks, names], 2).reshape((n, 2 * count)), g.full((n, 1), blank, INT64)], 1)
    within = path.clip(0, alphabet - 1).reshape((1, n, states)).expand((time, n, states))
    likelihoods = data.cast(FLOAT64).unary("LogSoftmax", axis=2)
    emitted = g.emit("GatherElements", [likelihoods, within], (time, n, states), axis=2)
    impossible = g.const(-math.inf)
    position = g.const(np.arange(states, dtype=np.int64).reshape(1, states))
    repeated = path.slice(1, 2, states).equals(path.slice(1, 0, states - 2)) if count else None
    begun = g.where(position < 2, emitted.slice(0, 0, 1).squeeze(0), impossible)

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        (before,) = carried
        now = (index + 1).reshape((1,))
        ways = [before, _shifted(before, 1)]
        if repeated is not None:
            passing = ~outer(body, repeated) & ~outer(body, path).slice(1, 2, states).equals(blank)
            from_last = body.where(passing, before.slice(1, 0, states - 2), body.const(-math.inf))
            ways.append(from_last.pad([(0, 0), (2, 0)], -math.inf))
        after = _log_sum(body, ways) + outer(body, emitted).gather(now, 0).squeeze(0)
        return [body.where(now < outer(body, steps), after, before)]

    (ended,) = repeat(time - 1, [begun], step)
    # After the last label, or on it.
    last = used * 2
    after = g.emit("GatherElements", [ended, last], (n, 1), axis=1)
    on = g.emit("GatherElements", [ended, g.maximum(last - 1, g.const(0, INT64))], (n, 1), axis=1)
    loss = -_log_sum(g, [after, g.where(last > 0, on, impossible)]).reshape((n,))
    # Labels of which one is the blank may have no way even where their number fits, and then cost infinitely much.
    fits = (used + _repeats(names, used) <= steps).reshape((n,))
    return g.where(fits, loss, g.const(0.0)).cast(FLOAT32)
