"""The process of a daemon that serves its accelerator."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_LISTENS = 0x10000  # __SO_ACCEPTCON


def worker_of(supervisor: int) -> int:
    """The supervisor's child that listens for lanes: a standby does not."""
    listening = set()
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[3], 16) & _LISTENS and fields[-1].endswith(".lane"):
            listening.add(f"socket:[{fields[6]}]")
    for child in children_of(supervisor):
        for link in Path(f"/proc/{child}/fd").iterdir():
            with suppress(FileNotFoundError):
                if os.readlink(link) in listening:
                    return child
    raise AssertionError("no worker found")


def stop(pid: int) -> None:
    """Stops a process, and returns when all its threads have stopped."""
    os.kill(pid, signal.SIGSTOP)
    until = time.monotonic() + 60
    while not all(_state(task) == "T" for task in Path(f"/proc/{pid}/task").iterdir()):
        assert time.monotonic() < until
        time.sleep(0.01)


def _state(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]


def children_of(pid: int) -> list[int]:
    """Child processes of all its threads."""
    found: list[int] = []
    with suppress(FileNotFoundError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(each) for each in (task / "children").read_text().split()]
    return found
