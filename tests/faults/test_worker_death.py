"""kill -9 of the worker under load: calls end right, or typed and in time."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from offboard.client import operator, state
from offboard.errors import MXNetError
from offboard_accelerator import embedded

sys.path.insert(0, str(Path(__file__).parents[1]))
from worker_process import worker_of

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


@pytest.mark.parametrize("arguments", [[], ["--no-standby"]], ids=["warm standby", "no standby"])
def test_rest_is_back_as_soon_as_grpc(arguments: list[str]) -> None:
    with embedded.start(http=True, arguments=arguments) as daemon:
        endpoint = state.Endpoint(daemon.endpoint, "test", secure=False, ca="", token="")
        first = worker_of(daemon.pid)
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 60
        while True:
            with suppress(MXNetError):
                (status,) = operator.describe(endpoint=endpoint).accelerators
                if status.worker_restarts == 1:
                    break
            assert time.monotonic() < until
            time.sleep(0.01)
        answer = httpx.get(f"{daemon.http}/healthz", timeout=60)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
