"""Writes tests/data/gluon/model-zoo.json; run by an interpreter that has real MXNet 1.9.1."""

import json
from pathlib import Path

import gluon_facts
import mxnet as mx
from mxnet.gluon.model_zoo import vision

RUN = {"mobilenet0.25": 32, "mobilenetv2_0.25": 32, "resnet18_v2": 32, "squeezenet1.1": 224}
try:
    vision.get_model("")
except ValueError as error:
    NAMES = str(error).split("\n\t")[1:]

found = {}
for name in NAMES:
    net = vision.get_model(name)
    facts = {
        "structure": gluon_facts.digest(gluon_facts.structure(net)),
        "graph": gluon_facts.digest(gluon_facts.graph(mx, net)),
    }
    if name in RUN:
        facts["size"] = RUN[name]
        facts["output"] = gluon_facts.outputs(mx, net, (1, 3, RUN[name], RUN[name]), 8)
    found[name] = facts
target = Path(__file__).resolve().parents[2] / "data" / "gluon" / "model-zoo.json"
target.write_text(json.dumps(found, indent=1) + "\n")
