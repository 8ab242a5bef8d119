"""Arrays in files and buffers: ``save``, ``load``, ``load_frombuffer``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from offboard.errors import MXNetError
from offboard.graph import params
from offboard.mxnet.ndarray import sparse
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["load", "load_frombuffer", "save"]


def _wrapped(value: params.Array) -> NDArray:
    if value is None:
        raise MXNetError("unknown storage type: -1")
    return sparse.from_file(value) if isinstance(value, params.SparseArray) else NDArray(value)


def _unpacked(loaded: list[params.Array] | dict[str, params.Array]) -> Any:
    if isinstance(loaded, dict):
        return {name: _wrapped(value) for name, value in loaded.items()}
    return [_wrapped(value) for value in loaded]


def load(fname: str | os.PathLike[str]) -> Any:
    """The arrays of a file: a dict where they are named, else a list."""
    if not isinstance(fname, (str, os.PathLike)):
        raise TypeError("fname required to be a string")
    return _unpacked(params.load(fname))


def load_frombuffer(buf: bytes) -> Any:
    """The arrays in a file's bytes."""
    if not isinstance(buf, (bytes, bytearray, str)):
        raise TypeError("buf required to be a string or bytes")
    return _unpacked(params.loads(bytearray(buf.encode("latin-1") if isinstance(buf, str) else buf)))


def save(fname: str | os.PathLike[str], data: Any) -> None:
    """Writes an array, a list, or a dict by name."""
    if not isinstance(fname, (str, os.PathLike)):
        raise TypeError("fname required to be a string")
    if isinstance(data, NDArray):
        data = [data]
    values = list(data.values()) if isinstance(data, Mapping) else data
    if not isinstance(values, (list, tuple)):
        raise ValueError("data needs to either be a NDArray, dict of str, NDArray pairs or a list of NDarrays.")
    if not all(isinstance(value, NDArray) for value in values):
        raise TypeError("save only accept dict str->NDArray or list of NDArray")
    stored = [sparse.to_file(value) for value in values]
    if not isinstance(data, Mapping):
        params.save(fname, stored)
        return
    if not all(isinstance(name, str) for name in data):
        raise TypeError("save only accept dict str->NDArray or list of NDArray")
    params.save(fname, dict(zip(data, stored, strict=True)))
