"""Networks drawn for Graphviz, by a stand-in for its package."""

import sys
from types import ModuleType
from typing import Any

import pytest

import offboard.mxnet as mx


class Digraph:
    """Remembers nodes and edges."""

    def __init__(self, **kwargs: Any) -> None:
        self.kwargs, self.nodes, self.edges = kwargs, {}, {}

    def node(self, name: str, **kwargs: Any) -> None:
        self.nodes[name] = kwargs

    def edge(self, tail_name: str, head_name: str, **kwargs: Any) -> None:
        self.edges[tail_name, head_name] = kwargs["label"]


@pytest.fixture
def network() -> mx.sym.Symbol:
    layer = mx.sym.Convolution(mx.sym.var("data"), kernel=(3, 3), num_filter=4, name="conv")
    layer = mx.sym.Pooling(mx.sym.relu(layer, name="relu"), kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool")
    return mx.sym.FullyConnected(layer, num_hidden=5, name="scores")


def test_layers_and_what_goes_between_them(monkeypatch: pytest.MonkeyPatch, network: mx.sym.Symbol) -> None:
    package = ModuleType("graphviz")
    package.Digraph = Digraph
    monkeypatch.setitem(sys.modules, "graphviz", package)
    drawn = mx.viz.plot_network(network, "net", shape={"data": (1, 3, 8, 8)}, dtype={"data": "float32"})
    assert drawn.kwargs == {"name": "net", "format": "pdf"}
    labels = {name: each["label"] for name, each in drawn.nodes.items()}
    assert labels == {
        "data": "data",
        "conv": "Convolution\n3x3/1, 4",
        "relu": "relu",
        "pool": "Pooling\nmax, 2x2/2x2",
        "scores": "FullyConnected\n5",
    }
    assert drawn.edges == {
        ("conv", "data"): "3x8x8(float32)",
        ("relu", "conv"): "4x6x6(float32)",
        ("pool", "relu"): "4x6x6(float32)",
        ("scores", "pool"): "4x3x3(float32)",
    }
    shown = mx.viz.plot_network(network, hide_weights=False)
    assert ("conv", "conv_weight") in shown.edges


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, network: mx.sym.Symbol) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError, match="pip install graphviz"):
        mx.viz.plot_network(network)
