"""What a library with MXNet's API says of one case: lists, inferred shapes and types, outputs or the refusal."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np


def _attempt(function: Callable[[], Any]) -> Any:
    try:
        return {"value": function()}
    except Exception as error:
        lines = str(error).strip().splitlines()
        return {"error": type(error).__name__, "text": lines[-1][:300] if lines else ""}


def _shapes(symbol: Any, given: dict[str, list[int]]) -> list[list[list[int]]]:
    found = symbol.infer_shape_partial(**{name: tuple(shape) for name, shape in given.items()})
    return [[list(shape) for shape in part] for part in found]


def _types(symbol: Any, given: dict[str, str]) -> list[list[str | None]]:
    found = symbol.infer_type_partial(**given)
    # NumPy has no bfloat16: MXNet takes two bytes for it.
    names = {"void16": "bfloat16"}
    return [
        [None if kind is None else names.get(np.dtype(kind).name, np.dtype(kind).name) for kind in part]
        for part in found
    ]


def _plain(array: np.ndarray) -> np.ndarray:
    """bfloat16, which real MXNet has as pairs of bytes, as float32."""
    if array.dtype.name not in ("void16", "bfloat16"):
        return array
    return (np.ascontiguousarray(array).view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def evaluate(mx: Any, head: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything that ``mx`` says of a case, as JSON, and the output arrays by number.

    ``head`` has the graph's JSON, ``consumer`` (the graph with its first output added to the variable ``wanted``),
    queries of shapes ([graph or consumer, shapes]) and of types, and whether it is a training forward.
    """
    outputs: dict[str, np.ndarray] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = _attempt(lambda: [mx.sym.load_json(head["graph"])])
        if "error" in loaded:
            return {"load": loaded}, outputs
        symbol = loaded["value"][0]
        consumer = mx.sym.load_json(head["consumer"]) if head.get("consumer") else None
        said: dict[str, Any] = {
            "lists": _attempt(lambda: [symbol.list_arguments(), symbol.list_outputs(), symbol.list_auxiliary_states()]),
            "shapes": [
                _attempt(lambda which=which, given=given: _shapes(consumer if which else symbol, given))
                for which, given in head["shapes"]
            ],
            "types": [_attempt(lambda given=given: _types(symbol, given)) for given in head["types"]],
        }

        def forward() -> None:
            made = {name: mx.nd.array(array, dtype=array.dtype) for name, array in arrays.items()}
            executor = symbol.bind(
                mx.cpu(),
                {name: made[name] for name in symbol.list_arguments()},
                grad_req="null",
                aux_states={name: made[name] for name in symbol.list_auxiliary_states()},
            )
            mx.random.seed(len(head["graph"]))
            for number, output in enumerate(executor.forward(is_train=head["train"])):
                outputs[str(number)] = _plain(output.asnumpy())

        said["forward"] = _attempt(forward)
    return said, outputs
