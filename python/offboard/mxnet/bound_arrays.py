"""What an executor hands to its backend at every forward: contents and versions of its arrays, kept up to date."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy.typing as npt

from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["BoundArrays"]


class BoundArrays:
    """A network has hundreds of arrays of which a forward changes one: only that is looked at closely."""

    def __init__(self, arrays: Mapping[str, NDArray]) -> None:
        self._arrays = dict(arrays)
        self._names = list(arrays)
        self._storages = [array._storage for array in arrays.values()]
        self._marks: list[int | None] = []
        self.contents: dict[str, npt.NDArray[Any]] = {}
        self.versions: dict[str, Hashable | None] = {}
        self.refresh()

    def refresh(self) -> None:
        """Brings ``contents`` and ``versions`` up to date."""
        marks = [None if storage.foreign else storage.version for storage in self._storages]
        if marks == self._marks:
            return
        former = self._marks or [-1] * len(marks)
        self._marks = marks
        for name, mark, old in zip(self._names, marks, former, strict=True):
            if mark != old:
                array = self._arrays[name]
                token = array.version_token()
                # A sparse array's elements are made anew when it was written to.
                self.contents[name] = array._data
                # With the shape: a reshaped executor sees another part of the same storage.
                self.versions[name] = None if token is None else (token, array.shape)
