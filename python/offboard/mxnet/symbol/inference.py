"""What ``infer_shape`` and ``infer_type`` take, give and say."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import index
from typing import Any

import numpy as np

from offboard.errors import MXNetError
from offboard.graph import lists
from offboard.graph.node import Graph
from offboard.mxnet.ndarray.ndarray import resolve_dtype
from offboard.operators.infer import infer_shapes, infer_types

__all__ = ["shapes_of", "types_of"]


def shapes_of(graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], *, partial: bool) -> tuple[Any, Any, Any]:
    """(argument, output, auxiliary) shapes; unknown ones are () or hold 0.

    Unless ``partial``, three None and a UserWarning when something is unknown.
    """
    given = _given(graph, args, kwargs, "shapes", _checked_shape)
    with _said("infer_shape", args, kwargs):
        _refuse_unknown(graph, given, "InferShapeKeyword")
        inferred = infer_shapes(graph, {name: shape for name, shape in given.items() if shape})
    arguments = [inferred.arguments[name] or () for name in lists.argument_names(graph)]
    auxiliary = [inferred.auxiliary[name] or () for name in lists.auxiliary_names(graph)]
    outputs = [shape or () for shape in inferred.outputs]
    if partial or inferred.complete:
        return arguments, outputs, auxiliary
    unknown = [
        f"\n\t{name}: {shape}"
        for name, shape in zip(lists.argument_names(graph), arguments, strict=True)
        if not shape or 0 in shape
    ]
    warnings.warn(
        "Cannot decide shape for the following arguments (0s in shape means unknown dimensions). "
        f"Consider providing them as input:{''.join(unknown)}",
        stacklevel=3,
    )
    return None, None, None


def types_of(graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], *, partial: bool) -> tuple[Any, Any, Any]:
    """(argument, output, auxiliary) NumPy types, None where unknown; as :func:`shapes_of` unless ``partial``."""
    given = _given(graph, args, kwargs, "types", lambda _, dtype: resolve_dtype(dtype))
    with _said("infer_type", args, kwargs):
        _refuse_unknown(graph, given, "InferType")
        inferred = infer_types(graph, given)

    def kind(dtype: np.dtype[Any] | None) -> Any:
        return None if dtype is None else dtype.type

    names = lists.argument_names(graph)
    arguments = [kind(inferred.arguments[name]) for name in names]
    outputs = [kind(dtype) for dtype in inferred.outputs]
    auxiliary = [kind(inferred.auxiliary[name]) for name in lists.auxiliary_names(graph)]
    if partial or None not in (*arguments, *outputs, *auxiliary):
        return arguments, outputs, auxiliary
    unknown = [f"\n\t{name}: None" for name, each in zip(names, arguments, strict=True) if each is None]
    warnings.warn(
        f"Cannot decide type for the following arguments. Consider providing them as input:{''.join(unknown)}",
        stacklevel=3,
    )
    return None, None, None


def _given(
    graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], what: str, checked: Callable[[Any, Any], Any]
) -> dict[str, Any]:
    if args and kwargs:
        raise ValueError(f"Can only specify known argument {what} either by positional or kwargs way.")
    if args:
        names = lists.argument_names(graph)
        made = {number: checked(number, value) for number, value in enumerate(args) if value is not None}
        return {names[number]: value for number, value in made.items() if number < len(names)}
    return {name: checked(repr(name), value) for name, value in kwargs.items() if value is not None}


def _checked_shape(label: Any, shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple):
        said = label if isinstance(label, str) else f"argument {label}"
        raise TypeError(f"Arguments need to be shapes (tuple), but {said} is {type(shape)}.")
    # A negative dimension means unknown, as 0 does.
    return tuple(max(index(d), 0) for d in shape)


def _refuse_unknown(graph: Graph, given: Mapping[str, Any], what: str) -> None:
    candidates = [node.name for node in graph.variables()]
    for name in given:
        if name not in candidates:
            listed = "".join(f"\n\t[{number}]{candidate}" for number, candidate in enumerate(candidates))
            raise MXNetError(f"{what} argument name {name} not found.\nCandidate arguments:{listed}")


@contextmanager
def _said(function: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[None]:
    """Prints what was given before an error goes on, as MXNet does."""
    try:
        yield
    except MXNetError:
        print(f"{function} error. Arguments:")
        for number, value in enumerate(args):
            print(f"  #{number}: {value}")
        for name, value in kwargs.items():
            print(f"  {name}: {value}")
        raise
