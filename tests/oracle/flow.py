"""Cases of control flow: graphs whose operators carry graphs, composed by our own ``mx.sym.contrib``."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
from tests.oracle.case import Case

import offboard.mxnet as mx

__all__ = ["FORMS", "draw_flow"]

FORMS = ("_foreach", "_while_loop", "_cond")

_ONE = ("tanh", "sigmoid", "relu", "square", "negative")
_TWO = ("elemwise_add", "elemwise_mul", "elemwise_sub", "broadcast_maximum", "broadcast_minimum")


def _mixed(random: Random, given: Sequence[Any], depth: int = 2) -> Any:
    """An expression of symbols of one shape."""
    if depth == 0 or random.random() < 0.15:
        return random.choice(given)
    if random.random() < 0.4:
        return getattr(mx.sym, random.choice(_ONE))(_mixed(random, given, depth - 1))
    left, right = _mixed(random, given, depth - 1), _mixed(random, given, depth - 1)
    return getattr(mx.sym, random.choice(_TWO))(left, right)


def _sum(given: Sequence[Any]) -> Any:
    """Uses everything, as MXNet asks of what a loop is given."""
    made = given[0]
    for each in given[1:]:
        made = made + each
    return made


class _Drawing:
    """What a case is made of so far."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.dtype = random.choice(["float32", "float32", "float64"])
        self.shape = tuple(random.randint(1, 3) for _ in range(random.randint(1, 3)))
        self.arrays: dict[str, np.ndarray] = {}

    def variable(self, name: str, shape: Sequence[int] | None = None, values: Sequence[float] | None = None) -> Any:
        """A variable and its contents, numbers between -1 and 1 where none are given."""
        generator = np.random.default_rng(self.random.getrandbits(32))
        size = self.shape if shape is None else tuple(shape)
        made = generator.uniform(-1, 1, size) if values is None else np.array(values, np.float64)
        self.arrays[name] = made.astype(self.dtype)
        return mx.sym.var(name)

    def outside(self) -> list[Any]:
        """Up to two arrays that the function takes from around it."""
        return [self.variable(f"free{number}") for number in range(self.random.randint(0, 2))]


def _foreach(made: _Drawing) -> list[Any]:
    random = made.random
    steps = random.randint(1, 5)
    data = [made.variable(f"data{n}", (steps, *made.shape)) for n in range(random.randint(1, 2))]
    states = [made.variable(f"state{n}") for n in range(random.randint(1, 2))]
    free, outputs = made.outside(), random.randint(1, 2)

    def body(now: Any, before: Any) -> Any:
        seen = [*(now if isinstance(now, list) else [now]), *before, *free]
        after = [mx.sym.tanh(_sum(seen)), *(_mixed(random, seen) for _ in before[1:])]
        return [_mixed(random, [*seen, *after]) for _ in range(outputs)], after

    found, last = mx.sym.contrib.foreach(body, data if len(data) > 1 else data[0], states)
    return [*found, *last]


def _while_loop(made: _Drawing) -> list[Any]:
    random = made.random
    most, limit = random.randint(1, 6), random.randint(1, 6)
    count = made.variable("count", (1,), [0.0])
    states = [made.variable(f"state{n}") for n in range(random.randint(1, 2))]
    free = made.outside()

    def body(*before: Any) -> Any:
        seen = [*before[1:], *free]
        after = [mx.sym.tanh(_sum(seen)), *(_mixed(random, seen) for _ in before[2:])]
        return [_mixed(random, [*seen, *after])], [before[0] + 1, *after]

    found, last = mx.sym.contrib.while_loop(
        lambda number, *rest: number < limit, body, [count, *states], max_iterations=most
    )
    # MXNet leaves what lies behind the last iteration as it is.
    kept = [mx.sym.slice_axis(each, axis=0, begin=0, end=min(most, limit)) for each in found]
    return [*kept, *last]


def _cond(made: _Drawing) -> list[Any]:
    random = made.random
    given = [made.variable(f"given{n}") for n in range(random.randint(1, 3))]
    choice = made.variable("choice", (1,))
    count = random.randint(1, 2)

    def branch() -> Any:
        return [_mixed(random, given) for _ in range(count)]

    found = mx.sym.contrib.cond(choice > 0, branch, branch)
    return list(found) if isinstance(found, (list, tuple)) else [found]


def draw_flow(random: Random, operator: str) -> Case:
    """A case of one of the :data:`FORMS`."""
    made = _Drawing(random)
    heads = {"_foreach": _foreach, "_while_loop": _while_loop, "_cond": _cond}[operator](made)
    graph = mx.sym.Group([each + 0 for each in heads])
    wanted = mx.sym.elemwise_add(heads[0], mx.sym.var("wanted"))
    arrays = {name: made.arrays[name] for name in graph.list_arguments()}
    case = Case(operator, {}, graph.tojson(), wanted.tojson(), arrays, train=random.random() < 0.1)
    case.shapes = [(0, {name: list(array.shape) for name, array in arrays.items()})]
    case.types = [{name: array.dtype.name for name, array in arrays.items()}]
    return case
