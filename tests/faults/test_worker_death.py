"""kill -9 of the worker under load: calls end right, or typed and in time."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from offboard_accelerator import embedded

CALLER = """
import json, sys, time
import offboard.mxnet as mx
from offboard.errors import MXNetError

number, count = int(sys.argv[1]), int(sys.argv[2])
executor = (mx.sym.Variable("data") * 2.0 + float(number)).simple_bind(mx.eia(), "null", data=(64,))
print("bound", flush=True)
right = typed = wrong = 0
slowest = 0.0
for call in range(count):
    start = time.monotonic()
    try:
        answer = executor.forward(data=mx.nd.full((64,), call))[0].asnumpy()
        if (answer == 2.0 * call + number).all():
            right += 1
        else:
            wrong += 1
    except MXNetError:
        typed += 1
    slowest = max(slowest, time.monotonic() - start)
    time.sleep(0.002)
print(json.dumps([right, typed, wrong, slowest]))
"""


def worker_of(supervisor: int) -> int:
    """The supervisor's child that listens: the one with a converter of its own."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
            command = (entry.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(fields[1]) == supervisor and "offboard_accelerator.worker" in command:
            own = int(entry.parent.name)
            children = Path(f"/proc/{own}/task/{own}/children").read_text()
            others = [Path(f"/proc/{own}/task")]
            for task in others[0].iterdir():
                children += (task / "children").read_text()
            if children.strip():
                return own
    raise AssertionError("no worker found")


def test_killed_under_load() -> None:
    calls = 400
    with embedded.start("eia1.medium") as daemon:
        environment = {**os.environ, **daemon.environment, "OFFBOARD_CALL_SECONDS": "10"}
        callers = [
            subprocess.Popen(
                [sys.executable, "-c", CALLER, str(number), str(calls)],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
            for number in range(4)
        ]
        for caller in callers:
            assert caller.stdout is not None
            assert caller.stdout.readline() == "bound\n"
        for _ in range(2):
            time.sleep(1.0)
            os.kill(worker_of(daemon.pid), signal.SIGKILL)
        results = [json.loads(caller.communicate(timeout=120)[0]) for caller in callers]
    right, typed, wrong = (sum(result[part] for result in results) for part in range(3))
    assert wrong == 0
    assert right + typed == 4 * calls
    assert right >= 0.99 * 4 * calls
    assert max(result[3] for result in results) < 11.0
