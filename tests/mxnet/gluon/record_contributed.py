"""Writes tests/data/gluon/contributed.json; run by an interpreter that has real MXNet 1.9.1."""

import json
from pathlib import Path

import contributed_cells
import mxnet as mx

found = {name: contributed_cells.facts(mx, name) for name in contributed_cells.names()}
target = Path(__file__).resolve().parents[2] / "data" / "gluon" / "contributed.json"
target.write_text(json.dumps(found, indent=1) + "\n")
