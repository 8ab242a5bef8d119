"""MobileNet, version 1 and 2: Howard et al. (2017), Sandler et al. (2018)."""

from __future__ import annotations

from typing import Any

from offboard.mxnet.context import cpu
from offboard.mxnet.gluon import nn
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.vision.pretrained import load_if

__all__ = [
    "LinearBottleneck", "MobileNet", "MobileNetV2", "RELU6", "get_mobilenet", "get_mobilenet_v2", "mobilenet0_25",
    "mobilenet0_5", "mobilenet0_75", "mobilenet1_0", "mobilenet_v2_0_25", "mobilenet_v2_0_5", "mobilenet_v2_0_75",
    "mobilenet_v2_1_0",
]  # fmt: skip

# Channels and stride of version 1's separable convolutions.
_SEPARABLE = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)
)  # fmt: skip
# Expansion, channels, repetitions and first stride of version 2's bottlenecks.
_BOTTLENECKS = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
)  # fmt: skip


class RELU6(nn.HybridBlock):
    """Between 0 and 6."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return F.clip(x, 0, 6, name="relu6")


def _add_conv(
    out: nn.HybridSequential,
    channels: int,
    kernel: int = 1,
    stride: int = 1,
    pad: int = 0,
    groups: int = 1,
    activation: type[RELU6] | str | None = "relu",
) -> None:
    out.add(nn.Conv2D(channels, kernel, stride, pad, groups=groups, use_bias=False), nn.BatchNorm(scale=True))
    if activation is not None:
        out.add(nn.Activation(activation) if isinstance(activation, str) else activation())


class LinearBottleneck(nn.HybridBlock):
    """Expand, filter each channel, project without activation; a shortcut where the shape stays."""

    def __init__(self, in_channels: int, channels: int, t: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        wide = in_channels * t
        with self.name_scope():
            self.out = nn.HybridSequential()
            _add_conv(self.out, wide, activation=RELU6)
            _add_conv(self.out, wide, 3, stride, 1, wide, activation=RELU6)
            _add_conv(self.out, channels, activation=None)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The projection, and the input where there is a shortcut."""
        made = self.out(x)
        return F.elemwise_add(made, x) if self.use_shortcut else made


class MobileNet(HybridBlock):
    """Version 1: separable convolutions."""

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                before = int(32 * multiplier)
                _add_conv(self.features, before, 3, 2, 1)
                for channels, stride in _SEPARABLE:
                    _add_conv(self.features, before, 3, stride, 1, before)
                    before = int(channels * multiplier)
                    _add_conv(self.features, before)
                self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


class MobileNetV2(nn.HybridBlock):
    """Version 2: linear bottlenecks."""

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="features_")
            with self.features.name_scope():
                before = int(32 * multiplier)
                _add_conv(self.features, before, 3, 2, 1, activation=RELU6)
                for expansion, channels, count, first in _BOTTLENECKS:
                    for number in range(count):
                        width = int(channels * multiplier)
                        self.features.add(LinearBottleneck(before, width, expansion, first if number == 0 else 1))
                        before = width
                _add_conv(self.features, int(1280 * multiplier) if multiplier > 1.0 else 1280, activation=RELU6)
                self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.HybridSequential(prefix="output_")
            with self.output.name_scope():
                self.output.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


def _suffix(multiplier: float) -> str:
    text = f"{multiplier:.2f}"
    return text[:-1] if text in ("1.00", "0.50") else text


def get_mobilenet(
    multiplier: float,
    pretrained: bool = False,
    ctx: Any = cpu(),  # noqa: B008
    root: str | None = None,
    **kwargs: Any,
) -> MobileNet:
    """Version 1 of any width."""
    return load_if(pretrained, MobileNet(multiplier, **kwargs), f"mobilenet{_suffix(multiplier)}", root, ctx)


def get_mobilenet_v2(
    multiplier: float,
    pretrained: bool = False,
    ctx: Any = cpu(),  # noqa: B008
    root: str | None = None,
    **kwargs: Any,
) -> MobileNetV2:
    """Version 2 of any width."""
    return load_if(pretrained, MobileNetV2(multiplier, **kwargs), f"mobilenetv2_{_suffix(multiplier)}", root, ctx)


def mobilenet1_0(**kwargs: Any) -> MobileNet:
    """Version 1 of full width."""
    return get_mobilenet(1.0, **kwargs)


def mobilenet0_75(**kwargs: Any) -> MobileNet:
    """Version 1 of three quarters of the width."""
    return get_mobilenet(0.75, **kwargs)


def mobilenet0_5(**kwargs: Any) -> MobileNet:
    """Version 1 of half the width."""
    return get_mobilenet(0.5, **kwargs)


def mobilenet0_25(**kwargs: Any) -> MobileNet:
    """Version 1 of a quarter of the width."""
    return get_mobilenet(0.25, **kwargs)


def mobilenet_v2_1_0(**kwargs: Any) -> MobileNetV2:
    """Version 2 of full width."""
    return get_mobilenet_v2(1.0, **kwargs)


def mobilenet_v2_0_75(**kwargs: Any) -> MobileNetV2:
    """Version 2 of three quarters of the width."""
    return get_mobilenet_v2(0.75, **kwargs)


def mobilenet_v2_0_5(**kwargs: Any) -> MobileNetV2:
    """Version 2 of half the width."""
    return get_mobilenet_v2(0.5, **kwargs)


def mobilenet_v2_0_25(**kwargs: Any) -> MobileNetV2:
    """Version 2 of a quarter of the width."""
    return get_mobilenet_v2(0.25, **kwargs)
