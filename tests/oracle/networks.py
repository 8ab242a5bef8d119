"""``python -m tests.oracle.networks --oracle-python PYTHON GRAPHS``: real networks with random weights, on both sides.

``GRAPHS`` is a folder of ``*-symbol.json`` with the shapes to infer in ``infer-shapes.json``. Each is bound on an
accelerator and compared with real MXNet's outputs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from tests.oracle.oracle import Oracle
from tests.oracle.weights import weights

import offboard.mxnet as mx
from offboard.client import connection
from offboard_accelerator import embedded

Outputs = list[np.ndarray]


def _theirs(oracle: Oracle, graph: str, arrays: dict[str, np.ndarray]) -> Outputs:
    said, outputs = oracle.ask({"graph": graph, "shapes": [], "types": [], "train": False}, arrays)
    if not outputs:
        raise SystemExit(f"real MXNet gives nothing: {said}")
    return [outputs[str(index)] for index in range(len(outputs))]


def _ours(symbol: mx.sym.Symbol, arrays: dict[str, np.ndarray]) -> tuple[Outputs, Any, float]:
    start = time.perf_counter()
    executor = symbol.bind(
        mx.eia(),
        {name: mx.nd.array(arrays[name]) for name in symbol.list_arguments()},
        aux_states={name: mx.nd.array(arrays[name]) for name in symbol.list_auxiliary_states()},
        grad_req="null",
    )
    outputs = [output.asnumpy() for output in executor.forward()]
    return outputs, executor.report(), time.perf_counter() - start


def disagreement(ours: np.ndarray, theirs: np.ndarray) -> str:
    """How two outputs differ, in the units of a tolerance that float32 networks keep; empty where they agree."""
    if (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
        return f"{ours.dtype}{ours.shape} for {theirs.dtype}{theirs.shape}"
    scale = float(np.abs(theirs).max()) or 1.0
    wrong = np.abs(ours - theirs) > 1e-3 * np.abs(theirs) + 1e-4 * scale
    if not wrong.any():
        return ""
    return f"{int(wrong.sum())} of {wrong.size} differ, by up to {float(np.abs(ours - theirs).max()):g} of {scale:g}"


def main() -> int:
    """One line a network; the exit status says whether any disagrees or ran on the instance."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.networks", description=__doc__)
    parser.add_argument("--oracle-python", required=True, help="an interpreter that has real MXNet")
    parser.add_argument("--only", default="*", help="a pattern of file names")
    parser.add_argument("graphs", type=Path)
    options = parser.parse_args()
    wrong = 0
    with embedded.start("eia1.xlarge") as daemon, Oracle(options.oracle_python) as oracle:
        os.environ.update(daemon.environment)
        for name, wanted in json.loads((options.graphs / "infer-shapes.json").read_text()).items():
            if not fnmatchcase(name, options.only):
                continue
            symbol = mx.sym.load(str(options.graphs / name))
            arrays = weights(symbol, {key: tuple(shape) for key, shape in wanted["input"].items()})
            theirs = _theirs(oracle, symbol.tojson(), arrays)
            ours, report, seconds = _ours(symbol, arrays)
            found = [each for each in map(disagreement, ours, theirs) if each]
            wrong += bool(found or report.instance_nodes)
            print(
                f"{name}: {report.accelerated_nodes} nodes on the accelerator, {report.instance_nodes} on the instance,"
                f" bind and forward {seconds:.1f} s, spread {[f'{float(each.std()):.3g}' for each in theirs]}:"
                f" {'; '.join(found) or 'agrees'}",
                flush=True,
            )
        connection.close()
    return int(wrong > 0)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
