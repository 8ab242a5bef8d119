"""Contributed layers and cells of Gluon, made alike with MXNet and Offboard, with made-up weights."""

from __future__ import annotations

from typing import Any

import gluon_facts

_LAYOUTS = {1: "NTCW", 2: "NTCHW", 3: "NTCDHW"}


def names() -> list[str]:
    """What can be made."""
    kinds = [f"Conv{dims}D{kind}Cell" for dims in (1, 2, 3) for kind in ("RNN", "LSTM", "GRU")]
    return ["deformable", "modulated", "lstmp", "variational", "variational-states", *kinds]


def facts(mx: Any, name: str) -> dict[str, Any]:
    """Parameters, first outputs, and first elements of the states."""
    contrib, rnn = mx.gluon.contrib, mx.gluon.rnn
    if name in ("deformable", "modulated"):
        kind = "DeformableConvolution" if name == "deformable" else "ModulatedDeformableConvolution"
        layer = getattr(contrib.cnn, kind)(4, (3, 3), padding=(1, 1), activation="relu")
        output = gluon_facts.outputs(mx, layer, (1, 2, 6, 6), 12)
        return {"structure": gluon_facts.structure(layer), "output": output, "states": []}
    layout, shape = "NTC", (2, 4, 6)
    if name.startswith("Conv"):
        dims = int(name[4])
        layout, shape = _LAYOUTS[dims], (1, 2, 2, *(5,) * dims)
        cell = getattr(contrib.rnn, name)((2, *(5,) * dims), 3, 3, 3, i2h_pad=1)
    elif name == "lstmp":
        cell = contrib.rnn.LSTMPCell(5, 3)
    elif name == "variational":
        cell = contrib.rnn.VariationalDropoutCell(rnn.LSTMCell(4), 0.2, 0.0, 0.3)
    else:
        cell = contrib.rnn.VariationalDropoutCell(rnn.GRUCell(4), 0.2, 0.3, 0.3)
    data = mx.nd.array(gluon_facts.drawn(name, shape))
    cell.initialize()
    cell.unroll(shape[1], data, layout=layout, merge_outputs=True)
    gluon_facts.fill(mx, cell)
    output, states = cell.unroll(shape[1], data, layout=layout, merge_outputs=True)
    return {
        "structure": gluon_facts.structure(cell),
        "output": [float(each) for each in output.asnumpy().ravel()[:12]],
        "states": [float(each) for state in states for each in state.asnumpy().ravel()[:4]],
    }
