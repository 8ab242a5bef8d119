"""Normalisations as layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from offboard.mxnet.gluon.basic_parameter import Parameter
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.ndarray.ndarray import resolve_dtype

__all__ = ["BatchNorm", "BatchNormReLU", "GroupNorm", "InstanceNorm", "LayerNorm"]


class _Normalization(HybridBlock):
    """Scale and shift, and what they are called by in MXNet's files."""

    _kwargs: dict[str, Any]
    gamma: Parameter
    beta: Parameter

    def _add_affine(self, channels: int, center: bool, scale: bool, beta_init: Any, gamma_init: Any) -> None:
        self.gamma = self._affine("gamma", scale, channels, gamma_init)
        self.beta = self._affine("beta", center, channels, beta_init)

    def _affine(self, name: str, used: bool, channels: int, init: Any) -> Parameter:
        return self.params.get(
            name, grad_req="write" if used else "null", shape=(channels,), init=init, allow_deferred_init=True
        )

    def _channels(self) -> Any:
        assert self.gamma.shape is not None
        return self.gamma.shape[0]

    def __repr__(self) -> str:
        options = ", ".join(f"{key}={value!r}" for key, value in self._kwargs.items())
        return f"{type(self).__name__}({options}, in_channels={self._channels()})"


class _BatchNorm(_Normalization):
    """Ioffe and Szegedy (2015): by the moving statistics in inference, by the batch's own in training."""

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        fuse_relu: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {
            "axis": axis, "eps": epsilon, "momentum": momentum, "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }  # fmt: skip
        self.fuse_relu = fuse_relu
        if in_channels != 0:
            self.in_channels = in_channels
        self._add_affine(in_channels, center, scale, beta_initializer, gamma_initializer)
        self.running_mean = self._statistic("running_mean", in_channels, running_mean_initializer)
        self.running_var = self._statistic("running_var", in_channels, running_variance_initializer)

    def _statistic(self, name: str, channels: int, init: Any) -> Parameter:
        return self.params.get(
            name, grad_req="null", shape=(channels,), init=init, allow_deferred_init=True, differentiable=False
        )

    def cast(self, dtype: Any) -> None:
        """Another type; float32 where float16 is asked for."""
        super().cast("float32" if resolve_dtype(dtype) == np.float16 else dtype)

    def _channels(self) -> Any:
        return super()._channels() or None

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        """One operator."""
        norm = F.contrib.BatchNormWithReLU if self.fuse_relu else F.BatchNorm
        return norm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class BatchNorm(_BatchNorm):
    """Batch normalisation."""

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            axis, momentum, epsilon, center, scale, use_global_stats, self._fused, beta_initializer,
            gamma_initializer, running_mean_initializer, running_variance_initializer, in_channels, **kwargs,
        )  # fmt: skip

    _fused = False


class BatchNormReLU(BatchNorm):
    """Batch normalisation and a ReLU as one operator."""

    _fused = True


class InstanceNorm(_Normalization):
    """Ulyanov et al. (2016): each channel of each sample by its own statistics."""

    def __init__(
        self,
        axis: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis, self._epsilon = axis, epsilon
        self._add_affine(in_channels, center, scale, beta_initializer, gamma_initializer)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """The operator has the channels in axis 1: another one is swapped there and back."""
        if self._axis == 1:
            return F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        made = F.InstanceNorm(x.swapaxes(1, self._axis), gamma, beta, name="fwd", eps=self._epsilon)
        return made.swapaxes(1, self._axis)


class LayerNorm(_Normalization):
    """Ba et al. (2016): each sample by the statistics along one axis."""

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis, self._epsilon, self._center, self._scale = axis, epsilon, center, scale
        self._add_affine(in_channels, center, scale, beta_initializer, gamma_initializer)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """One operator."""
        return F.LayerNorm(data, gamma=gamma, beta=beta, axis=self._axis, eps=self._epsilon)


class GroupNorm(_Normalization):
    """Wu and He (2018); scale and shift have one entry for each group."""

    def __init__(
        self,
        num_groups: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {"eps": epsilon, "num_groups": num_groups, "center": center, "scale": scale}
        self._num_groups, self._epsilon, self._center, self._scale = num_groups, epsilon, center, scale
        self._add_affine(num_groups, center, scale, beta_initializer, gamma_initializer)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """One operator."""
        return F.GroupNorm(data, gamma=gamma, beta=beta, num_groups=self._num_groups, eps=self._epsilon)

    def __repr__(self) -> str:
        return "{}({})".format(
            type(self).__name__, ", ".join(f"{key}={value!r}" for key, value in self._kwargs.items())
        )
