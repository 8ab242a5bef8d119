"""``mx.nd.contrib.foreach``, ``while_loop`` and ``cond``: Python's own control flow over arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.nesting import flatten, regroup

__all__ = ["cond", "foreach", "while_loop"]


def foreach(body: Callable[..., Any], data: Any, init_states: Any) -> tuple[Any, Any]:
    """``body(item, states) -> (outputs, states)`` on each item along axis 0: (stacked outputs, last states)."""
    flat, _ = flatten(data, NDArray, "foreach input")
    flatten(init_states, NDArray, "foreach states")
    single, states = isinstance(data, NDArray), init_states
    rows: list[list[NDArray]] = []
    layout: Any = []
    for index in range(len(flat[0])):
        made, states = body(data[index] if single else [each[index] for each in data], states)
        outputs, layout = flatten(made, NDArray, "foreach output")
        rows.append(outputs)
    stacked = [_stacked(list(each)) for each in zip(*rows, strict=True)]
    return regroup(stacked, layout), states


def _stacked(arrays: list[NDArray], length: int = 0) -> NDArray:
    """Arrays along a new first axis, with rows of zeros up to ``length``."""
    made = np.stack([each._data for each in arrays])
    missing = max(length - len(arrays), 0)
    return NDArray(np.concatenate([made, np.zeros((missing, *made.shape[1:]), made.dtype)]) if missing else made)


def _scalar(value: Any, kind: Callable[[Any], Any], what: str) -> Any:
    try:
        return kind(value.asscalar() if isinstance(value, NDArray) else value)
    except (TypeError, ValueError):
        raise ValueError(f"Cannot convert {what} to python {getattr(kind, '__name__', kind)}") from None


def while_loop(
    cond: Callable[..., Any], func: Callable[..., Any], loop_vars: Any, max_iterations: Any = None
) -> tuple[Any, Any]:
    """``func(*loop_vars) -> (outputs, loop_vars)`` while ``cond(*loop_vars)``: (stacked outputs, last variables).

    The outputs have ``max_iterations`` rows; those of iterations that never came are zeros.
    """
    if max_iterations is None:
        raise ValueError("max_iterations should be specified")
    limit = _scalar(max_iterations, int, "max_iteration")
    if len(loop_vars) == 0:
        raise ValueError("loop_vars should contain at least one element")
    single = isinstance(loop_vars, NDArray)
    variables = [loop_vars] if single else list(loop_vars)
    rows: list[list[NDArray]] = []
    layout: Any = None
    while len(rows) < limit and _scalar(cond(*variables), bool, "Return value of cond"):
        made, after = func(*variables)
        after = [] if after is None else [after] if isinstance(after, NDArray) else list(after)
        if len(after) != len(variables):
            raise ValueError("The length of loop_vars should be consistent during the loop")
        variables = after
        outputs, layout = flatten([] if made is None else made, NDArray, "while output")
        if rows and len(outputs) != len(rows[0]):
            raise ValueError("Number of elements in step_output should be the same in each step")
        rows.append(outputs)
    stacked: Any = []
    for number, column in enumerate(zip(*rows, strict=True), 1):
        if len({each.shape for each in column}) > 1:
            listed = "\n".join(f"  Step {step}, shape is {each.shape}" for step, each in enumerate(column))
            raise ValueError(f"Shapes of {number}-th elements in step_outputs are inconsistent, which are:\n{listed}")
        stacked.append(_stacked(list(column), limit))
    return regroup(stacked, layout) if layout is not None else stacked, variables[0] if single else variables


def cond(pred: Any, then_func: Callable[[], Any], else_func: Callable[[], Any]) -> Any:
    """What ``then_func()`` gives where the number ``pred`` is not zero, else what ``else_func()`` gives."""
    return then_func() if _scalar(pred, bool, "pred") else else_func()
