"""Draws short programs about arrays from the texts of ``programs.json``."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np

_TEXTS: dict[str, list[str]] = json.loads(Path(__file__).with_name("programs.json").read_text())
_DTYPES = ("float32", "float32", "float64", "float16", "int32", "int64", "uint8", "int8")
_BINARY = ("+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=")

Program = tuple[str, dict[str, np.ndarray]]


def draw(random: Random) -> Program:
    """A program and the arrays it begins with."""
    return random.choice((_picked, _placed, _combined, _method) * 2 + (_said, _made, _view))(random)


def _array(random: Random, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
    kind = dtype or random.choice(_DTYPES)
    low = 0 if kind.startswith("u") else -3
    drawn = [random.uniform(low, 4) if kind.startswith("f") else random.randint(low, 4) for _ in range(np.prod(shape))]
    return np.array([random.choice((value, 1)) for value in drawn], dtype=kind).reshape(shape)


def _shape(random: Random, most: int = 3) -> tuple[int, ...]:
    return tuple(random.choice((1, 2, 2, 3, 4)) for _ in range(random.choice((1, 2, 2, 2, 3, most))))


def _key(random: Random, shape: tuple[int, ...], least: int) -> str:
    """``least`` is 0 where MXNet writes elsewhere for negative numbers of an advanced key, else -1."""
    parts = []
    for number in range(random.choice((1, 1, 2, len(shape)))):
        size = shape[min(number, len(shape) - 1)]
        bounds = [random.choice(("", str(random.randint(-size - 1, size + 1)))) for _ in range(2)]
        parts.append(
            random.choice(_TEXTS["keys"]).format(
                index=random.randint(least * size, size - 1) if random.random() < 0.95 else size,
                begin=bounds[0],
                end=bounds[1],
                step=random.choice(("", "", "", ":1", ":2", ":-1", ":-2", ":3")),
                several=[random.randint(least * size, size - 1) for _ in range(random.randint(1, 3))],
            )
        )
    return ", ".join(parts)


def _picked(random: Random) -> Program:
    shape = _shape(random, 4)
    return f"result = a[{_key(random, shape, -1)}]", {"a": _array(random, shape)}


def _placed(random: Random) -> Program:
    shape = _shape(random, 4)
    key = _key(random, shape, 0)
    value = random.choice(_TEXTS["values"]).format(key=key)
    other = _shape(random) if random.random() < 0.5 else shape[random.randint(0, len(shape) - 1) :]
    return f"a[{key}] = {value}", {"a": _array(random, shape), "b": _array(random, other)}


def _combined(random: Random) -> Program:
    shape = _shape(random)
    ones = tuple(random.choice((1, size)) for size in shape)
    other = random.choice((shape, shape, shape[-1:], (1,), ones, _shape(random)))
    dtype = random.choice(_DTYPES)
    arrays = {"a": _array(random, shape, dtype), "b": _array(random, other, dtype if random.random() < 0.8 else None)}
    # MXNet dies of an integer division by zero.
    given = "b" if random.random() < 0.5 else random.choice(_TEXTS["numbers"])
    left, right = random.sample(("a", given), 2) if given != "b" else ("a", "b")
    kind = random.random()
    if kind < 0.6:
        return f"result = {left} {random.choice(_BINARY)} {right}", arrays
    if kind < 0.8:
        return f"a {random.choice(('+=', '-=', '*=', '/='))} {given}", arrays
    return f"result = nd.{random.choice(_TEXTS['functions'])}({left}, {right})", arrays


def _method(random: Random) -> Program:
    shape = random.choice(((2, 3), (2, 3), (3,), (1,), (1, 1), (2, 2, 3), (2, 4, 1, 3), _shape(random)))
    text = random.choice(_TEXTS["methods"])
    called = text.format(axis=random.choice((0, 1, -1, -2, 2)), dtype=random.choice(_DTYPES))
    return f"result = b.{called}", {"a": _array(random, (2, 3)), "b": _array(random, shape)}


def _said(random: Random) -> Program:
    shape = random.choice(((2, 3), (2, 2), (3,), (1,), (1, 1), (2, 1, 3), _shape(random)))
    return f"result = {random.choice(_TEXTS['expressions'])}", {"a": _array(random, shape)}


def _made(random: Random) -> Program:
    array = _array(random, _shape(random), random.choice(("float64", "int64")))
    number = random.choice(("3", "2.5", "1e3", "np.float32(2)", "True", "np.int64(4)"))
    text = random.choice(_TEXTS["creation"])
    called = text.format(list=array.tolist(), dtype=random.choice(_DTYPES), shape=_shape(random), number=number)
    return f"result = {called}", {}


def _view(random: Random) -> Program:
    """What is written to a result may be seen in the array it came from."""
    shape = _shape(random)
    made = f"a[{_key(random, shape, 0)}]" if random.random() < 0.2 else random.choice(_TEXTS["views"])
    return f"result = {made}\n{random.choice(_TEXTS['writes'])}", {"a": _array(random, shape)}
