"""Writes tests/data/rnn/cells.json; run by an interpreter that has real MXNet 1.9.1."""

import hashlib
import json
from pathlib import Path

import cell_graphs
import mxnet as mx

found = {
    name: hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).hexdigest()
    for name, graph in cell_graphs.graphs(mx).items()
}
target = Path(__file__).resolve().parents[2] / "data" / "rnn" / "cells.json"
target.write_text(json.dumps(found, indent=1) + "\n")
