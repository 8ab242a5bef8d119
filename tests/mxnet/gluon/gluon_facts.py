"""What is compared of a block between MXNet and Offboard: parameters, graph, and outputs for made-up weights."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import Any

import numpy as np


def drawn(key: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Numbers that depend on nothing but the key and the shape."""
    return np.random.RandomState(zlib.crc32(key.encode()) % 2**31).standard_normal(shape)


def fill(mx: Any, net: Any) -> None:
    """Gives every parameter values by its structural name, of a size that keeps activations near 1."""
    for key, parameter in net._collect_params_with_prefix().items():
        shape = tuple(parameter.shape)
        values = drawn(key, shape) * (1.4 / np.sqrt(max(1, np.prod(shape[1:]))) if len(shape) > 1 else 0.3)
        if key.endswith("var"):
            values = np.abs(values) + 0.5
        if key.endswith("gamma"):
            values = values + 1 if parameter.grad_req != "null" else np.ones(shape)
        parameter.set_data(mx.nd.array(values, dtype=parameter.dtype))


def digest(value: Any) -> str:
    """SHA-256 of a value's JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def structure(net: Any) -> list[Any]:
    """Structural name, name after the block's prefix, shape, gradient and type of every parameter."""
    return [
        [key, each.name.removeprefix(net.prefix), list(each.shape), each.grad_req, np.dtype(each.dtype).name]
        for key, each in net._collect_params_with_prefix().items()
    ]


def graph(mx: Any, net: Any) -> list[Any]:
    """Operators, names less the block's prefix, attributes and inputs of the symbol that the block composes."""
    document = json.loads(net(mx.sym.var("data")).tojson())
    nodes = [
        [
            node["op"],
            node["name"].removeprefix(net.prefix),
            node.get("attrs", {}),
            [each[:2] for each in node["inputs"]],
        ]
        for node in document["nodes"]
    ]
    return [nodes, [each[:2] for each in document["heads"]]]


def outputs(mx: Any, net: Any, shape: tuple[int, ...], count: int) -> list[float]:
    """The first ``count`` outputs for made-up weights and input."""
    net.initialize()
    x = mx.nd.array(drawn("input", shape))
    net(x)
    fill(mx, net)
    return [float(each) for each in net(x).asnumpy().ravel()[:count]]
