"""Deformable convolutions (Dai et al. 2017, Zhu et al. 2018) as layers."""

from __future__ import annotations

from typing import Any

from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.nn.activations import Activation
from offboard.mxnet.gluon.nn.pool_layers import spread
from offboard.mxnet.gluon.parameter_dict import ParameterDict

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]


class DeformableConvolution(HybridBlock):
    """A convolution in which each sample of the kernel is moved by an offset."""

    # Numbers that the offsets' convolution gives for each sample of the kernel: y, x.
    _OFFSETS = 2

    def __init__(
        self,
        channels: int,
        kernel_size: Any = (1, 1),
        strides: Any = (1, 1),
        padding: Any = (0, 0),
        dilation: Any = (1, 1),
        groups: int = 1,
        num_deformable_group: int = 1,
        layout: str = "NCHW",
        use_bias: bool = True,
        in_channels: int = 0,
        activation: str | None = None,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        offset_weight_initializer: Any = "zeros",
        offset_bias_initializer: Any = "zeros",
        offset_use_bias: bool = True,
        op_name: str | None = None,
        adj: Any = None,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        assert layout in ("NCHW", "NHWC"), "Only supports 'NCHW' and 'NHWC' layout for now"
        kernel = spread(kernel_size, 2)
        self._channels, self._in_channels = channels, in_channels
        self._samples = num_deformable_group * kernel[0] * kernel[1]
        common: dict[str, Any] = {
            "kernel": kernel, "stride": spread(strides, 2), "dilate": spread(dilation, 2), "pad": spread(padding, 2),
            "num_group": groups, "layout": layout, **({"adj": adj} if adj else {}),
        }  # fmt: skip
        offsets = self._OFFSETS * self._samples
        self._kwargs_offset = {**common, "num_filter": offsets, "no_bias": not offset_use_bias}
        self._kwargs_deformable_conv = {
            **common, "num_filter": channels, "num_deformable_group": num_deformable_group, "no_bias": not use_bias,
        }  # fmt: skip
        inputs = in_channels // groups
        offset_shape = (offsets, inputs, *kernel) if layout == "NCHW" else (offsets, *kernel, inputs)
        with self.name_scope():
            self.offset_weight = self._parameter("offset_weight", offset_shape, offset_weight_initializer)
            self.offset_bias = (
                self._parameter("offset_bias", (offsets,), offset_bias_initializer) if offset_use_bias else None
            )
            # The number of inputs is inferred, as in MXNet, whatever ``in_channels`` says.
            self.deformable_conv_weight = self._parameter(
                "deformable_conv_weight", (channels, 0, *kernel), weight_initializer
            )
            self.deformable_conv_bias = (
                self._parameter("deformable_conv_bias", (channels,), bias_initializer) if use_bias else None
            )
            self.act = Activation(activation, prefix=f"{activation}_") if activation else None

    def _parameter(self, name: str, shape: tuple[int, ...], init: Any) -> Any:
        return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

    def hybrid_forward(
        self,
        F: Any,
        x: Any,
        offset_weight: Any,
        deformable_conv_weight: Any,
        offset_bias: Any = None,
        deformable_conv_bias: Any = None,
    ) -> Any:
        """The offsets' convolution, the bent one, and the activation."""
        offset = F.Convolution(x, offset_weight, offset_bias, cudnn_off=True, **self._kwargs_offset)
        made = self._bent(F, x, offset, deformable_conv_weight, deformable_conv_bias)
        return made if self.act is None else self.act(made)

    def _bent(self, F: Any, x: Any, offset: Any, weight: Any, bias: Any) -> Any:
        biased = {} if bias is None else {"bias": bias}
        return F.contrib.DeformableConvolution(
            data=x, offset=offset, weight=weight, name="fwd", **biased, **self._kwargs_deformable_conv
        )

    def _alias(self) -> str:
        return "deformable_conv"

    def __repr__(self) -> str:
        shown = self._kwargs_deformable_conv
        text = f"kernel_size={shown['kernel']}, stride={shown['stride']}"
        text += "" if shown["pad"] == (0, 0) else f", padding={shown['pad']}"
        text += "" if shown["dilate"] == (1, 1) else f", dilation={shown['dilate']}"
        text += "" if shown["num_group"] == 1 else f", groups={shown['num_group']}"
        text += ", bias=False" if self.deformable_conv_bias is None else ""
        text += f", {self.act}" if self.act else ""
        inputs = self.deformable_conv_weight.shape[1]
        return f"{type(self).__name__}({inputs or None} -> {self._channels}, {text})"


class ModulatedDeformableConvolution(DeformableConvolution):
    """A deformable convolution in which each sample has a weight, too, between 0 and 2."""

    _OFFSETS = 3

    def _bent(self, F: Any, x: Any, offset: Any, weight: Any, bias: Any) -> Any:
        split = 2 * self._samples
        moved = F.slice_axis(offset, axis=1, begin=0, end=split)
        mask = F.sigmoid(F.slice_axis(offset, axis=1, begin=split, end=None)) * 2
        biased = {} if bias is None else {"bias": bias}
        return F.contrib.ModulatedDeformableConvolution(
            data=x, offset=moved, mask=mask, weight=weight, name="fwd", **biased, **self._kwargs_deformable_conv
        )

    def _alias(self) -> str:
        return "modulated_deformable_conv"
