"""A graph that crashes workers is refused; one that only ran while a worker was killed is not."""

import hashlib
import signal
from pathlib import Path

import pytest

from offboard.errors import QuarantinedGraphError
from offboard_accelerator.quarantine import Quarantine

BAD = hashlib.sha256(b"bad").digest()
GOOD = hashlib.sha256(b"good").digest()


def die_while_running(folder: Path, graph: bytes, died_of: int) -> Quarantine:
    """A worker that dies inside ``graph``: its journal is left as it was; returns the next worker's."""
    dying = Quarantine(folder, "eia-0")
    with dying.watch(graph):
        left = (folder / "running").read_bytes()
    (folder / "running").write_bytes(left)
    return Quarantine(folder, "eia-0", died_of=died_of)


def test_refused_after_two_crashes(tmp_path: Path) -> None:
    die_while_running(tmp_path, BAD, signal.SIGABRT).check(BAD)
    after = die_while_running(tmp_path, BAD, signal.SIGSEGV)
    after.check(GOOD)
    with pytest.raises(QuarantinedGraphError, match=f"{BAD.hex()[:16]}.*killed 2 workers"):
        after.check(BAD)


def test_killed_from_outside_blames_no_graph(tmp_path: Path) -> None:
    for _ in range(3):
        after = die_while_running(tmp_path, GOOD, signal.SIGKILL)
    after.check(GOOD)


def test_only_what_was_running_is_blamed(tmp_path: Path) -> None:
    for _ in range(2):
        quarantine = Quarantine(tmp_path, "eia-0")
        with quarantine.watch(GOOD):
            pass
        after = Quarantine(tmp_path, "eia-0", died_of=signal.SIGABRT)
    after.check(GOOD)


def test_deaths_seen_directly_count(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, "eia-0")
    assert quarantine.died(BAD) == 1
    assert quarantine.died(BAD) == 2
    with pytest.raises(QuarantinedGraphError):
        quarantine.check(BAD)


def test_a_spoilt_journal_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "deaths.json").write_text("{")
    (tmp_path / "running").write_bytes(b"x" * 5)
    Quarantine(tmp_path, "eia-0", died_of=signal.SIGABRT).check(BAD)
