"""ResNet, version 1 and 2: He et al., "Deep Residual Learning" (2015) and "Identity Mappings" (2016)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from offboard.mxnet.context import cpu
from offboard.mxnet.gluon import nn
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.model_zoo.vision.pretrained import load_if

__all__ = [
    "BasicBlockV1", "BasicBlockV2", "BottleneckV1", "BottleneckV2", "ResNetV1", "ResNetV2", "get_resnet",
    "resnet101_v1", "resnet101_v2", "resnet152_v1", "resnet152_v2", "resnet18_v1", "resnet18_v2", "resnet34_v1",
    "resnet34_v2", "resnet50_v1", "resnet50_v2", "resnet_block_versions", "resnet_net_versions", "resnet_spec",
]  # fmt: skip


def _conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    return nn.Conv2D(channels, kernel_size=3, strides=stride, padding=1, use_bias=False, in_channels=in_channels)


class _ResidualV1(HybridBlock):
    """``relu(x + body(x))``, x projected where the shape changes."""

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.body = nn.HybridSequential(prefix="")
        self._add_body(channels, stride, in_channels)
        self.downsample = None
        if downsample:
            self.downsample = nn.HybridSequential(prefix="")
            self.downsample.add(
                nn.Conv2D(channels, kernel_size=1, strides=stride, use_bias=False, in_channels=in_channels),
                nn.BatchNorm(),
            )

    def _add_body(self, channels: int, stride: int, in_channels: int) -> None:
        raise NotImplementedError

    def _ways(self, x: Any) -> tuple[Any, Any]:
        return self.body(x), x if self.downsample is None else self.downsample(x)


class BasicBlockV1(_ResidualV1):
    """Two 3x3 convolutions: version 1 of 18 and 34 layers."""

    def _add_body(self, channels: int, stride: int, in_channels: int) -> None:
        self.body.add(
            _conv3x3(channels, stride, in_channels), nn.BatchNorm(), nn.Activation("relu"),
            _conv3x3(channels, 1, channels), nn.BatchNorm(),
        )  # fmt: skip

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The sum of both ways; the order of its terms is that of MXNet's graphs."""
        made, residual = self._ways(x)
        return F.Activation(residual + made, act_type="relu")


class BottleneckV1(_ResidualV1):
    """A 3x3 convolution between two 1x1: version 1 of 50 layers and more."""

    def _add_body(self, channels: int, stride: int, in_channels: int) -> None:
        narrow = channels // 4
        self.body.add(
            nn.Conv2D(narrow, kernel_size=1, strides=stride), nn.BatchNorm(), nn.Activation("relu"),
            _conv3x3(narrow, 1, narrow), nn.BatchNorm(), nn.Activation("relu"),
            nn.Conv2D(channels, kernel_size=1, strides=1), nn.BatchNorm(),
        )  # fmt: skip

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The sum of both ways; the order of its terms is that of MXNet's graphs."""
        made, residual = self._ways(x)
        return F.Activation(made + residual, act_type="relu")


class _ResidualV2(HybridBlock):
    """``x + convolutions(relu(bn(x)))``: normalisation and activation come before each convolution."""

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        makers = self._convolutions(channels, stride, in_channels)
        self._count = len(makers)
        for number, make in enumerate(makers, 1):
            setattr(self, f"bn{number}", nn.BatchNorm())
            setattr(self, f"conv{number}", make())
        self.downsample = None
        if downsample:
            self.downsample = nn.Conv2D(channels, 1, stride, use_bias=False, in_channels=in_channels)

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> Sequence[Callable[[], nn.Conv2D]]:
        raise NotImplementedError

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The sum of both ways."""
        residual = x
        for number in range(1, self._count + 1):
            x = F.Activation(getattr(self, f"bn{number}")(x), act_type="relu")
            if number == 1 and self.downsample is not None:
                residual = self.downsample(x)
            x = getattr(self, f"conv{number}")(x)
        return x + residual


class BasicBlockV2(_ResidualV2):
    """Two 3x3 convolutions: version 2 of 18 and 34 layers."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> Sequence[Callable[[], nn.Conv2D]]:
        return (lambda: _conv3x3(channels, stride, in_channels), lambda: _conv3x3(channels, 1, channels))


