"""``mx.recordio``: files of records, and records of images with labels.

A record is a magic word, a word of 3 bits of place (whole, first, middle, last) and 29 bits of length, and its bytes
filled up to four. Where the magic word stands in the bytes at a multiple of four the record is split there.
"""

from __future__ import annotations

import os
import struct
from collections import namedtuple
from collections.abc import Callable
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError

__all__ = ["IRHeader", "MXIndexedRecordIO", "MXRecordIO", "pack", "pack_img", "unpack", "unpack_img"]

_MAGIC = struct.pack("<I", 0xCED7230A)
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_LENGTH = (1 << 29) - 1

IRHeader = namedtuple("IRHeader", ["flag", "label", "id", "id2"])
_HEADER = struct.Struct("<IfQQ")


class MXRecordIO:
    """A file of records, opened to be read (``r``) or written (``w``)."""

    def __init__(self, uri: str | os.PathLike[str], flag: str) -> None:
        self.uri, self.flag = os.fspath(uri), flag
        self.is_open = False
        self.open()

    def open(self) -> None:
        """Opens the file; raises MXNetError when that fails and ValueError for a flag other than r and w."""
        if self.flag not in ("r", "w"):
            raise ValueError(f"Invalid flag {self.flag}")
        self.writable = self.flag == "w"
        try:
            self._file: BinaryIO = open(self.uri, "wb" if self.writable else "rb")  # noqa: SIM115
        except OSError as error:
            raise MXNetError(f'LocalFileSystem: Check failed: Open "{self.uri}": {error.strerror}') from None
        self.is_open = True

    def close(self) -> None:
        """Closes the file."""
        if self.is_open:
            self._file.close()
            self.is_open = False

    def reset(self) -> None:
        """Starts again at the first record; a file that is written is emptied."""
        self.close()
        self.open()

    def __del__(self) -> None:
        if getattr(self, "is_open", False):
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("_file", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.is_open:
            self.open()

    def position(self) -> int:
        """Where the next record begins, in bytes."""
        return self._file.tell()

    def seek_to(self, position: int) -> None:
        """Goes to where a record begins."""
        assert not self.writable
        self._file.seek(position)

    def write(self, buf: bytes) -> None:
        """Appends a record."""
        assert self.writable
        cuts = [place for place in range(0, len(buf) - 3, 4) if buf[place : place + 4] == _MAGIC]
        starts, stops = [0, *(place + 4 for place in cuts)], [*cuts, len(buf)]
        for number, (start, stop) in enumerate(zip(starts, stops, strict=True)):
            place = _WHOLE if not cuts else _FIRST if number == 0 else _LAST if number == len(cuts) else _MIDDLE
            part = buf[start:stop]
            self._file.write(_MAGIC + struct.pack("<I", place << 29 | len(part)) + part + b"\0" * (-len(part) % 4))

    def read(self) -> bytes | None:
        """The next record; None after the last. Raises MXNetError where the file is no file of records."""
        assert not self.writable
        parts: list[bytes] = []
        while True:
            head = self._file.read(8)
            if not head and not parts:
                return None
            if len(head) < 8 or head[:4] != _MAGIC:
                raise MXNetError(f"Invalid RecordIO File {self.uri}")
            (word,) = struct.unpack("<I", head[4:])
            place, length = word >> 29, word & _LENGTH
            part = self._file.read(length + -length % 4)
            if len(part) < length:
                raise MXNetError(f"Invalid RecordIO File {self.uri}: the last record is cut off")
            parts.append(part[:length])
            if place in (_WHOLE, _LAST):
                return _MAGIC.join(parts)


class MXIndexedRecordIO(MXRecordIO):
    """A file of records with an index of where each key's record begins: lines of key, tab, offset."""

    def __init__(
        self,
        idx_path: str | os.PathLike[str],
        uri: str | os.PathLike[str],
        flag: str,
        key_type: Callable[[str], Any] = int,
    ) -> None:
        self.idx_path, self.key_type = os.fspath(idx_path), key_type
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        super().__init__(uri, flag)

    def open(self) -> None:
        """Opens both files."""
        super().open()
        self.idx, self.keys = {}, []
        if self.writable:
            self._index = open(self.idx_path, "w", encoding="utf-8")  # noqa: SIM115
            return
        with open(self.idx_path, encoding="utf-8") as file:
            for line in file:
                key, offset = line.strip().split("\t")
                self.idx[self.key_type(key)] = int(offset)
        self.keys = list(self.idx)

    def close(self) -> None:
        """Closes both files."""
        if self.is_open and self.writable:
            self._index.close()
        super().close()

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_index", None)
        return state

    def seek(self, idx: Any) -> None:
        """Goes to the record of a key; raises KeyError when there is none."""
        assert not self.writable
        self._file.seek(self.idx[idx])

    def tell(self) -> int:
        """Where the next record will begin."""
        assert self.writable
        return self._file.tell()

    def read_idx(self, idx: Any) -> bytes | None:
        """The record of a key."""
        self.seek(idx)
        return self.read()

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Appends a record under a key."""
        key = self.key_type(idx)
        position = self.tell()
        self.write(buf)
        self._index.write(f"{key}\t{position}\n")
        self.idx[key] = position
        self.keys.append(key)


def pack(header: IRHeader, s: bytes) -> bytes:
    """A header before bytes; a label of several numbers stands between them as float32."""
    header = IRHeader(*header)
    if isinstance(header.label, (int, float, np.generic)):
        return _HEADER.pack(0, float(header.label), header.id, header.id2) + s
    label = np.asarray(header.label, np.float32)
    return _HEADER.pack(label.size, 0.0, header.id, header.id2) + label.tobytes() + s


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """The header and the bytes behind it."""
    if len(s) < _HEADER.size:
        raise MXNetError(f"a record of {len(s)} bytes has no header")
    header = IRHeader(*_HEADER.unpack(s[: _HEADER.size]))
    rest = s[_HEADER.size :]
    if header.flag > 0:
        label = np.frombuffer(rest, np.float32, header.flag)
        return header._replace(label=label), rest[header.flag * 4 :]
    return header, rest


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, npt.NDArray[Any]]:
    """The header and the decoded image behind it: BGR as OpenCV has it."""
    header, encoded = unpack(s)
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), iscolor)
    if image is None:
        raise MXNetError("Decoding failed. Invalid image file.")
    return header, np.asarray(image)


def pack_img(header: IRHeader, img: npt.NDArray[Any], quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """A header before an image (BGR), encoded as JPEG with ``quality`` 1-100 or as PNG with compression 1-9."""
    formats = {".jpg": cv2.IMWRITE_JPEG_QUALITY, ".jpeg": cv2.IMWRITE_JPEG_QUALITY, ".png": cv2.IMWRITE_PNG_COMPRESSION}
    options = [formats[img_fmt.lower()], quality] if img_fmt.lower() in formats else []
    done, encoded = cv2.imencode(img_fmt, img, options)
    if not done:
        raise MXNetError(f"the image cannot be encoded as {img_fmt}")
    return pack(header, encoded.tobytes())
