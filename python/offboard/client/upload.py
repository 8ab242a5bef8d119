"""Blobs: arrays and graphs named by their SHA-256, of which only those travel that the accelerator lacks."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt

from offboard.client.connection import Connection
from offboard.client.faults import error_of
from offboard.wire import accelerator as pb

__all__ = ["digest_of", "send_missing"]

_CHUNK = 1 << 21
_SHOWN = 16 << 20


def digest_of(array: npt.NDArray[Any]) -> bytes:
    """SHA-256 of an array's bytes, in order."""
    return hashlib.sha256(_bytes(array)).digest()


def _bytes(array: npt.NDArray[Any]) -> memoryview:
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(np.uint8).data if flat.size else memoryview(b"")


def send_missing(connection: Connection, blobs: Mapping[bytes, npt.NDArray[Any]], seconds: Callable[[], float]) -> int:
    """Streams the blobs that the store lacks, from where they lie; returns the bytes sent.

    ``seconds`` says how long that may take from now.
    """
    asked = pb.MissingBlobsRequest(digests=list(blobs))
    missing = connection.call("MissingBlobs", asked, "asking for missing weights", seconds()).digests
    total = sum(blobs[digest].nbytes for digest in missing)
    progress = _Progress(total)
    for digest in missing:
        view = _bytes(blobs[digest])
        try:
            connection.methods["PutBlob"](
                _chunks(digest, view, progress), timeout=seconds(), metadata=connection.metadata
            )
        except grpc.RpcError as failure:
            raise error_of(failure, "sending weights") from failure
    progress.done()
    return total


def _chunks(digest: bytes, view: memoryview, progress: _Progress) -> Iterator[pb.BlobChunk]:
    yield pb.BlobChunk(digest=digest, size=view.nbytes, data=bytes(view[:_CHUNK]))
    progress.add(min(_CHUNK, view.nbytes))
    for start in range(_CHUNK, view.nbytes, _CHUNK):
        part = view[start : start + _CHUNK]
        yield pb.BlobChunk(data=bytes(part))
        progress.add(part.nbytes)


class _Progress:
    """A line on standard error while weights travel: kept up to date on a terminal, one in all elsewhere."""

    def __init__(self, total: int) -> None:
        self._total, self._sent, self._shown = total, 0, 0.0
        self._terminal = sys.stderr.isatty()
        self._wanted = total >= _SHOWN
        if self._wanted and not self._terminal:
            print(f"Sending {total / 1e6:.0f} MB of weights to the accelerator", file=sys.stderr)

    def add(self, size: int) -> None:
        self._sent += size
        now = time.monotonic()
        if self._wanted and self._terminal and now - self._shown > 0.1:
            self._shown = now
            share = self._sent / self._total
            bar = "#" * int(share * 30)
            print(f"\rWeights to the accelerator [{bar:<30}] {share:4.0%}", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._wanted and self._terminal:
            print(f"\rWeights to the accelerator [{'#' * 30}] 100%", file=sys.stderr)
