"""Convolutions as layers; and, as in MXNet, poolings."""

from __future__ import annotations

from typing import Any

from offboard.errors import MXNetError
from offboard.mxnet.base import numeric_types
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.nn.activations import Activation
from offboard.mxnet.gluon.nn.pool_layers import (
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    spread,
)
from offboard.mxnet.gluon.parameter_dict import ParameterDict

__all__ = [
    "AvgPool1D", "AvgPool2D", "AvgPool3D", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D",
    "Conv3DTranspose", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D", "GlobalMaxPool1D", "GlobalMaxPool2D",
    "GlobalMaxPool3D", "MaxPool1D", "MaxPool2D", "MaxPool3D", "ReflectionPad2D",
]  # fmt: skip

# Layouts of 1, 2 and 3 dimensions that MXNet's layers accept.
_LAYOUTS = {1: ("NCW",), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


class _Conv(HybridBlock):
    """A convolution of any number of dimensions, or a transposed one."""

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        layout: str,
        in_channels: int = 0,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        op_name: str = "Convolution",
        adj: Any = None,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        count = len(kernel_size)
        for each in (channels, in_channels):
            if each % groups:
                raise MXNetError(f"the channels ({in_channels} -> {channels}) do not divide into {groups} groups")
        self._channels, self._in_channels, self._op_name = channels, in_channels, op_name
        self._kwargs: dict[str, Any] = {
            "kernel": kernel_size, "stride": spread(strides, count), "dilate": spread(dilation, count),
            "pad": spread(padding, count), "num_filter": channels, "num_group": groups, "no_bias": not use_bias,
            "layout": layout,
        }  # fmt: skip
        if adj is not None:
            self._kwargs["adj"] = adj
        with self.name_scope():
            self.weight = self.params.get(
                "weight", shape=self._weight_shape(), init=weight_initializer, allow_deferred_init=True
            )
            self.bias = None
            if use_bias:
                self.bias = self.params.get("bias", shape=(channels,), init=bias_initializer, allow_deferred_init=True)
            self.act = None if activation is None else Activation(activation, prefix=f"{activation}_")

    def _weight_shape(self) -> tuple[int, ...]:
        """Filters first and inputs in the place of C; the other way round for a transposed convolution."""
        groups, layout = self._kwargs["num_group"], self._kwargs["layout"]
        if self._op_name == "Deconvolution":
            first, channel = self._in_channels, self._channels // groups
        else:
            first, channel = self._channels, self._in_channels // groups
        kernel = tuple(self._kwargs["kernel"])
        return (first, channel, *kernel) if layout.startswith("NC") else (first, *kernel, channel)

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """One operator, and the activation."""
        inputs = (x, weight) if bias is None else (x, weight, bias)
        made = getattr(F, self._op_name)(*inputs, name="fwd", **self._kwargs)
        return made if self.act is None else self.act(made)

    def _alias(self) -> str:
        return "conv"

    def __repr__(self) -> str:
        count = len(self._kwargs["kernel"])
        said = "kernel_size={kernel}, stride={stride}"
        if self._kwargs["pad"] != (0,) * count:
            said += ", padding={pad}"
        if self._kwargs["dilate"] != (1,) * count:
            said += ", dilation={dilate}"
        if self._kwargs["num_group"] != 1:
            said += ", groups={num_group}"
        if self.bias is None:
            said += ", bias=False"
        if self.act is not None:
            said += f", {self.act}"
        assert self.weight.shape is not None
        filters, channels = self.weight.shape[:2]
        return f"{type(self).__name__}({channels or None} -> {filters}, {said.format(**self._kwargs)})"


def _sized(value: Any, count: int, name: str) -> Any:
    value = (value,) * count if isinstance(value, numeric_types) else value
    assert len(value) == count, f"{name} must be a number or a list of {count} ints"
    return value


def _check_layout(layout: str, count: int) -> None:
    accepted = _LAYOUTS[count]
    listed = " and ".join(f"'{each}'" for each in accepted)
    assert layout in accepted, f"Only supports {listed} layout for now"


class _Convolution(_Conv):
    """The signature of the convolutions."""

    _COUNT: int

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        layout = _LAYOUTS[self._COUNT][0] if layout is None else layout
        _check_layout(layout, self._COUNT)
        super().__init__(
            channels, _sized(kernel_size, self._COUNT, "kernel_size"), strides, padding, dilation, groups, layout,
            in_channels, activation, use_bias, weight_initializer, bias_initializer, **kwargs,
        )  # fmt: skip


class Conv1D(_Convolution):
    """Over (N, C, W)."""

    _COUNT = 1


class Conv2D(_Convolution):
    """Over (N, C, H, W) or (N, H, W, C)."""

    _COUNT = 2


class Conv3D(_Convolution):
    """Over (N, C, D, H, W) or (N, D, H, W, C)."""

    _COUNT = 3


class _Transposed(_Conv):
    """The signature of the transposed convolutions."""

    _COUNT: int

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        layout: str | None = None,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        layout = _LAYOUTS[self._COUNT][0] if layout is None else layout
        _check_layout(layout, self._COUNT)
        kernel_size = _sized(kernel_size, self._COUNT, "kernel_size")
        output_padding = _sized(output_padding, self._COUNT, "output_padding")
        kwargs.setdefault("op_name", "Deconvolution")
        super().__init__(
            channels, kernel_size, strides, padding, dilation, groups, layout, in_channels, activation, use_bias,
            weight_initializer, bias_initializer, adj=output_padding, **kwargs,
        )  # fmt: skip
        self.outpad = output_padding


class Conv1DTranspose(_Transposed):
    """Over (N, C, W)."""

    _COUNT = 1


class Conv2DTranspose(_Transposed):
    """Over (N, C, H, W) or (N, H, W, C)."""

    _COUNT = 2


class Conv3DTranspose(_Transposed):
    """Over (N, C, D, H, W) or (N, D, H, W, C)."""

    _COUNT = 3


class ReflectionPad2D(HybridBlock):
    """Rows and columns mirrored at the border."""

    def __init__(self, padding: Any = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(padding, numeric_types):
            padding = (0, 0, 0, 0, padding, padding, padding, padding)
        assert len(padding) == 8
        self._padding = padding

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return F.pad(x, mode="reflect", pad_width=self._padding)
