"""The store takes exactly what was announced, stays under its limit, and hands out mapped arrays."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from offboard.errors import InvalidGraphError, LimitExceededError
from offboard_accelerator.store import Store


def put(store: Store, data: bytes) -> bytes:
    digest = hashlib.sha256(data).digest()
    store.receive(digest, len(data), [data[:3], data[3:]])
    return digest


def test_array_over_the_mapped_file(tmp_path: Path) -> None:
    store = Store(tmp_path, "eia-0")
    values = np.arange(6, dtype=np.float32)
    digest = put(store, values.tobytes())
    array = store.array(digest, np.float32, (2, 3))
    np.testing.assert_array_equal(array, values.reshape(2, 3))
    assert not array.flags.writeable
    assert not os.stat(store.path(digest)).st_mode & 0o222


def test_missing_names_what_is_lacking(tmp_path: Path) -> None:
    store = Store(tmp_path, "eia-0")
    here, absent = put(store, b"here"), hashlib.sha256(b"absent").digest()
    assert store.missing([here, absent]) == [absent]


def test_survives_a_restart(tmp_path: Path) -> None:
    digest = put(Store(tmp_path, "eia-0"), b"weights")
    (tmp_path / "coming-half").write_bytes(b"wei")
    again = Store(tmp_path, "eia-0")
    assert again.missing([digest]) == []
    assert again.read(digest) == b"weights"
    assert not (tmp_path / "coming-half").exists()


@pytest.mark.parametrize("came", [[b"shor"], [b"too lon", b"g for it"], [b"wrongly"]])
def test_refuses_what_was_not_announced(tmp_path: Path, came: list[bytes]) -> None:
    store = Store(tmp_path, "eia-0")
    with pytest.raises(InvalidGraphError):
        store.receive(hashlib.sha256(b"weights").digest(), 7, came)
    assert list(tmp_path.iterdir()) == []
    assert store.used == 0


def test_refuses_a_digest_of_another_length(tmp_path: Path) -> None:
    with pytest.raises(InvalidGraphError):
        Store(tmp_path, "eia-0").receive(b"../../x", 1, [b"x"])


def test_blob_limit_and_one_past_it(tmp_path: Path) -> None:
    store = Store(tmp_path, "eia-0", blob_bytes=4)
    put(store, b"four")
    with pytest.raises(LimitExceededError, match="blob_bytes"):
        put(store, b"fives")


def test_least_recently_used_makes_room(tmp_path: Path) -> None:
    store = Store(tmp_path, "eia-0", store_bytes=8)
    first, second = put(store, b"aaaa"), put(store, b"bbbb")
    store.missing([first])
    third = put(store, b"cccc")
    assert store.missing([first, second, third]) == [second]
    assert store.used == 8


def test_pinned_blobs_stay(tmp_path: Path) -> None:
    store = Store(tmp_path, "eia-0", store_bytes=8)
    first, second = put(store, b"aaaa"), put(store, b"bbbb")
    with store.pinned([first, second]), pytest.raises(LimitExceededError, match="store_bytes"):
        put(store, b"c")
    put(store, b"c")


def test_wrong_size_for_the_tensor(tmp_path: Path) -> None:
    store = Store(tmp_path, "eia-0")
    digest = put(store, bytes(8))
    with pytest.raises(InvalidGraphError, match="needs 12"):
        store.array(digest, np.float32, (3,))


def test_a_broken_stream_leaves_nothing(tmp_path: Path) -> None:
    def breaking() -> object:
        yield b"wei"
        raise ConnectionError

    store = Store(tmp_path, "eia-0", store_bytes=7)
    with pytest.raises(ConnectionError):
        store.receive(hashlib.sha256(b"weights").digest(), 7, breaking())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    put(store, b"weights")
