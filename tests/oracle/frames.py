"""Messages between the generator and the oracle's process: a JSON head and raw arrays, length-prefixed.

Runs under both interpreters, so it needs nothing but NumPy.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

import numpy as np

_LENGTHS = struct.Struct("<II")


def write(stream: BinaryIO, head: Any, arrays: dict[str, np.ndarray]) -> None:
    """One message; float16 to float64, integers and bool."""
    listed = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    text = json.dumps([head, listed]).encode()
    body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())
    stream.write(_LENGTHS.pack(len(text), len(body)) + text + body)
    stream.flush()


def read(stream: BinaryIO) -> tuple[Any, dict[str, np.ndarray]] | None:
    """The next message, or None at the end of the stream."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    size, rest = _LENGTHS.unpack(lengths)
    head, listed = json.loads(stream.read(size))
    body = stream.read(rest)
    arrays, at = {}, 0
    for name, dtype, shape in listed:
        kind = np.dtype(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(body, kind, count, at).reshape(shape)
        at += count * kind.itemsize
    return head, arrays