class BottleneckV2(_ResidualV2):
    """A 3x3 convolution between two 1x1: version 2 of 50 layers and more."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> Sequence[Callable[[], nn.Conv2D]]:
        narrow = channels // 4
        return (
            lambda: nn.Conv2D(narrow, kernel_size=1, strides=1, use_bias=False),
            lambda: _conv3x3(narrow, stride, narrow),
            lambda: nn.Conv2D(channels, kernel_size=1, strides=1, use_bias=False),
        )


class _ResNet(HybridBlock):
    """What both versions have in common."""

    features: nn.HybridSequential
    output: nn.Dense

    def _add_stem(self, channels: int, thumbnail: bool) -> None:
        if thumbnail:
            self.features.add(_conv3x3(channels, 1, 0))
        else:
            self.features.add(
                nn.Conv2D(channels, 7, 2, 3, use_bias=False), nn.BatchNorm(), nn.Activation("relu"),
                nn.MaxPool2D(3, 2, 1),
            )  # fmt: skip

    def _add_stages(self, block: Any, layers: Sequence[int], channels: Sequence[int]) -> None:
        for number, count in enumerate(layers):
            width, before = channels[number + 1], channels[number]
            stage = nn.HybridSequential(prefix=f"stage{number + 1}_")
            with stage.name_scope():
                stage.add(block(width, 1 if number == 0 else 2, width != before, in_channels=before, prefix=""))
                for _ in range(count - 1):
                    stage.add(block(width, 1, False, in_channels=width, prefix=""))
            self.features.add(stage)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Scores of the classes."""
        return self.output(self.features(x))


class ResNetV1(_ResNet):
    """Version 1."""

    def __init__(
        self,
        block: Any,
        layers: Sequence[int],
        channels: Sequence[int],
        classes: int = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        assert len(layers) == len(channels) - 1
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self._add_stem(channels[0], thumbnail)
            self._add_stages(block, layers, channels)
            self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.Dense(classes, in_units=channels[-1])


class ResNetV2(_ResNet):
    """Version 2."""

    def __init__(
        self,
        block: Any,
        layers: Sequence[int],
        channels: Sequence[int],
        classes: int = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        assert len(layers) == len(channels) - 1
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.BatchNorm(scale=False, center=False))
            self._add_stem(channels[0], thumbnail)
            self._add_stages(block, layers, channels)
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes, in_units=channels[-1])


_NARROW, _WIDE = [64, 64, 128, 256, 512], [64, 256, 512, 1024, 2048]
resnet_spec = {
    18: ("basic_block", [2, 2, 2, 2], _NARROW),
    34: ("basic_block", [3, 4, 6, 3], _NARROW),
    50: ("bottle_neck", [3, 4, 6, 3], _WIDE),
    101: ("bottle_neck", [3, 4, 23, 3], _WIDE),
    152: ("bottle_neck", [3, 8, 36, 3], _WIDE),
}
resnet_net_versions: list[Any] = [ResNetV1, ResNetV2]
resnet_block_versions: list[dict[str, Any]] = [
    {"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1},
    {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2},
]


def get_resnet(
    version: int,
    num_layers: int,
    pretrained: bool = False,
    ctx: Any = cpu(),  # noqa: B008
    root: str | None = None,
    **kwargs: Any,
) -> HybridBlock:
    """ResNet of version 1 or 2 with 18, 34, 50, 101 or 152 layers."""
    assert num_layers in resnet_spec, f"Invalid number of layers: {num_layers}. Options are {resnet_spec.keys()}"
    assert version in (1, 2), f"Invalid resnet version: {version}. Options are 1 and 2."
    kind, layers, channels = resnet_spec[num_layers]
    block = resnet_block_versions[version - 1][kind]
    made: HybridBlock = resnet_net_versions[version - 1](block, layers, channels, **kwargs)
    return load_if(pretrained, made, f"resnet{num_layers}_v{version}", root, ctx)


def resnet18_v1(**kwargs: Any) -> HybridBlock:
    """Version 1 of 18 layers."""
    return get_resnet(1, 18, **kwargs)


def resnet34_v1(**kwargs: Any) -> HybridBlock:
    """Version 1 of 34 layers."""
    return get_resnet(1, 34, **kwargs)


def resnet50_v1(**kwargs: Any) -> HybridBlock:
    """Version 1 of 50 layers."""
    return get_resnet(1, 50, **kwargs)


def resnet101_v1(**kwargs: Any) -> HybridBlock:
    """Version 1 of 101 layers."""
    return get_resnet(1, 101, **kwargs)


def resnet152_v1(**kwargs: Any) -> HybridBlock:
    """Version 1 of 152 layers."""
    return get_resnet(1, 152, **kwargs)


def resnet18_v2(**kwargs: Any) -> HybridBlock:
    """Version 2 of 18 layers."""
    return get_resnet(2, 18, **kwargs)


def resnet34_v2(**kwargs: Any) -> HybridBlock:
    """Version 2 of 34 layers."""
    return get_resnet(2, 34, **kwargs)


def resnet50_v2(**kwargs: Any) -> HybridBlock:
    """Version 2 of 50 layers."""
    return get_resnet(2, 50, **kwargs)


def resnet101_v2(**kwargs: Any) -> HybridBlock:
    """Version 2 of 101 layers."""
    return get_resnet(2, 101, **kwargs)


def resnet152_v2(**kwargs: Any) -> HybridBlock:
    """Version 2 of 152 layers."""
    return get_resnet(2, 152, **kwargs)
