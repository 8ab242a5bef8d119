"""``Block.summary``: a table of the layers, their output shapes and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offboard.mxnet.ndarray.ndarray import NDArray

if TYPE_CHECKING:
    from offboard.mxnet.gluon.basic_block import Block
    from offboard.mxnet.gluon.basic_parameter import Parameter
    from offboard.mxnet.gluon.hooks import HookHandle

__all__ = ["print_summary"]

_WIDTH = 80


@dataclass
class _Layer:
    label: str
    shape: str
    parameters: int = 0
    trainable: int = 0
    shared: int = 0


def print_summary(block: Block, inputs: tuple[Any, ...]) -> None:
    """Runs the block on ``inputs`` and prints what every layer made, as MXNet does."""
    from offboard.mxnet.gluon.nn.basic_layers import HybridSequential, Sequential

    layers = [_Layer("Input", _shapes(inputs))]
    seen: set[Parameter] = set()
    handles: list[HookHandle] = []

    def record(layer: Block, _: Any, outputs: Any) -> None:
        made = _Layer(f"{type(layer).__name__}-{len(layers)}", _shapes(outputs))
        for parameter in layer.params.values():
            size = parameter.data().size
            made.parameters += size
            made.trainable += size if parameter.grad_req != "null" else 0
            made.shared += size if parameter in seen else 0
            seen.add(parameter)
        layers.append(made)

    def attach(layer: Block) -> None:
        assert not getattr(layer, "_active", False), f'"{layer.name}" must not be hybridized to print summary.'
        if not isinstance(layer, (Sequential, HybridSequential)):
            handles.append(layer.register_forward_hook(record))

    try:
        block.apply(attach)
        block(*inputs)
    finally:
        for handle in handles:
            handle.detach()
    _show(layers)


def _show(layers: list[_Layer]) -> None:
    total = sum(layer.parameters for layer in layers)
    trainable = sum(layer.trainable for layer in layers)
    shared = sum(layer.shared for layer in layers)
    print("-" * _WIDTH)
    print(f"{'Layer (type)':>20}  {'Output Shape':>42} {'Param #':>15}")
    print("=" * _WIDTH)
    for layer in layers:
        print(f"{layer.label:>20}  {layer.shape:>42} {layer.parameters:>15}")
    print("=" * _WIDTH)
    print("Parameters in forward computation graph, duplicate included")
    print(f"   Total params: {total}")
    print(f"   Trainable params: {trainable}")
    print(f"   Non-trainable params: {total - trainable}")
    print(f"Shared params in forward computation graph: {shared}")
    print(f"Unique parameters in model: {total - shared}")
    print("-" * _WIDTH)


def _shapes(arrays: Any) -> str:
    """The shapes, nested as the arrays are."""

    def shapes(items: Any) -> Any:
        if isinstance(items, (list, tuple)):
            return [shapes(item) for item in items]
        return items.shape if isinstance(items, NDArray) else items

    found = shapes(arrays)
    return str(found)[1:-1] if isinstance(found, list) else str(found)
