"""Contents of a request's inputs: told by dtype and shape first, and fetched when the executor is ready for them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from offboard_accelerator.shared_memory import Region

__all__ = ["Content", "GivenContent", "SharedContent"]


class Content(Protocol):
    """One input of a request."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def fetch(self, spare: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
        """The array; where it is copied, into ``spare``, if that has its dtype and shape and may be written."""


class GivenContent:
    """It came with the request."""

    __slots__ = ("_array", "dtype", "shape")

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array
        self.dtype: np.dtype[Any] = array.dtype
        self.shape: tuple[int, ...] = array.shape

    def fetch(self, spare: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
        """The array itself."""
        return self._array


class SharedContent:
    """It lies in shared memory."""

    __slots__ = ("_offset", "_region", "dtype", "shape")

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...], region: Region, offset: int) -> None:
        self.dtype, self.shape = dtype, shape
        self._region, self._offset = region, offset

    def fetch(self, spare: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
        """A private copy; raises SharedMemoryError when it cannot be read."""
        fits = spare is not None and spare.flags.writeable and spare.dtype == self.dtype and spare.shape == self.shape
        array = spare if fits and spare is not None else np.empty(self.shape, self.dtype)
        self._region.read(self._offset, array.reshape(-1).view(np.uint8).data)
        return array
