"""Memory that a JVM and this process share: files made by the JVM, mapped here."""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError

__all__ = ["ALIGNMENT", "Region", "describe", "dtype_named"]

# Tensors begin at multiples of this many bytes.
ALIGNMENT = 64


def dtype_named(name: str) -> np.dtype[Any]:
    """The dtype of a name on the wire, NumPy's or ``bfloat16``."""
    try:
        if name == "bfloat16":
            import ml_dtypes

            found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        else:
            found = np.dtype(name)
    except TypeError as error:
        raise MXNetError(f"No such dtype: {name}") from error
    return found


class Region:
    """One mapped file. Its arrays are views: what the JVM writes later is seen through them."""

    def __init__(self, path: str, size: int) -> None:
        """Maps the file; raises MXNetError unless it is this user's own file and at least ``size`` bytes long."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise MXNetError(f"The JVM's memory cannot be opened: {error}") from error
        try:
            found = os.fstat(descriptor)
            if found.st_uid != os.getuid():
                raise MXNetError(f"{path} belongs to another user")
            if not 0 < size <= found.st_size:
                raise MXNetError(f"{path} has {found.st_size} bytes, not {size}")
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self.size = size
        self.bytes: npt.NDArray[np.uint8] = np.frombuffer(self._map, np.uint8)

    def view(self, description: Mapping[str, Any]) -> npt.NDArray[Any]:
        """The tensor at ``offset`` with ``dtype`` and ``shape``."""
        dtype = dtype_named(description["dtype"])
        shape = tuple(int(d) for d in description["shape"])
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        offset = int(description["offset"])
        if offset < 0 or offset % dtype.itemsize or offset + size > self.size:
            raise MXNetError(f"A tensor of {size} bytes at {offset} does not lie in a region of {self.size} bytes")
        return self.bytes[offset : offset + size].view(dtype).reshape(shape)

    def put(self, offset: int, arrays: Sequence[npt.NDArray[Any]]) -> list[dict[str, Any]]:
        """Copies arrays in, one after the other from ``offset``; their descriptions."""
        described = describe(arrays, offset)
        for array, description in zip(arrays, described, strict=True):
            self.view(description)[...] = array
        return described


def describe(arrays: Sequence[npt.NDArray[Any]], offset: int) -> list[dict[str, Any]]:
    """Where arrays lie that are stored one after the other."""
    described = []
    for array in arrays:
        offset = -(-offset // ALIGNMENT) * ALIGNMENT
        described.append({"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset})
        offset += array.nbytes
    return described
