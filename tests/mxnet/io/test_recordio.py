"""Files of records byte for byte as MXNet 1.9.1 writes them."""

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from offboard import mxnet as mx
from offboard.errors import MXNetError

MAGIC = struct.pack("<I", 0xCED7230A)
RECORDS = [b"hello", b"", b"abcd" + MAGIC + b"xyz", MAGIC * 2, b"ab" + MAGIC + b"zz"]
# What MXNet 1.9.1 made of RECORDS: the magic word splits a record at multiples of four bytes only.
WRITTEN = (
    MAGIC + b"\x05\0\0\0hello\0\0\0"
    + MAGIC + b"\0\0\0\0"
    + MAGIC + b"\x04\0\0\x20abcd" + MAGIC + b"\x03\0\0\x60xyz\0"
    + MAGIC + b"\0\0\0\x20" + MAGIC + b"\0\0\0\x40" + MAGIC + b"\0\0\0\x60"
    + MAGIC + b"\x08\0\0\0ab" + MAGIC + b"zz"
)  # fmt: skip


def test_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    writer = mx.recordio.MXRecordIO(path, "w")
    for record in RECORDS:
        writer.write(record)
    writer.close()
    assert path.read_bytes() == WRITTEN
    reader = mx.recordio.MXRecordIO(str(path), "r")
    assert [reader.read() for _ in range(6)] == [*RECORDS, None]
    reader.reset()
    assert reader.read() == b"hello"
    assert pickle.loads(pickle.dumps(reader)).read() == b"hello"
    reader.close()


def test_index(tmp_path: Path) -> None:
    writer = mx.recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "w")
    for key in range(3):
        writer.write_idx(key, b"r%d" % key)
    assert writer.tell() == 36
    writer.close()
    assert (tmp_path / "x.idx").read_text() == "0\t0\n1\t12\n2\t24\n"
    reader = mx.recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "r")
    assert (reader.keys, reader.read_idx(2), reader.read_idx(0)) == ([0, 1, 2], b"r2", b"r0")
    with pytest.raises(KeyError):
        reader.read_idx(9)


def test_headers() -> None:
    header = mx.recordio.IRHeader
    packed = mx.recordio.pack(header(5, 3.0, 1, 2), b"xx")
    assert packed == b"\0\0\0\0\0\0@@\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0xx"
    assert mx.recordio.unpack(packed) == (header(0, 3.0, 1, 2), b"xx")
    several, rest = mx.recordio.unpack(mx.recordio.pack(header(0, [1, 2, 3], 1, 2), b"xx"))
    assert (several.flag, several.label.tolist(), rest) == (3, [1, 2, 3], b"xx")
    with pytest.raises(MXNetError, match="no header"):
        mx.recordio.unpack(b"x")


def test_images() -> None:
    image = np.random.default_rng(0).integers(0, 255, (5, 4, 3), np.uint8)
    packed = mx.recordio.pack_img(mx.recordio.IRHeader(0, 1.0, 7, 0), image, quality=3, img_fmt=".png")
    header, decoded = mx.recordio.unpack_img(packed)
    assert (header.id, header.label) == (7, 1.0)
    np.testing.assert_array_equal(decoded, image)


def test_what_is_no_file_of_records(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    for content in (b"not a file of records", WRITTEN[:10], MAGIC + b"\x05\0\0\0he"):
        path.write_bytes(content)
        with pytest.raises(MXNetError, match="Invalid RecordIO File"):
            mx.recordio.MXRecordIO(path, "r").read()
    with pytest.raises(MXNetError, match="No such file"):
        mx.recordio.MXRecordIO(tmp_path / "none.rec", "r")
    with pytest.raises(ValueError, match="Invalid flag x"):
        mx.recordio.MXRecordIO(path, "x")
    with pytest.raises(AssertionError):
        mx.recordio.MXRecordIO(path, "r").write(b"")
