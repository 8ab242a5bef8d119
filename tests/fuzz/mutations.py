"""Seeded mutations of every file format: each gives a clear error or loads, and the process that reads it lives.

``python tests/fuzz/mutations.py --count 10000 --seed 1``; the tests run a few hundred of the same. With ``--live``
graphs of both formats go to a running daemon, which must bind or refuse them, and go on.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

sys.path.insert(0, str(Path(__file__).parent))
from live import live_daemon

from offboard.errors import MXNetError
from offboard.graph import params, symbol_json
from offboard.operators.infer import infer_shapes
from offboard.operators.lowering import TensorSpec
from offboard_accelerator.converter import Converter, Variable

DATA = Path(__file__).resolve().parents[1] / "data" / "digits-lenet"
SYMBOL = DATA / "digits-lenet-symbol.json"
WORDS = [b"-1", b"0", b"99999999999", b"null", b"[]", b"{}", b'"', b"\xff", b"1e309", b"(0,)", b"None"]


def onnx_seed() -> bytes:
    """A small convolutional model with constants inside."""
    helper = onnx.helper
    weight = onnx.numpy_helper.from_array(np.ones((2, 1, 3, 3), np.float32), "w")
    shape = onnx.numpy_helper.from_array(np.array([1, -1], np.int64), "s")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Reshape", ["r", "s"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "seed",
        [helper.make_tensor_value_info("x", 1, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("y", 1, [1, 72])],
        [weight, shape],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    encoded: bytes = model.SerializeToString()
    return encoded


def mutate(seed: bytes, rng: random.Random) -> bytes:
    """One to eight changes: bits, bytes, cuts, repeats, foreign words."""
    data = bytearray(seed)
    for _ in range(rng.randint(1, 8)):
        if not data:
            break
        at = rng.randrange(len(data))
        kind = rng.randrange(6)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind == 2:
            del data[at : at + rng.choice((1, 4, 64, len(data)))]
        elif kind == 3:
            data[at:at] = data[at : at + rng.choice((1, 4, 64))]
        elif kind == 4:
            word = rng.choice(WORDS)
            data[at : at + len(word)] = word
        else:
            data[at : at + 8] = rng.choice((0, 1, 2**31, 2**63, 2**64 - 1)).to_bytes(8, "little")
    return bytes(data)


class Readers:
    """What reads each format: in this process where that is safe, else in the daemon's converter."""

    def __init__(self, folder: Path) -> None:
        self.converter = Converter(folder, seconds=20.0, address_space=4 << 30)

    def params(self, data: bytes) -> None:
        params.loads(bytearray(data))

    def symbol(self, data: bytes) -> None:
        graph = symbol_json.loads(data)
        infer_shapes(graph, {"data": (1, 1, 8, 8)})

    def onnx(self, data: bytes) -> None:
        spec = TensorSpec("x", (1, 1, 8, 8), np.dtype(np.float32))
        self.converter.convert("onnx", data, [Variable(spec, b"")])


def run(count: int, seed: int) -> Counter[str]:
    """How the mutations ended, by format and outcome; anything but a load or an MXNetError is raised."""
    with tempfile.TemporaryDirectory() as folder:
        readers = Readers(Path(folder))
        try:
            outcomes = _play(
                [
                    ("params", (DATA / "digits-lenet-0030.params").read_bytes(), readers.params),
                    ("symbol", SYMBOL.read_bytes(), readers.symbol),
                    ("onnx", onnx_seed(), readers.onnx),
                ],
                count,
                seed,
            )
            # The converter still answers after all that.
            readers.onnx(onnx_seed())
        finally:
            readers.converter.close()
    return outcomes


def run_live(count: int, seed: int) -> Counter[str]:
    """The same with graphs that a running daemon is asked to bind, and to run if they bind."""
    with live_daemon() as daemon:
        outcomes = _play(
            [("symbol", SYMBOL.read_bytes(), daemon.symbol), ("onnx", onnx_seed(), daemon.onnx)], count, seed
        )
        daemon.symbol(SYMBOL.read_bytes())
        daemon.onnx(onnx_seed())
        outcomes["worker restarts"] = daemon.restarts()
    return outcomes


def _play(formats: list[tuple[str, bytes, Callable[[bytes], None]]], count: int, seed: int) -> Counter[str]:
    rng = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for number in range(count):
        name, source, read = formats[number % len(formats)]
        mutated = mutate(source, rng)
        try:
            read(mutated)
            outcomes[f"{name}: loads"] += 1
        except MXNetError as error:
            assert str(error)  # noqa: PT017
            outcomes[f"{name}: {type(error).__name__}"] += 1
    return outcomes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", action="store_true", help="graphs through a running daemon")
    options = parser.parse_args()
    play = run_live if options.live else run
    for outcome, times in sorted(play(options.count, options.seed).items()):
        print(f"{times:6} {outcome}")
