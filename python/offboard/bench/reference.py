"""Real MXNet 1.9.1's ``mx.cpu()`` on the same checkpoint, in an interpreter that has it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from offboard.demo import efficientnet

__all__ = ["real_mxnet"]

_PROGRAM = """
import json, sys, time
import mxnet as mx, numpy as np
symbol, args, auxs = mx.model.load_checkpoint(sys.argv[1], 0)
args["data"] = data = mx.nd.ones((1, 3, 224, 224))
args["softmax_label"] = mx.nd.zeros((1,))
executor = symbol.bind(mx.cpu(), args, aux_states=auxs, grad_req="null")
times = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    executor.forward(data=data)[0].asnumpy()
    times.append((time.perf_counter() - start) * 1e6)
print(json.dumps({"p50": float(np.median(times[10:])), "p99": float(np.percentile(times[10:], 99))}))
"""


def real_mxnet(python: str, count: int) -> dict[str, Any]:
    """Microseconds of efficientnet-lite0's forward there."""
    command = [python, "-c", _PROGRAM, str(efficientnet.checkpoint()), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
