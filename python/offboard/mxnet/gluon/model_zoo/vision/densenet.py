"""DenseNet: Huang et al., "Densely Connected Convolutional Networks" (2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offboard.mxnet.context import cpu
from offboard.mxnet.gluon import nn
from offboard.mxnet.gluon.contrib.nn import HybridConcurrent, Identity
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.vision.pretrained import load_if

__all__ = ["DenseNet", "densenet121", "densenet161", "densenet169", "densenet201", "densenet_spec", "get_densenet"]

# Features of the stem, growth rate, and layers of each block.
densenet_spec = {
    121: (64, 32, [6, 12, 24, 16]),
    161: (96, 48, [6, 12, 36, 24]),
    169: (64, 32, [6, 12, 32, 32]),
    201: (64, 32, [6, 12, 48, 32]),
}


def _dense_layer(growth_rate: int, bn_size: int, dropout: float) -> HybridConcurrent:
    """What came in beside the new features."""
    features = nn.HybridSequential(prefix="")
    features.add(
        nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(bn_size * growth_rate, kernel_size=1, use_bias=False),
        nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(growth_rate, kernel_size=3, padding=1, use_bias=False),
    )  # fmt: skip
    if dropout:
        features.add(nn.Dropout(dropout))
    made = HybridConcurrent(axis=1, prefix="")
    made.add(Identity(), features)
    return made


def _dense_block(layers: int, bn_size: int, growth_rate: int, dropout: float, number: int) -> nn.HybridSequential:
    made = nn.HybridSequential(prefix=f"stage{number}_")
    with made.name_scope():
        for _ in range(layers):
            made.add(_dense_layer(growth_rate, bn_size, dropout))
    return made


def _transition(features: int) -> nn.HybridSequential:
    """Half the features, half the size."""
    made = nn.HybridSequential(prefix="")
    made.add(
        nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(features, kernel_size=1, use_bias=False),
        nn.AvgPool2D(pool_size=2, strides=2),
    )  # fmt: skip
    return made


class DenseNet(HybridBlock):
    """Dense blocks with transitions between them."""

    def __init__(
        self,
        num_init_features: int,
        growth_rate: int,
        block_config: Sequence[int],
        bn_size: int = 4,
        dropout: float = 0,
        classes: int = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(
                nn.Conv2D(num_init_features, kernel_size=7, strides=2, padding=3, use_bias=False), nn.BatchNorm(),
                nn.Activation("relu"), nn.MaxPool2D(pool_size=3, strides=2, padding=1),
            )  # fmt: skip
            count = num_init_features
            for number, layers in enumerate(block_config, 1):
                self.features.add(_dense_block(layers, bn_size, growth_rate, dropout, number))
                count += layers * growth_rate
                if number != len(block_config):
                    count //= 2
                    self.features.add(_transition(count))
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.AvgPool2D(pool_size=7), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


def get_densenet(
    num_layers: int,
    pretrained: bool = False,
    ctx: Any = cpu(),  # noqa: B008
    root: str | None = None,
    **kwargs: Any,
) -> DenseNet:
    """DenseNet of 121, 161, 169 or 201 layers."""
    features, growth_rate, blocks = densenet_spec[num_layers]
    return load_if(pretrained, DenseNet(features, growth_rate, blocks, **kwargs), f"densenet{num_layers}", root, ctx)


def densenet121(**kwargs: Any) -> DenseNet:
    """DenseNet of 121 layers."""
    return get_densenet(121, **kwargs)


def densenet161(**kwargs: Any) -> DenseNet:
    """DenseNet of 161 layers."""
    return get_densenet(161, **kwargs)


def densenet169(**kwargs: Any) -> DenseNet:
    """DenseNet of 169 layers."""
    return get_densenet(169, **kwargs)


def densenet201(**kwargs: Any) -> DenseNet:
    """DenseNet of 201 layers."""
    return get_densenet(201, **kwargs)
