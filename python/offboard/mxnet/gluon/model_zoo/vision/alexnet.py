"""AlexNet: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014)."""

from __future__ import annotations

from typing import Any

from offboard.mxnet.context import cpu
from offboard.mxnet.gluon import nn
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.vision.pretrained import load_if

__all__ = ["AlexNet", "alexnet"]

# Filters, kernel, stride, padding, and whether a pooling follows.
_CONVOLUTIONS = (
    (64, 11, 4, 2, True), (192, 5, 1, 2, True), (384, 3, 1, 1, False), (256, 3, 1, 1, False), (256, 3, 1, 1, True)
)  # fmt: skip


class AlexNet(HybridBlock):
    """Five convolutions and three dense layers."""

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                for filters, kernel, stride, padding, pooled in _CONVOLUTIONS:
                    self.features.add(nn.Conv2D(filters, kernel, stride, padding, activation="relu"))
                    if pooled:
                        self.features.add(nn.MaxPool2D(pool_size=3, strides=2))
                self.features.add(nn.Flatten())
                for _ in range(2):
                    self.features.add(nn.Dense(4096, activation="relu"), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


def alexnet(pretrained: bool = False, ctx: Any = cpu(), root: str | None = None, **kwargs: Any) -> AlexNet:  # noqa: B008
    """AlexNet."""
    return load_if(pretrained, AlexNet(**kwargs), "alexnet", root, ctx)
