"""Inception v3: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015)."""

from __future__ import annotations

from typing import Any, TypeAlias

from offboard.mxnet.context import cpu
from offboard.mxnet.gluon import nn
from offboard.mxnet.gluon.contrib.nn import HybridConcurrent
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.vision.pretrained import load_if

__all__ = ["Inception3", "inception_v3"]

# Filters, kernel, strides, padding.
_Layer: TypeAlias = "tuple[int, Any, Any, Any]"


def _conv(filters: int, kernel: Any, strides: Any = 1, padding: Any = 0) -> nn.HybridSequential:
    made = nn.HybridSequential(prefix="")
    convolution = nn.Conv2D(filters, kernel, strides, padding, use_bias=False)
    made.add(convolution, nn.BatchNorm(epsilon=0.001), nn.Activation("relu"))
    return made


def _branch(*layers: _Layer, pool: str | None = None) -> nn.HybridSequential:
    made = nn.HybridSequential(prefix="")
    if pool == "avg":
        made.add(nn.AvgPool2D(pool_size=3, strides=1, padding=1))
    elif pool == "max":
        made.add(nn.MaxPool2D(pool_size=3, strides=2))
    made.add(*[_conv(*layer) for layer in layers])
    return made


def _mixed(prefix: str, *branches: Any) -> HybridConcurrent:
    """Branches side by side; each is a tuple of layers, or makes itself."""
    made = HybridConcurrent(axis=1, prefix=prefix)
    with made.name_scope():
        for branch in branches:
            made.add(branch() if callable(branch) else _branch(*branch))
    return made


def _a(pool_features: int, prefix: str) -> HybridConcurrent:
    return _mixed(
        prefix,
        ((64, 1, 1, 0),),
        ((48, 1, 1, 0), (64, 5, 1, 2)),
        ((64, 1, 1, 0), (96, 3, 1, 1), (96, 3, 1, 1)),
        lambda: _branch((pool_features, 1, 1, 0), pool="avg"),
    )


def _b(prefix: str) -> HybridConcurrent:
    return _mixed(
        prefix,
        ((384, 3, 2, 0),),
        ((64, 1, 1, 0), (96, 3, 1, 1), (96, 3, 2, 0)),
        lambda: _branch(pool="max"),
    )


def _row(filters: int) -> _Layer:
    return filters, (1, 7), 1, (0, 3)


def _column(filters: int) -> _Layer:
    return filters, (7, 1), 1, (3, 0)


def _c(width: int, prefix: str) -> HybridConcurrent:
    return _mixed(
        prefix,
        ((192, 1, 1, 0),),
        ((width, 1, 1, 0), _row(width), _column(192)),
        ((width, 1, 1, 0), _column(width), _row(width), _column(width), _row(192)),
        lambda: _branch((192, 1, 1, 0), pool="avg"),
    )


def _d(prefix: str) -> HybridConcurrent:
    return _mixed(
        prefix,
        ((192, 1, 1, 0), (320, 3, 2, 0)),
        ((192, 1, 1, 0), _row(192), _column(192), (192, 3, 2, 0)),
        lambda: _branch(pool="max"),
    )


def _forked(*layers: _Layer) -> nn.HybridSequential:
    """A branch that ends in a row and a column side by side."""
    made = nn.HybridSequential(prefix="")
    made.add(_branch(*layers))
    fork = HybridConcurrent(axis=1, prefix="")
    fork.add(_branch((384, (1, 3), 1, (0, 1))), _branch((384, (3, 1), 1, (1, 0))))
    made.add(fork)
    return made


def _e(prefix: str) -> HybridConcurrent:
    return _mixed(
        prefix,
        ((320, 1, 1, 0),),
        lambda: _forked((384, 1, 1, 0)),
        lambda: _forked((448, 1, 1, 0), (384, 3, 1, 1)),
        lambda: _branch((192, 1, 1, 0), pool="avg"),
    )


class Inception3(HybridBlock):
    """For images of 299x299 pixels."""

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(_conv(32, 3, 2), _conv(32, 3), _conv(64, 3, 1, 1), nn.MaxPool2D(pool_size=3, strides=2))
            self.features.add(_conv(80, 1), _conv(192, 3), nn.MaxPool2D(pool_size=3, strides=2))
            self.features.add(_a(32, "A1_"), _a(64, "A2_"), _a(64, "A3_"), _b("B_"))
            self.features.add(_c(128, "C1_"), _c(160, "C2_"), _c(160, "C3_"), _c(192, "C4_"), _d("D_"))
            self.features.add(_e("E1_"), _e("E2_"), nn.AvgPool2D(pool_size=8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


def inception_v3(pretrained: bool = False, ctx: Any = cpu(), root: str | None = None, **kwargs: Any) -> Inception3:  # noqa: B008
    """Inception v3."""
    return load_if(pretrained, Inception3(**kwargs), "inceptionv3", root, ctx)
