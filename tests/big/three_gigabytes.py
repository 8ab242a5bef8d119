"""A 3 GiB checkpoint on an eia1.xlarge: bound from a mapped file, and from a second process without sending weights."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from offboard_accelerator import embedded

WIDTH, LAYERS = 16384, 3
PROGRAM = f"""
import sys, time
import offboard.mxnet as mx

symbol, arguments, auxiliary = mx.model.load_checkpoint(sys.argv[1], 0)
arguments["data"] = mx.nd.ones((1, {WIDTH}))
start = time.monotonic()
executor = symbol.bind(mx.eia(), arguments, grad_req="null")
bound = time.monotonic() - start
answer = executor.forward()[0].asnumpy()
(peak,) = [int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")]
sent = executor.report().bytes_sent / 2**30
print(f"bind {{bound:.1f}} s, sent {{sent:.2f}} GiB, peak {{peak:.0f}} MiB", answer[0, 0])
"""


def write_checkpoint(prefix: Path) -> None:
    """Layers of {WIDTH} x {WIDTH} float32, written array by array."""
    import offboard.mxnet as mx

    net = mx.sym.Variable("data")
    weights = {}
    row = np.full((WIDTH, WIDTH), 1.0 / WIDTH, np.float32)
    for layer in range(LAYERS):
        net = mx.sym.FullyConnected(net, num_hidden=WIDTH, no_bias=True, name=f"fc{layer}")
        each = row.copy()
        each[0, 0] += layer
        weights[f"fc{layer}_weight"] = mx.nd.from_numpy(each)
    mx.model.save_checkpoint(str(prefix), 0, net, weights, {})


def main() -> None:
    """Prints what each of two processes took and sent."""
    with tempfile.TemporaryDirectory() as folder, embedded.start("eia1.xlarge") as daemon:
        prefix = Path(folder) / "big"
        start = time.monotonic()
        write_checkpoint(prefix)
        size = Path(f"{prefix}-0000.params").stat().st_size
        print(f"checkpoint of {size / 2**30:.2f} GiB written in {time.monotonic() - start:.0f} s")
        for number in range(2):
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM, str(prefix)],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, **daemon.environment},
            )
            print(f"process {number + 1}: {done.stdout.strip()}")


if __name__ == "__main__":
    main()
