"""Loops as ONNX nodes: a body written like a function of what it carries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offboard.operators.builder import BOOL, INT64, Builder, Value

__all__ = ["outer", "repeat"]

# From the body's builder, the iteration (int64, 0-dimensional) and what is carried, the next of what is carried.
Step = Callable[[Builder, Value, list[Value]], Sequence[Value]]
# From the iteration and what it leaves, whether another follows (bool, 0-dimensional).
Going = Callable[[Value, Sequence[Value]], Value]


def outer(body: Builder, value: Value) -> Value:
    """A value of the graph around a body, for expressions inside it."""
    return Value(body, value.name, value.shape, value.dtype, value.known)


def repeat(trips: int, carried: Sequence[Value], step: Step, going: Going | None = None) -> list[Value]:
    """What ``carried`` is after ``trips`` iterations of ``step``, or fewer where ``going`` ends them.

    What a step leaves besides is collected: stacked along a new first axis. Nothing may end those loops early.
    """
    g = carried[0].graph
    if trips == 0:
        return list(carried)
    body = Builder(g)
    index = body.value(body.fresh("index"), (), INT64)
    goes = body.value(body.fresh("going"), (), BOOL)
    current = [body.value(body.fresh("carried"), value.shape, value.dtype) for value in carried]
    body.inputs = [index, goes, *current]
    left = step(body, index, current)
    for before, after in zip(carried, left, strict=False):
        if (before.shape, before.dtype) != (after.shape, after.dtype):
            raise TypeError(f"a loop carries {before.shape} {before.dtype} and leaves {after.shape} {after.dtype}")
    more = goes if going is None else going(index, left)
    # A body's output must be made in the body: Identity where it is an input or comes from outside.
    body.outputs = [value.unary("Identity") for value in (more, *(outer(body, value) for value in left))]
    specs = [(value.shape, value.dtype) for value in carried]
    specs += [((trips, *value.shape), value.dtype) for value in left[len(carried) :]]
    return g.emit_many("Loop", [g.const(trips, INT64), g.const(True, BOOL), *carried], specs, body=body)
