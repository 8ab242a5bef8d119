"""``.params`` files (NDArray containers) of every MXNet version, both ways.

Large files are mapped copy-on-write: an array costs no private memory until it is written to.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.operators.infer import TYPE_FLAGS

__all__ = ["Array", "SparseArray", "dump", "load", "loads", "save"]

_HEADER = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_FLAGS = {dtype: flag for flag, dtype in TYPE_FLAGS.items()}
_MAPPED = 1 << 20
_NDIM = 32


@dataclass(frozen=True)
class SparseArray:
    """A row_sparse (aux: row indices) or csr (aux: indptr, then column indices) array."""

    stype: str
    shape: tuple[int, ...]
    data: npt.NDArray[Any]
    aux: tuple[npt.NDArray[Any], ...]


Array: TypeAlias = "npt.NDArray[Any] | SparseArray | None"


class _Reader:
    def __init__(self, data: Any, name: str) -> None:
        self.data = data
        self.buffer = memoryview(data)
        self.name = name
        self.offset = 0

    def refuse(self, why: str) -> MXNetError:
        return MXNetError(f"Invalid NDArray file format: {self.name}: {why}")

    def take(self, size: int) -> int:
        """Steps over ``size`` bytes, which must be there; returns where they start."""
        start = self.offset
        if size > len(self.buffer) - start:
            raise self.refuse(f"truncated at byte {start}")
        self.offset += size
        return start

    def number(self, code: str) -> int:
        start = self.take(struct.calcsize(code))
        return int(struct.unpack_from("<" + code, self.buffer, start)[0])

    def shape(self, ndim: int, code: str = "q") -> tuple[int, ...]:
        if not 0 <= ndim <= _NDIM:
            raise self.refuse(f"{ndim} dimensions")
        dims = tuple(self.number(code) for _ in range(ndim))
        if any(d < 0 for d in dims):
            raise self.refuse(f"shape dim size must be >= -1, while received {dims}")
        return dims

    def dtype(self) -> np.dtype[Any]:
        flag = self.number("i")
        if flag not in TYPE_FLAGS:
            raise self.refuse(f"Unknown type enum {flag}")
        return TYPE_FLAGS[flag]

    def array(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        count = 1
        for d in shape:
            count *= d
        start = self.take(count * dtype.itemsize)
        if count == 0:
            return np.empty(shape, dtype)
        flat: npt.NDArray[Any] = np.frombuffer(self.data, np.uint8, count * dtype.itemsize, start)
        # Entries are not aligned in the file; kernels want aligned memory only where they read it.
        return flat.view(dtype).reshape(shape)


def load(path: str | os.PathLike[str]) -> list[Array] | dict[str, Array]:
    """The arrays of a file: a dict where they are named, else a list. Raises MXNetError."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size >= _MAPPED:
                data: Any = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
            else:
                data = bytearray(file.read())
    except OSError as error:
        raise MXNetError(f'LocalFileSystem: Check failed: Open "{path}": {error.strerror}') from None
    return loads(data, str(path))


def loads(data: Any, name: str = "buffer") -> list[Array] | dict[str, Array]:
    """The arrays of a file's bytes; arrays are views of ``data`` and writable if it is."""
    reader = _Reader(data, name)
    if len(reader.buffer) < 24 or reader.number("Q") != _HEADER:
        raise reader.refuse("it does not begin as one")
    reader.number("Q")
    count = reader.number("Q")
    # The shortest entry is a V2 "none": 12 bytes.
    if count > len(reader.buffer) // 8:
        raise reader.refuse(f"{count} arrays in {len(reader.buffer)} bytes")
    arrays = [_entry(reader) for _ in range(count)]
    named = reader.number("Q")
    if named == 0:
        return arrays
    if named != count:
        raise reader.refuse(f"{named} names for {count} arrays")
    names = []
    for _ in range(named):
        length = reader.number("Q")
        start = reader.take(length)
        try:
            names.append(bytes(reader.buffer[start : start + length]).decode())
        except UnicodeDecodeError:
            raise reader.refuse("a name is not UTF-8") from None
    return dict(zip(names, arrays, strict=True))


