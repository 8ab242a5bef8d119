"""One side of the comparison with real MXNet, the same program for both: ``python side.py MODULE``.

Reads a request a line and answers in a line, both JSON. It runs in an interpreter that need not have Offboard, so it
imports nothing of it but ``MODULE``.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["OPERATORS", "SIDES"]

# Names of the two modules with MXNet's API.
SIDES = ("offboard.mxnet", "mxnet")
_CALLS = 200
# Imperative operators on small arrays: the library, a 4 x 4 array and a 1 x 3 x 8 x 8 one.
OPERATORS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "x + x": lambda mx, x, image: x + x,
    "x * 2": lambda mx, x, image: x * 2,
    "exp": lambda mx, x, image: mx.nd.exp(x),
    "dot": lambda mx, x, image: mx.nd.dot(x, x),
    "sum": lambda mx, x, image: mx.nd.sum(x, axis=1),
    "softmax": lambda mx, x, image: mx.nd.softmax(x),
    "concat": lambda mx, x, image: mx.nd.concat(x, x, dim=0),
    "x[1:3]": lambda mx, x, image: x[1:3],
    "reshape": lambda mx, x, image: x.reshape((2, 8)),
    "transpose": lambda mx, x, image: mx.nd.transpose(x),
    "zeros": lambda mx, x, image: mx.nd.zeros((4, 4)),
    "array": lambda mx, x, image: mx.nd.array([1.0, 2.0, 3.0]),
    "Pooling": lambda mx, x, image: mx.nd.Pooling(image, kernel=(2, 2), stride=(2, 2), pool_type="max"),
    "Flatten": lambda mx, x, image: mx.nd.Flatten(image),
}


def _operator(mx: Any, name: str) -> dict[str, float]:
    """Microseconds of one call, its result waited for."""
    x, image = mx.nd.ones((4, 4)), mx.nd.ones((1, 3, 8, 8))
    for _ in range(20):
        OPERATORS[name](mx, x, image).wait_to_read()
    start = time.perf_counter()
    for _ in range(_CALLS):
        OPERATORS[name](mx, x, image).wait_to_read()
    return {"call": (time.perf_counter() - start) / _CALLS * 1e6}


def _network(mx: Any, path: str, shapes: dict[str, list[int]]) -> dict[str, float]:
    """Milliseconds until a graph is loaded, bound to random weights, has run for the first time, and again."""
    given = {name: tuple(shape) for name, shape in shapes.items()}
    symbol = mx.sym.load(path)
    inferred, _, states = symbol.infer_shape(**given)
    generator = np.random.default_rng(0)

    def filled(name: str, shape: tuple[int, ...]) -> Any:
        if name in given or name.endswith(("gamma", "var")):
            return mx.nd.ones(shape)
        return mx.nd.array(generator.standard_normal(shape, dtype=np.float32) * 0.02)

    arguments = {name: filled(name, shape) for name, shape in zip(symbol.list_arguments(), inferred, strict=True)}
    auxiliary = {name: filled(name, shape) for name, shape in zip(symbol.list_auxiliary_states(), states, strict=True)}
    for array in (*arguments.values(), *auxiliary.values()):
        array.wait_to_read()
    marks = [time.perf_counter()]
    symbol = mx.sym.load(path)
    marks.append(time.perf_counter())
    executor = symbol.bind(mx.cpu(), arguments, aux_states=auxiliary, grad_req="null")
    marks.append(time.perf_counter())
    for _ in range(2):
        for output in executor.forward(is_train=False):
            output.asnumpy()
        marks.append(time.perf_counter())
    load, bind, first, second = (float(stop - start) * 1e3 for start, stop in itertools.pairwise(marks))
    return {"load": load, "bind": bind, "first": first, "in all": load + bind + first, "second": second}


def main() -> None:
    """Answers until standard input ends; what libraries print goes to standard error."""
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        mx = importlib.import_module(sys.argv[1])
        for line in sys.stdin:
            request = json.loads(line)
            if "operator" in request:
                made = _operator(mx, request["operator"])
            else:
                made = _network(mx, request["path"], request["shapes"])
            answers.write(json.dumps(made) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
