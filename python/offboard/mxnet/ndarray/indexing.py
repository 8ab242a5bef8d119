"""What a key picks of an array, as MXNet's legacy arrays see it.

A basic key (integers, slices, None, an ellipsis) whose elements lie together in memory gives a view, any other a copy.
Advanced keys are lists and arrays of integers; booleans in them count as 0 and 1. Scalars are arrays of one element.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError

__all__ = ["pick", "place", "plain"]

Data: TypeAlias = "npt.NDArray[Any]"


def plain(key: Any, data_of: Any) -> Any:
    """A key that NumPy takes for the same; ``data_of`` gives the NumPy array of an MXNet array, else None."""
    if not isinstance(key, tuple):
        return _part(key, data_of)
    if any(isinstance(each, bool) for each in key) and not all(isinstance(each, (int, np.integer)) for each in key):
        # Among integers alone True is 1; beside other keys it picks everything, and of no dimension.
        if not all(each for each in key if isinstance(each, bool)):
            raise MXNetError(f"the slice {key} is empty: a key of False picks nothing")
        key = tuple(each for each in key if not isinstance(each, bool)) or (Ellipsis,)
    return tuple(_part(each, data_of) for each in key)


def _part(key: Any, data_of: Any) -> Any:
    if key is None or key is Ellipsis:
        return key
    if isinstance(key, (bool, np.bool_, int, np.integer)):
        return int(key)
    if isinstance(key, slice):
        return slice(*(None if each is None else int(each) for each in (key.start, key.stop, key.step)))
    array = data_of(key)
    if array is not None and array.dtype == np.bool_:
        raise ValueError(
            "Cannot perform boolean indexing in legacy mode: use mx.nd.contrib.boolean_mask, or index with integers"
        )
    if array is None:
        if not isinstance(key, (list, range, tuple, np.ndarray)):
            raise ValueError(f"NDArray does not support slicing with key {key} of type {type(key)}.")
        array = np.asarray(key)
    if array.size == 0:
        raise MXNetError("Shape dim size cannot be a negative value -1: the array of indices is empty")
    return array.astype(np.int64)


def _basic(key: Any) -> bool:
    return not any(isinstance(each, np.ndarray) for each in (key if isinstance(key, tuple) else (key,)))


def _of_one(key: Any) -> tuple[slice, ...]:
    """A key of integers, which picks one element, as slices, which keep it an array."""
    keys = key if isinstance(key, tuple) else (key,)
    return tuple(slice(each, each + 1 if each != -1 else None) for each in keys if each is not Ellipsis)


def pick(data: Data, key: Any) -> tuple[Data, bool]:
    """The elements of a plain key, and whether they are a view; raises IndexError beyond the ends."""
    if not _basic(key):
        reduced, axes = _without_new_axes(key, data.ndim)
        made = np.expand_dims(np.asarray(data[reduced]), axes)
        return made.reshape(made.shape or (1,)), False
    found = np.asarray(data[key])
    if found.size and found.ndim == 0:
        return data[_of_one(key)].reshape(1), True
    if not found.size:
        _require_range(data.shape, key)
    if not found.flags.c_contiguous:
        return np.array(found), False
    return found, True


def _require_range(shape: tuple[int, ...], key: Any) -> None:
    """Raises MXNetError for a slice without elements that MXNet refuses: it ends before it begins, or is no view."""
    if isinstance(key, slice):
        begin, end, step = key.indices(shape[0])
        if step == 1 and begin > end:
            raise MXNetError(f"Invalid slicing range [{begin}, {end}) of an array of shape {shape}")
        return
    taken = [each for each in key if each is not None] if isinstance(key, tuple) else [key]
    pairs = zip(taken, shape, strict=False)
    lengths = [len(range(*each.indices(size))) if isinstance(each, slice) else 1 for each, size in pairs]
    if Ellipsis not in taken and any(length > 1 for length in lengths[: lengths.index(0)]):
        raise MXNetError(f"the slice {key} of an array of shape {shape} is empty")


def _without_new_axes(key: Any, ndim: int) -> tuple[Any, tuple[int, ...]]:
    """An advanced key without its None, and the axes to add to what it picks.

    MXNet puts them where they are among the slices; NumPy counts the dimensions of the advanced keys too.
    """
    if not isinstance(key, tuple) or not any(each is None for each in key):
        return key, ()
    used = sum(each is not None and each is not Ellipsis for each in key)
    full: list[Any] = []
    for each in key if any(each is Ellipsis for each in key) else (*key, Ellipsis):
        full += [slice(None)] * (ndim - used) if each is Ellipsis else [each]
    advanced = [number for number, each in enumerate(full) if isinstance(each, (int, np.ndarray))]
    if advanced[-1] - advanced[0] >= len(advanced):
        return key, ()
    reduced, axes, kept = [], [], 0
    for each in full:
        if each is None:
            axes.append(kept)
        else:
            reduced.append(each)
        kept += each is None or isinstance(each, slice)
    return tuple(reduced), tuple(axes)


def place(data: Data, key: Any, value: Any) -> None:
    """Writes ``value``, broadcast, where a plain key says; raises ValueError when shapes do not fit.

    Values are converted as C does: numbers out of an integer type's range wrap around.
    """
    values = value if isinstance(value, np.ndarray) else np.asarray(value)
    if values.dtype != data.dtype:
        if data.dtype.kind in "iu" and values.dtype.kind == "f":
            values = np.trunc(values).astype(np.int64)
        values = values.astype(data.dtype)
    if values.size == 1 and values.ndim:
        values = values.reshape(())
    if not _basic(key):
        key, axes = _without_new_axes(key, data.ndim)
        if axes:
            shape = np.expand_dims(np.empty_like(data[key]), axes).shape
            values = np.squeeze(np.broadcast_to(values, shape), axes)
    data[key] = values
