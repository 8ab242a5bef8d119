"""Tensors through shared memory, where client and worker are on one host."""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import secrets
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.client.connection import Connection
from offboard.errors import MXNetError
from offboard.wire import inference as oip

__all__ = ["THRESHOLD", "Segment"]

# Below this many bytes a copy through the socket costs less than the shared memory's calls.
THRESHOLD = 64 << 10
_FOLDER = "/dev/shm"


class Segment:
    """A file in shared memory, mapped here and registered with the worker. Raises OSError when there is no room."""

    def __init__(self, connection: Connection, size: int) -> None:
        self.name = f"offboard-{secrets.token_hex(12)}"
        self.size = size
        path = os.path.join(_FOLDER, self.name)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._remove = weakref.finalize(self, _unlink, path, os.getpid())
        try:
            # Allocated now: writing to memory that is not there would kill the process.
            os.posix_fallocate(descriptor, 0, size)
            self._map = mmap.mmap(descriptor, size)
        except OSError:
            self._remove()
            raise
        finally:
            os.close(descriptor)
        self.view: npt.NDArray[np.uint8] = np.frombuffer(self._map, np.uint8)
        try:
            request = oip.SystemSharedMemoryRegisterRequest(name=self.name, key=self.name, byte_size=size)
            connection.call("SystemSharedMemoryRegister", request, "registering shared memory", 10.0)
        except MXNetError as error:
            self._remove()
            raise OSError(f"the accelerator does not see this host's shared memory: {error}") from error
        # Both sides have it open: nothing is left behind even if the process is killed.
        self._remove()

    def put(self, offset: int, array: npt.NDArray[Any]) -> None:
        """Copies an array in."""
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        self.view[offset : offset + flat.size] = flat

    def take(self, offset: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """Copies an array out."""
        size = math.prod(shape) * dtype.itemsize
        return self.view[offset : offset + size].view(dtype).reshape(shape).copy()


def _unlink(path: str, pid: int) -> None:
    if pid == os.getpid():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
