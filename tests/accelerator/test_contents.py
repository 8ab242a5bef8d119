"""Contents of inputs: fetched into what is there, where it fits."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from offboard.errors import SharedMemoryError
from offboard_accelerator.contents import GivenContent, SharedContent
from offboard_accelerator.peer import Peer
from offboard_accelerator.shared_memory import Regions

FLOAT = np.dtype(np.float32)


@pytest.fixture
def segment() -> Iterator[Path]:
    path = Path("/dev/shm") / f"offboard-test-{uuid.uuid4().hex}"
    path.write_bytes(np.arange(6, dtype=np.float32).tobytes())
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def content(segment: Path) -> Iterator[SharedContent]:
    regions = Regions("eia-0")
    regions.register("a", "r", segment.name, 0, 24, Peer(os.geteuid()))
    yield SharedContent(FLOAT, (2, 2), regions.get("a", "r"), 4)
    regions.unregister_all("a")


@pytest.mark.parametrize(
    ("spare", "used"),
    [
        (np.zeros((2, 2), np.float32), True),
        (np.zeros((2, 2), np.int32), False),
        (np.zeros(4, np.float32), False),
        (np.frombuffer(bytes(16), np.float32).reshape(2, 2), False),
        (None, False),
    ],
    ids=["fits", "other dtype", "other shape", "not writable", "none"],
)
def test_shared_memory_is_read_into_a_spare_array(content: SharedContent, spare: np.ndarray | None, used: bool) -> None:
    made = content.fetch(spare)
    assert made.tolist() == [[1, 2], [3, 4]]
    assert (made is spare) is used


def test_what_came_with_the_request_is_not_copied() -> None:
    array = np.ones(3, np.float32)
    assert GivenContent(array).fetch(np.zeros(3, np.float32)) is array


def test_truncated_shared_memory(content: SharedContent, segment: Path) -> None:
    os.truncate(segment, 8)
    with pytest.raises(SharedMemoryError, match="truncated"):
        content.fetch(None)
