"""The content-addressed store of one accelerator: weights and graphs as raw read-only files named by their SHA-256.

A blob is one tensor's bytes (or one graph), so a mapping of the whole file is page-aligned and ONNX Runtime can use it
in place. The store belongs to one accelerator: a digest never opens another instance's weights.
"""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from offboard import rules
from offboard.errors import InvalidGraphError
from offboard_accelerator.limits import exceeded

__all__ = ["Store"]


class Store:
    """Blobs in ``folder``, at most ``store_bytes`` of them; the least recently used that nobody pins make room."""

    def __init__(
        self, folder: Path, accelerator: str, store_bytes: int | None = None, blob_bytes: int | None = None
    ) -> None:
        self.folder = self._folder = folder
        self._accelerator = accelerator
        self._store_bytes = rules.limit("store_bytes") if store_bytes is None else store_bytes
        self._blob_bytes = rules.limit("blob_bytes") if blob_bytes is None else blob_bytes
        self._lock = threading.Lock()
        self._pins: Counter[bytes] = Counter()
        self._coming = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sizes: dict[bytes, int] = {}
        for path in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime):
            # What a worker was receiving when it died is no blob.
            if len(path.name) == 64:
                self._sizes[bytes.fromhex(path.name)] = path.stat().st_size
            else:
                path.unlink(missing_ok=True)

    @property
    def used(self) -> int:
        """Bytes of all blobs."""
        return sum(self._sizes.values())

    def path(self, digest: bytes) -> Path:
        """Where the blob lies; it may not be there."""
        return self._folder / digest.hex()

    def missing(self, digests: Iterable[bytes]) -> list[bytes]:
        """Which of ``digests`` the store lacks. Those that it has count as just used."""
        lacking = []
        for digest in digests:
            with self._lock:
                size = self._sizes.pop(digest, None)
                if size is not None:
                    self._sizes[digest] = size
            if size is None:
                lacking.append(digest)
            else:
                os.utime(self.path(digest))
        return lacking

    def receive(self, digest: bytes, size: int, chunks: Iterable[bytes]) -> None:
        """Takes one blob: hashed while it comes in, put in place in one step, read-only.

        Raises LimitExceededError past a limit and InvalidGraphError when size or digest are not as announced.
        """
        if len(digest) != hashlib.sha256().digest_size:
            raise InvalidGraphError("A blob is named by its SHA-256, 32 bytes")
        if size > self._blob_bytes:
            raise exceeded("blob_bytes", self._accelerator, size, self._blob_bytes)
        self._make_room(size)
        draft = self._folder / f"coming-{uuid.uuid4().hex}"
        try:
            self._write(draft, digest, size, chunks)
            os.chmod(draft, 0o400)
            os.replace(draft, self.path(digest))
            with self._lock:
                self._sizes[digest] = size
        finally:
            with self._lock:
                self._coming -= size
            draft.unlink(missing_ok=True)

    @contextmanager
    def pinned(self, digests: Collection[bytes]) -> Iterator[None]:
        """Keeps ``digests`` from eviction for the length of the block."""
        self.pin(digests)
        try:
            yield
        finally:
            self.unpin(digests)

    def pin(self, digests: Iterable[bytes]) -> None:
        """Keeps blobs from eviction until as many calls of :meth:`unpin`."""
        with self._lock:
            self._pins.update(digests)

    def unpin(self, digests: Iterable[bytes]) -> None:
        """Ends one :meth:`pin` of each."""
        with self._lock:
            self._pins.subtract(digests)
            self._pins = +self._pins

    def clear(self) -> None:
        """Removes every blob that nobody pins: the next instance must not find what this one left."""
        with self._lock:
            for digest in [each for each in self._sizes if not self._pins[each]]:
                del self._sizes[digest]
                self.path(digest).unlink(missing_ok=True)

    def size(self, digest: bytes) -> int:
        """The blob's bytes; 0 if it is not there."""
        return self._sizes.get(digest, 0)

    def array(self, digest: bytes, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """The blob as a read-only array over its mapped file: no private memory.

        Raises InvalidGraphError when the blob's size is not the tensor's.
        """
        expected = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        if self._sizes.get(digest) != expected:
            raise InvalidGraphError(
                f"Blob {digest.hex()[:16]} holds {self._sizes.get(digest)} bytes, a tensor {shape} of "
                f"{np.dtype(dtype).name} needs {expected}"
            )
        if expected == 0:
            return np.empty(shape, dtype)
        return np.memmap(self.path(digest), np.uint8, mode="r").view(dtype).reshape(shape)

    def read(self, digest: bytes) -> bytes:
        """The blob's bytes, for graphs."""
        return self.path(digest).read_bytes()

    def _write(self, draft: Path, digest: bytes, size: int, chunks: Iterable[bytes]) -> None:
        hashed = hashlib.sha256()
        written = 0
        with open(draft, "xb", buffering=0) as file:
            for chunk in chunks:
                written += len(chunk)
                if written > size:
                    break
                hashed.update(chunk)
                file.write(chunk)
        if written != size:
            raise InvalidGraphError(f"Blob {digest.hex()[:16]} was announced with {size} bytes, {written} came")
        if hashed.digest() != digest:
            raise InvalidGraphError(f"Blob {digest.hex()[:16]} does not have the SHA-256 it was announced with")

    def _make_room(self, size: int) -> None:
        """Reserves ``size`` bytes, evicting unpinned blobs, the least recently used first."""
        with self._lock:
            excess = self.used + self._coming + size - self._store_bytes
            evicted = []
            for digest, each in self._sizes.items():
                if excess <= 0:
                    break
                if not self._pins[digest]:
                    evicted.append(digest)
                    excess -= each
            if excess > 0:
                raise exceeded("store_bytes", self._accelerator, self.used + self._coming + size, self._store_bytes)
            for digest in evicted:
                del self._sizes[digest]
                self.path(digest).unlink(missing_ok=True)
            self._coming += size
