"""``python -m tests.oracle.networks --oracle-python PYTHON GRAPHS``: real networks with random weights, on both sides.

``GRAPHS`` is a folder of ``*-symbol.json`` with the shapes to infer in ``infer-shapes.json``. Each is bound on an
accelerator. What sorts or suppresses boxes decides between scores that rounding makes differ, and with them everything
behind; so a graph is also cut there, and each part compared with real MXNet on real MXNet's own intermediate values.
With ``--digests FILE`` some numbers of the outputs are kept, for tests without real MXNet.
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
from tests.mxnet.network_weights import digest, weights
from tests.oracle.oracle import Oracle

import offboard.mxnet as mx
from offboard.client import connection
from offboard.runtime.backend import Report
from offboard.runtime.partition import Piece, cut
from offboard_accelerator import embedded

Arrays = dict[str, np.ndarray]

_DECIDES = {"_contrib_box_nms", "argsort", "topk", "sort"}


def _theirs(oracle: Oracle, symbol: mx.sym.Symbol, arrays: Arrays) -> list[np.ndarray]:
    names = {*symbol.list_arguments(), *symbol.list_auxiliary_states()}
    head = {"graph": symbol.tojson(), "shapes": [], "types": [], "train": False}
    said, outputs = oracle.ask(head, {name: arrays[name] for name in names})
    if not outputs:
        raise SystemExit(f"real MXNet gives nothing: {said}")
    return [outputs[str(index)] for index in range(len(outputs))]


def _ours(symbol: mx.sym.Symbol, arrays: Arrays) -> tuple[list[np.ndarray], Report]:
    executor = symbol.bind(
        mx.eia(),
        {name: mx.nd.array(arrays[name], dtype=arrays[name].dtype) for name in symbol.list_arguments()},
        aux_states={name: mx.nd.array(arrays[name]) for name in symbol.list_auxiliary_states()},
        grad_req="null",
    )
    return [output.asnumpy() for output in executor.forward()], executor.report()


def _parts(symbol: mx.sym.Symbol) -> tuple[Piece, ...]:
    """The graph around the nodes that decide; none where there are none."""
    nodes = symbol._graph.nodes()
    deciding = [index for index, node in enumerate(nodes) if node.op in _DECIDES]
    return cut(symbol._graph, deciding, ()).pieces if deciding else ()


def disagreement(ours: np.ndarray, theirs: np.ndarray) -> str:
    """How two outputs differ beyond what float32 networks keep; empty where they agree."""
    if (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
        return f"{ours.dtype}{ours.shape} for {theirs.dtype}{theirs.shape}"
    scale = float(np.abs(theirs).max()) or 1.0
    wrong = np.abs(ours - theirs) > 1e-3 * np.abs(theirs) + 1e-4 * scale
    if not wrong.any():
        return ""
    return f"{int(wrong.sum())} of {wrong.size} differ, by up to {float(np.abs(ours - theirs).max()):g} of {scale:g}"


def _compared(oracle: Oracle, symbol: mx.sym.Symbol, arrays: Arrays) -> list[str]:
    """Disagreements of each part on real MXNet's values of what it takes from the others."""
    internals, pieces = symbol.get_internals(), _parts(symbol)
    names = [name for piece in pieces for name in piece.outputs]
    values = dict(zip(names, _theirs(oracle, mx.sym.Group([internals[name] for name in names]), arrays), strict=True))
    found = []
    for piece in pieces:
        made, _ = _ours(mx.sym.Symbol(piece.graph.heads), {**arrays, **values})
        (node, *_) = [node for node in piece.graph.nodes() if node.op is not None]
        for name, output in zip(piece.outputs, made, strict=True):
            sides = [output, values[name]]
            if node.op == "argsort":
                # Equal elements may come in any order: what is compared is what stands there.
                source = {**arrays, **values}[node.inputs[0].node.name]
                sides = [np.take_along_axis(source, each.astype(int), -1) for each in sides]
            why = disagreement(*sides)
            found += [f"{name} {why}"] if why else []
    return found


def main() -> int:
    """One line a network; the exit status says whether any disagrees or ran on the instance."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.networks", description=__doc__)
    parser.add_argument("--oracle-python", required=True, help="an interpreter that has real MXNet")
    parser.add_argument("--only", default="*", help="a pattern of file names")
    parser.add_argument("--digests", type=Path, help="where to keep numbers of real MXNet's outputs")
    parser.add_argument("graphs", type=Path)
    options = parser.parse_args()
    wrong, digests = 0, {}
    with embedded.start("eia1.xlarge") as daemon, Oracle(options.oracle_python, seconds=600) as oracle:
        os.environ.update(daemon.environment)
        # Mask R-CNN takes long where other work runs beside it.
        os.environ["OFFBOARD_CALL_SECONDS"] = "600"
        for name, wanted in json.loads((options.graphs / "infer-shapes.json").read_text()).items():
            if not fnmatchcase(name, options.only):
                continue
            symbol = mx.sym.load(str(options.graphs / name))
            arrays = weights(symbol, {key: tuple(shape) for key, shape in wanted["input"].items()})
            theirs = _theirs(oracle, symbol, arrays)
            start = time.perf_counter()
            ours, report = _ours(symbol, arrays)
            seconds = time.perf_counter() - start
            found: list[Any] = [each for each in map(disagreement, ours, theirs) if each]
            parts = ""
            if found and _parts(symbol):
                parts, found = f" (as a whole: {'; '.join(found)}; part by part:)", _compared(oracle, symbol, arrays)
            elif not found:
                digests[name] = [digest(each) for each in theirs]
            wrong += bool(found or report.instance_nodes)
            print(
                f"{name}: {report.accelerated_nodes} nodes on the accelerator, {report.instance_nodes} on the instance,"
                f" bind and forward {seconds:.1f} s{parts} {'; '.join(found) or 'agrees'}",
                flush=True,
            )
        connection.close()
    if options.digests:
        options.digests.write_text(json.dumps(digests, indent=1) + "\n")
    return int(wrong > 0)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
