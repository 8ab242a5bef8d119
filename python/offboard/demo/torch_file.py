"""Reads the weights of a PyTorch file (the format before 1.6) without PyTorch, and without running anything in it.

The file is a row of pickles and then raw storages. The unpickler knows the handful of names that a state dictionary is
made of and refuses every other.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["load_state"]

_MAGIC = 0x1950A86A20F9469CFC6C
_STORAGES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Storage:
    def __init__(self, dtype: np.dtype[Any], count: int) -> None:
        self.dtype, self.count = dtype, count
        self.data: npt.NDArray[Any] | None = None


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> None:
        self.storage, self.offset, self.shape, self.stride = storage, offset, shape, stride

    def array(self) -> npt.NDArray[Any]:
        data = self.storage.data
        if data is None:
            raise ValueError("a tensor names a storage that the file lacks")
        steps = tuple(step * data.itemsize for step in self.stride)
        last = self.offset + sum((d - 1) * step for d, step in zip(self.shape, self.stride, strict=True))
        if not 0 <= self.offset <= last < max(data.size, 1):
            raise ValueError("a tensor lies outside its storage")
        view = np.lib.stride_tricks.as_strided(data[self.offset :], self.shape, steps)
        return np.ascontiguousarray(view)


def _rebuild(storage: _Storage, offset: int, shape: Any, stride: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, stride)))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _STORAGES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage_type, key, _, count = pid[:5]
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown kind of object {kind!r}")
        return self.storages.setdefault(str(key), _Storage(_STORAGES[storage_type], int(count)))


def load_state(path: str | Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a state dictionary by name; raises ValueError for any other file."""
    file = io.BytesIO(Path(path).read_bytes())
    try:
        if _Unpickler(file).load() != _MAGIC:
            raise ValueError("no PyTorch file of the format before 1.6")
        _Unpickler(file).load()
        _Unpickler(file).load()
        reader = _Unpickler(file)
        state = reader.load()
        for key in _Unpickler(file).load():
            storage = reader.storages[str(key)]
            (count,) = struct.unpack("<q", file.read(8))
            raw = file.read(count * storage.dtype.itemsize)
            if count != storage.count or len(raw) != count * storage.dtype.itemsize:
                raise ValueError("truncated")
            storage.data = np.frombuffer(raw, storage.dtype)
    except (pickle.UnpicklingError, EOFError, KeyError, struct.error, AttributeError) as error:
        raise ValueError(f"{path} holds no weights that can be read: {error}") from error
    return {name: tensor.array() for name, tensor in state.items() if isinstance(tensor, _Tensor)}
