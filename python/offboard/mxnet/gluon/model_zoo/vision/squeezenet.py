"""SqueezeNet: Iandola et al. (2016)."""

from __future__ import annotations

from typing import Any

from offboard.mxnet.context import cpu
from offboard.mxnet.gluon import nn
from offboard.mxnet.gluon.contrib.nn import HybridConcurrent
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.vision.pretrained import load_if

__all__ = ["SqueezeNet", "get_squeezenet", "squeezenet1_0", "squeezenet1_1"]

# The stem (filters, kernel) and the squeezed channels of the fires between the poolings.
_VERSIONS = {
    "1.0": ((96, 7), ((16, 16, 32), (32, 48, 48, 64), (64,))),
    "1.1": ((64, 3), ((16, 16), (32, 32), (48, 48, 64, 64))),
}


def _fire_conv(channels: int, kernel: int, padding: int = 0) -> nn.HybridSequential:
    made = nn.HybridSequential(prefix="")
    made.add(nn.Conv2D(channels, kernel, padding=padding), nn.Activation("relu"))
    return made


def _fire(squeezed: int) -> nn.HybridSequential:
    """Few channels, then four times as many twice: by 1x1 and by 3x3 convolutions."""
    made = nn.HybridSequential(prefix="")
    made.add(_fire_conv(squeezed, 1))
    paths = HybridConcurrent(axis=1, prefix="")
    paths.add(_fire_conv(4 * squeezed, 1), _fire_conv(4 * squeezed, 3, 1))
    made.add(paths)
    return made


class SqueezeNet(HybridBlock):
    """Fires between poolings."""

    def __init__(self, version: str, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        assert version in _VERSIONS, f"Unsupported SqueezeNet version {version}: 1.0 or 1.1 expected"
        (filters, kernel), stages = _VERSIONS[version]
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.Conv2D(filters, kernel_size=kernel, strides=2), nn.Activation("relu"))
            for stage in stages:
                self.features.add(nn.MaxPool2D(pool_size=3, strides=2, ceil_mode=True))
                self.features.add(*[_fire(squeezed) for squeezed in stage])
            self.features.add(nn.Dropout(0.5))
            self.output = nn.HybridSequential(prefix="")
            self.output.add(nn.Conv2D(classes, kernel_size=1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


def get_squeezenet(
    version: str,
    pretrained: bool = False,
    ctx: Any = cpu(),  # noqa: B008
    root: str | None = None,
    **kwargs: Any,
) -> SqueezeNet:
    """SqueezeNet of version 1.0 or 1.1."""
    return load_if(pretrained, SqueezeNet(version, **kwargs), f"squeezenet{version}", root, ctx)


def squeezenet1_0(**kwargs: Any) -> SqueezeNet:
    """As in the paper."""
    return get_squeezenet("1.0", **kwargs)


def squeezenet1_1(**kwargs: Any) -> SqueezeNet:
    """As good for less than half of the work."""
    return get_squeezenet("1.1", **kwargs)
