"""How much memory the tensors of a graph take at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

__all__ = ["Step", "peak_bytes"]


class Step(NamedTuple):
    """A node: what it takes in, what it makes, and the bytes that its nested graphs need while it runs."""

    inputs: Collection[str]
    outputs: Collection[str]
    inside: int = 0


def peak_bytes(steps: Sequence[Step], nbytes: Callable[[str], int], edges: Collection[str]) -> int:
    """The largest sum of tensors alive at one step: ``edges`` (inputs and outputs) always, others to their last use."""
    last: dict[str, int] = {}
    for index, step in enumerate(steps):
        last.update(dict.fromkeys(step.inputs, index))
    made = {name for step in steps for name in step.outputs} - set(edges)
    live = peak = 0
    for index, step in enumerate(steps):
        live += sum(nbytes(name) for name in step.outputs if name in made)
        peak = max(peak, live + step.inside)
        live -= sum(nbytes(name) for name in set(step.inputs) if name in made and last[name] == index)
        live -= sum(nbytes(name) for name in step.outputs if name in made and name not in last)
    return peak + sum(nbytes(name) for name in edges)