def _entry(reader: _Reader) -> Array:
    magic = reader.number("I")
    if magic == _V3:
        raise reader.refuse("an array was saved with np shape semantics, which the legacy interface does not read")
    if magic == _V2:
        return _entry_v2(reader)
    shape = reader.shape(reader.number("i")) if magic == _V1 else reader.shape(magic, "I")
    if not shape:
        return None
    reader.number("i")
    reader.number("i")
    return reader.array(shape, reader.dtype())


def _entry_v2(reader: _Reader) -> Array:
    kind = reader.number("i")
    if kind not in (0, 1, 2):
        raise reader.refuse(f"Unknown storage type{kind}")
    storage = reader.shape(reader.number("i")) if kind else ()
    shape = reader.shape(reader.number("i"))
    if not shape:
        return None
    reader.number("i")
    reader.number("i")
    dtype = reader.dtype()
    if kind == 0:
        return reader.array(shape, dtype)
    specs = []
    for _ in range(kind):
        aux_dtype = reader.dtype()
        specs.append((reader.shape(reader.number("i")), aux_dtype))
    values = reader.array(storage, dtype)
    aux = tuple(reader.array(*spec) for spec in specs)
    return SparseArray("row_sparse" if kind == 1 else "csr", shape, values, aux)


def save(path: str | os.PathLike[str], arrays: Mapping[str, Array] | Sequence[Array]) -> None:
    """Writes a file as MXNet 1.9.1 does (V2), array by array, never a second copy in memory."""
    try:
        with open(path, "wb") as file:
            for part in dump(arrays):
                file.write(part)
    except OSError as error:
        raise MXNetError(f'LocalFileSystem: Check failed: Open "{Path(path)}": {error.strerror}') from None


def dump(arrays: Mapping[str, Array] | Sequence[Array]) -> Any:
    """The parts of a file, in order."""
    names = list(arrays) if isinstance(arrays, Mapping) else []
    values = list(arrays.values()) if isinstance(arrays, Mapping) else list(arrays)
    yield struct.pack("<QQQ", _HEADER, 0, len(values))
    for value in values:
        yield from _dump_entry(value)
    yield struct.pack("<Q", len(names))
    for name in names:
        encoded = name.encode()
        yield struct.pack("<Q", len(encoded)) + encoded


def _dump_shape(shape: Sequence[int]) -> bytes:
    return struct.pack(f"<i{len(shape)}q", len(shape), *shape)


def _dump_entry(value: Array) -> Any:
    if value is None:
        yield struct.pack("<Iii", _V2, 0, 0)
        return
    if isinstance(value, SparseArray):
        kind = 1 if value.stype == "row_sparse" else 2
        yield struct.pack("<Ii", _V2, kind) + _dump_shape(value.data.shape) + _dump_shape(value.shape)
        yield struct.pack("<iii", 1, 0, _flag(value.data))
        for each in value.aux:
            yield struct.pack("<i", _flag(each)) + _dump_shape(each.shape)
        for each in (value.data, *value.aux):
            yield _raw(each)
        return
    shape = value.shape or (1,)
    yield struct.pack("<Ii", _V2, 0) + _dump_shape(shape) + struct.pack("<iii", 1, 0, _flag(value))
    yield _raw(value)


def _raw(value: npt.NDArray[Any]) -> Any:
    flat = np.ascontiguousarray(value).reshape(-1)
    return flat.view(np.uint8).data if flat.size else b""


def _flag(value: npt.NDArray[Any]) -> int:
    flag = _FLAGS.get(value.dtype)
    if flag is None:
        raise MXNetError(f"MXNet has no arrays of {value.dtype}")
    return flag
