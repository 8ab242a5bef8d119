"""Every hostile use of shared memory is refused with a typed error, and the process lives."""

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from offboard.errors import LimitExceededError, SharedMemoryError
from offboard_accelerator.peer import Peer, peer_of
from offboard_accelerator.shared_memory import Regions

ME = Peer(os.geteuid())
SHM = Path("/dev/shm")


@pytest.fixture
def regions() -> Iterator[Regions]:
    made = Regions("eia-0", limit=2)
    yield made
    for scope in ("a", "b"):
        made.unregister_all(scope)


@pytest.fixture
def segment() -> Iterator[Path]:
    path = SHM / f"offboard-test-{uuid.uuid4().hex}"
    path.write_bytes(bytes(range(64)))
    yield path
    path.unlink(missing_ok=True)


def read(regions: Regions, offset: int, size: int) -> list[int]:
    region = regions.get("a", "r")
    region.check(offset, size)
    room = bytearray(size)
    region.read(offset, memoryview(room))
    return list(room)


def test_reads_and_writes_the_registered_window(regions: Regions, segment: Path) -> None:
    regions.register("a", "r", segment.name, 16, 32, ME)
    assert read(regions, 1, 4) == [17, 18, 19, 20]
    region = regions.get("a", "r")
    region.write(0, memoryview(np.array([7.0], np.float32)))
    assert np.frombuffer(segment.read_bytes()[16:20], np.float32)[0] == 7.0


def test_posix_name_with_a_leading_slash(regions: Regions, segment: Path) -> None:
    regions.register("a", "r", "/" + segment.name, 0, 64, ME)
    assert [each.name for each in regions.status("a")] == ["r"]


@pytest.mark.parametrize("key", ["../etc/passwd", "a/b", "..", ".", "", "/", "//x", "x\0y", "x" * 256])
def test_key_is_one_path_component(regions: Regions, key: str) -> None:
    with pytest.raises(SharedMemoryError, match="not one path component"):
        regions.register("a", "r", key, 0, 1, ME)


def test_missing_segment(regions: Regions) -> None:
    with pytest.raises(SharedMemoryError, match="cannot be opened"):
        regions.register("a", "r", "offboard-no-such-segment", 0, 1, ME)


def test_segment_of_another_user(regions: Regions, segment: Path) -> None:
    with pytest.raises(SharedMemoryError, match="another user"):
        regions.register("a", "r", segment.name, 0, 64, Peer(os.geteuid() + 1))


def test_symbolic_link(regions: Regions, segment: Path) -> None:
    link = SHM / (segment.name + "-link")
    link.symlink_to(segment)
    try:
        with pytest.raises(SharedMemoryError, match="cannot be opened"):
            regions.register("a", "r", link.name, 0, 64, ME)
    finally:
        link.unlink()


def test_hard_link(regions: Regions, segment: Path) -> None:
    link = SHM / (segment.name + "-link")
    os.link(segment, link)
    try:
        with pytest.raises(SharedMemoryError, match="not a plain segment"):
            regions.register("a", "r", link.name, 0, 64, ME)
    finally:
        link.unlink()


def test_fifo_does_not_hang(regions: Regions) -> None:
    path = SHM / f"offboard-test-{uuid.uuid4().hex}"
    os.mkfifo(path)
    try:
        with pytest.raises(SharedMemoryError, match="not a plain segment"):
            regions.register("a", "r", path.name, 0, 1, ME)
    finally:
        path.unlink()


@pytest.mark.parametrize(("offset", "size"), [(-1, 4), (0, 0), (0, -4), (0, 65), (64, 1), (2**62, 4)])
def test_window_outside_the_segment(regions: Regions, segment: Path, offset: int, size: int) -> None:
    with pytest.raises(SharedMemoryError):
        regions.register("a", "r", segment.name, offset, size, ME)


@pytest.mark.parametrize(("offset", "size"), [(-1, 4), (0, 33), (32, 1), (2**62, 1), (1, -1)])
def test_access_outside_the_window(regions: Regions, segment: Path, offset: int, size: int) -> None:
    regions.register("a", "r", segment.name, 16, 32, ME)
    with pytest.raises(SharedMemoryError, match="outside"):
        read(regions, offset, size)


def test_truncation_after_registration(regions: Regions, segment: Path) -> None:
    regions.register("a", "r", segment.name, 0, 64, ME)
    os.truncate(segment, 10)
    with pytest.raises(SharedMemoryError, match="truncated"):
        read(regions, 0, 64)
    with pytest.raises(SharedMemoryError, match="truncated"):
        regions.get("a", "r").write(0, memoryview(bytes(64)))
    assert read(regions, 0, 10) == list(range(10))


def test_caller_of_another_host(regions: Regions, segment: Path) -> None:
    with pytest.raises(SharedMemoryError, match="own host"):
        regions.register("a", "r", segment.name, 0, 64, Peer(None))


def test_scopes_do_not_see_each_other(regions: Regions, segment: Path) -> None:
    regions.register("a", "r", segment.name, 0, 64, ME)
    with pytest.raises(SharedMemoryError, match="not registered"):
        regions.get("b", "r")
    regions.unregister_all("a")
    with pytest.raises(SharedMemoryError, match="not registered"):
        regions.get("a", "r")


def test_same_name_twice(regions: Regions, segment: Path) -> None:
    regions.register("a", "r", segment.name, 0, 64, ME)
    with pytest.raises(SharedMemoryError, match="already registered"):
        regions.register("a", "r", segment.name, 0, 64, ME)


def test_limit_and_one_past_it(regions: Regions, segment: Path) -> None:
    for name in ("one", "two"):
        regions.register("a", name, segment.name, 0, 64, ME)
    with pytest.raises(LimitExceededError, match="shared_memory_regions"):
        regions.register("a", "three", segment.name, 0, 64, ME)


def test_descriptors_are_closed(regions: Regions, segment: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        regions.register("a", "r", segment.name, 0, 64, ME)
        regions.unregister("a", "r")
        with pytest.raises(SharedMemoryError):
            regions.register("a", "r", segment.name, 0, 65, ME)
    assert len(os.listdir("/proc/self/fd")) == before


def test_peer_of_a_loopback_connection_is_its_user() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, (host, port) = server.accept()
        with client, accepted:
            assert peer_of(f"ipv4:{host}:{port}") == ME


def test_peer_elsewhere_is_unknown() -> None:
    assert peer_of("ipv4:192.0.2.1:4000") == Peer(None)
    assert peer_of("ipv6:%5B2001:db8::1%5D:4000") == Peer(None)
    assert peer_of("garbage") == Peer(None)


def test_peer_of_the_unix_socket() -> None:
    assert peer_of("unix:") == ME
