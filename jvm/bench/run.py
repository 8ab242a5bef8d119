"""``python run.py [--count N]``: Java's Predictor on an accelerator against engines in the JVM's own process.

Every engine runs the same networks on the same input, one thread each, in a process of its own: what is printed is the
median and the 99th percentile of a call after warm-up. Python's client on the same accelerator is the other measure:
Java is to add little to it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from networks import SHAPES, write

import offboard.mxnet as mx
from offboard.client import connection
from offboard_accelerator import embedded

HERE = Path(__file__).resolve().parent
# DJL opens no network without parameters.
ENGINES = {"tiny": ("eia", "onnxruntime"), "identity": ("eia", "onnxruntime")}
ALL_ENGINES = ("eia", "onnxruntime", "djl")
# Calls of a JVM before its compiler has done its work.
_WARM_UP = {"tiny": 5000, "identity": 1000}


def java(engine: str, prefix: Path, shape: tuple[int, ...], count: int, warm_up: int) -> dict[str, float]:
    """Microseconds of one engine in a JVM of its own."""
    path = f"{HERE / 'target' / 'classes'}{os.pathsep}{(HERE / 'target' / 'classpath.txt').read_text().strip()}"
    command = ["java", "-cp", path, "io.offboard.bench.Main", engine, str(prefix), ",".join(map(str, shape))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(count), str(warm_up)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{engine} on {prefix.name}: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def python(prefix: Path, shape: tuple[int, ...], count: int, warm_up: int) -> dict[str, float]:
    """Microseconds of Python's client on the same accelerator."""
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(prefix), 0)
    given = np.random.default_rng(0).random(shape, dtype=np.float32) * 255
    executor = symbol.bind(mx.eia(), {**arguments, "data": mx.nd.array(given)}, aux_states=auxiliary, grad_req="null")
    times = []
    for index in range(-warm_up, count):
        start = time.perf_counter()
        executor.forward(data=mx.nd.array(given))[0].asnumpy()
        if index >= 0:
            times.append((time.perf_counter() - start) * 1e6)
    return {"p50": float(np.median(times)), "p99": float(np.percentile(times, 99))}


def main() -> None:
    """Prints two lines a network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--count", type=int, default=200, help="calls of a large network; small ones get ten times as many"
    )
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder, embedded.start("eia1.medium") as daemon:
        os.environ.update(daemon.environment)
        write(Path(folder))
        for name, shape in SHAPES.items():
            prefix = Path(folder) / name / name
            warm_up = _WARM_UP.get(name, 20)
            calls = count * 10 if name in _WARM_UP else count
            rows = {engine: java(engine, prefix, shape, calls, warm_up) for engine in ENGINES.get(name, ALL_ENGINES)}
            rows["eia, Python"] = python(prefix, shape, calls, min(warm_up, 50))
            sums = {round(row["checksum"], 2) for row in rows.values() if "checksum" in row}
            print(
                f"{name}: "
                + "; ".join(f"{each} p50 {row['p50']:.0f} p99 {row['p99']:.0f} us" for each, row in rows.items())
            )
            added, spread = rows["eia"]["p50"] - rows["eia, Python"]["p50"], rows["eia"]["p99"] / rows["eia"]["p50"]
            print(f"  Java adds {added:.0f} us to Python's client; its p99 is {spread:.2f} of p50")
            if "djl" in rows:
                print(f"  MXNet in the JVM takes {rows['djl']['p50'] / rows['eia']['p50']:.2f} times as long")
            print(f"  answers {'agree' if len(sums) == 1 else f'differ: {sums}'}", flush=True)
        connection.close()


if __name__ == "__main__":
    main()
