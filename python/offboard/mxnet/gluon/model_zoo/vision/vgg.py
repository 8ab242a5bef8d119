"""VGG: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2014)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offboard.mxnet import initializer as initializers
from offboard.mxnet.context import cpu
from offboard.mxnet.gluon import nn
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.vision.pretrained import load_if

__all__ = [
    "VGG", "get_vgg", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "vgg_spec"
]  # fmt: skip

_FILTERS = [64, 128, 256, 512, 512]
vgg_spec = {
    11: ([1, 1, 2, 2, 2], _FILTERS),
    13: ([2, 2, 2, 2, 2], _FILTERS),
    16: ([2, 2, 3, 3, 3], _FILTERS),
    19: ([2, 2, 4, 4, 4], _FILTERS),
}


class VGG(HybridBlock):
    """Stages of 3x3 convolutions, each ended by a pooling, and three dense layers."""

    def __init__(
        self,
        layers: Sequence[int],
        filters: Sequence[int],
        classes: int = 1000,
        batch_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        assert len(layers) == len(filters)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                for count, width in zip(layers, filters, strict=True):
                    self._add_stage(count, width, batch_norm)
                for _ in range(2):
                    dense = nn.Dense(4096, "relu", weight_initializer="normal", bias_initializer="zeros")
                    self.features.add(dense, nn.Dropout(rate=0.5))
            self.output = nn.Dense(classes, weight_initializer="normal", bias_initializer="zeros")

    def _add_stage(self, count: int, filters: int, batch_norm: bool) -> None:
        for _ in range(count):
            xavier = initializers.Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)
            self.features.add(nn.Conv2D(filters, 3, padding=1, weight_initializer=xavier, bias_initializer="zeros"))
            if batch_norm:
                self.features.add(nn.BatchNorm())
            self.features.add(nn.Activation("relu"))
        self.features.add(nn.MaxPool2D(strides=2))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


def get_vgg(
    num_layers: int,
    pretrained: bool = False,
    ctx: Any = cpu(),  # noqa: B008
    root: str | None = None,
    **kwargs: Any,
) -> VGG:
    """VGG of 11, 13, 16 or 19 layers."""
    layers, filters = vgg_spec[num_layers]
    name = f"vgg{num_layers}{'_bn' if kwargs.get('batch_norm') else ''}"
    return load_if(pretrained, VGG(layers, filters, **kwargs), name, root, ctx)


def vgg11(**kwargs: Any) -> VGG:
    """VGG of 11 layers."""
    return get_vgg(11, **kwargs)


def vgg13(**kwargs: Any) -> VGG:
    """VGG of 13 layers."""
    return get_vgg(13, **kwargs)


def vgg16(**kwargs: Any) -> VGG:
    """VGG of 16 layers."""
    return get_vgg(16, **kwargs)


def vgg19(**kwargs: Any) -> VGG:
    """VGG of 19 layers."""
    return get_vgg(19, **kwargs)


def vgg11_bn(**kwargs: Any) -> VGG:
    """VGG of 11 layers with batch normalisation."""
    return get_vgg(11, **{**kwargs, "batch_norm": True})


def vgg13_bn(**kwargs: Any) -> VGG:
    """VGG of 13 layers with batch normalisation."""
    return get_vgg(13, **{**kwargs, "batch_norm": True})


def vgg16_bn(**kwargs: Any) -> VGG:
    """VGG of 16 layers with batch normalisation."""
    return get_vgg(16, **{**kwargs, "batch_norm": True})


def vgg19_bn(**kwargs: Any) -> VGG:
    """VGG of 19 layers with batch normalisation."""
    return get_vgg(19, **{**kwargs, "batch_norm": True})
