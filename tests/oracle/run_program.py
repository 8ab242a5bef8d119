"""Runs a short program about arrays with MXNet or with ours, and says what came of it.

Runs under both interpreters, so it needs nothing but NumPy.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

_PLAIN = (bool, int, float, str, bytes, type(None))


def run(mx: Any, head: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What ``head["program"]`` leaves in ``result``, the arrays as they are then, and the error it raised."""
    names: dict[str, Any] = {"mx": mx, "nd": mx.nd, "np": np}
    names.update({name: mx.nd.array(array, dtype=array.dtype) for name, array in arrays.items()})
    said: dict[str, Any] = {}
    made: dict[str, np.ndarray] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(head["program"], names)
            said["result"] = _described(names.get("result"), "result", mx, made)
        except Exception as error:
            said["error"] = [kind.__name__ for kind in type(error).__mro__[:-2]]
            said["message"] = str(error)[-300:]
        for name in arrays:
            said[name] = _described(names[name], name, mx, made)
    return said, made


def _described(value: Any, name: str, mx: Any, made: dict[str, np.ndarray]) -> Any:
    if isinstance(value, mx.nd.NDArray):
        made[name] = value.asnumpy()
        return [type(value).__name__, np.dtype(value.dtype).name, list(value.shape), value.stype]
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            return [type(value).__name__, str(array.dtype), str(array)]
        made[name] = array
        return [type(value).__name__, array.dtype.name, list(array.shape)]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *(_described(each, f"{name}.{i}", mx, made) for i, each in enumerate(value))]
    if isinstance(value, _PLAIN):
        return [type(value).__name__, repr(value)]
    if isinstance(value, type):
        return ["type", value.__name__]
    return [type(value).__name__]
