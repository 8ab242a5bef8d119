"""Parameters for a network that asks for them."""

from __future__ import annotations

from typing import Any, TypeVar

from offboard.mxnet.context import Context
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.model_store import get_model_file

__all__ = ["load_if"]

_Network = TypeVar("_Network", bound=HybridBlock)


def load_if(pretrained: Any, network: _Network, name: str, root: str | None, ctx: Context | list[Context]) -> _Network:
    """The network, with the parameters published as ``name`` if ``pretrained``."""
    if pretrained:
        network.load_parameters(get_model_file(name, root=root), ctx=ctx)
    return network
