"""Branches side by side, pixel shuffles, and others."""

from __future__ import annotations

import warnings
from typing import Any

from offboard.mxnet import ndarray as nd
from offboard.mxnet.gluon.basic_block import Block
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.nn.basic_layers import BatchNorm, HybridSequential, Sequential
from offboard.mxnet.gluon.parameter_dict import ParameterDict

__all__ = [
    "Concurrent", "HybridConcurrent", "Identity", "PixelShuffle1D", "PixelShuffle2D", "PixelShuffle3D",
    "SparseEmbedding", "SyncBatchNorm",
]  # fmt: skip


class Concurrent(Sequential):
    """Gives its input to every child and joins the outputs along ``axis``."""

    def __init__(self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """The joined outputs."""
        return nd.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class HybridConcurrent(HybridSequential):
    """Gives its input to every child and joins the outputs along ``axis``."""

    def __init__(self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The joined outputs."""
        return F.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class Identity(HybridBlock):
    """Its input: for a branch that is left as it is."""

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Nothing is computed."""
        return x


class SparseEmbedding(Block):
    """An embedding whose weight MXNet keeps in rows; here it is dense."""

    def __init__(
        self, input_dim: int, output_dim: int, dtype: Any = "float32", weight_initializer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {"input_dim": input_dim, "output_dim": output_dim, "dtype": dtype, "sparse_grad": True}
        self.weight = self.params.get(
            "weight", shape=(input_dim, output_dim), init=weight_initializer, dtype=dtype, grad_stype="row_sparse",
            stype="row_sparse",
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        """Rows of the weight by number."""
        return nd.Embedding(x, self.weight.data(), name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return "{block}({input_dim} -> {output_dim}, {dtype})".format(block=type(self).__name__, **self._kwargs)


class SyncBatchNorm(BatchNorm):
    """Batch normalisation over several devices in training; in inference it is BatchNorm."""

    def __init__(
        self,
        in_channels: int = 0,
        num_devices: int | None = None,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            1, momentum, epsilon, center, scale, use_global_stats, beta_initializer, gamma_initializer,
            running_mean_initializer, running_variance_initializer, in_channels, **kwargs,
        )  # fmt: skip
        if num_devices is None:
            warnings.warn(
                "Caution using SyncBatchNorm: if not using all the GPUs, please mannually set num_devices",
                UserWarning,
                stacklevel=2,
            )
        self._kwargs = {
            "eps": epsilon, "momentum": momentum, "fix_gamma": not scale, "use_global_stats": use_global_stats,
            "ndev": num_devices or 1, "key": self.prefix,
        }  # fmt: skip

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any) -> Any:
        """One operator."""
        return F.contrib.SyncBatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class _PixelShuffle(HybridBlock):
    """Moves groups of channels into blocks of pixels (Shi et al., 2016)."""

    _COUNT: int

    def __init__(self, factor: Any) -> None:
        super().__init__()
        factors = (int(factor),) * self._COUNT if isinstance(factor, (int, float)) else tuple(map(int, factor))
        assert len(factors) == self._COUNT, f"wrong length {len(factors)}"
        self._factors = factors

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors})"


class PixelShuffle1D(_PixelShuffle):
    """(N, f*C, W) to (N, C, W*f)."""

    _COUNT = 1

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The factor goes from the channels behind the width."""
        x = F.reshape(x, (0, -4, -1, self._factors[0], 0))
        return F.reshape(F.transpose(x, (0, 1, 3, 2)), (0, 0, -3))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors[0]})"


class PixelShuffle2D(_PixelShuffle):
    """(N, f1*f2*C, H, W) to (N, C, H*f1, W*f2)."""

    _COUNT = 2

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Each factor goes from the channels behind its dimension."""
        first, second = self._factors
        x = F.reshape(x, (0, -4, -1, first * second, 0, 0))
        x = F.reshape(x, (0, 0, -4, first, second, 0, 0))
        return F.reshape(F.transpose(x, (0, 1, 4, 2, 5, 3)), (0, 0, -3, -3))


class PixelShuffle3D(_PixelShuffle):
    """(N, f1*f2*f3*C, D, H, W) to (N, C, D*f1, H*f2, W*f3)."""

    _COUNT = 3

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Each factor goes from the channels behind its dimension; MXNet's transpose takes six dimensions at most."""
        first, second, third = self._factors
        x = F.reshape(x, (0, -4, -1, first * second * third, 0, 0, 0))
        x = F.swapaxes(x, 2, 3)
        x = F.reshape(x, (0, 0, 0, -4, first, second * third, 0, 0))
        x = F.reshape(x, (0, 0, -3, 0, 0, 0))
        x = F.swapaxes(x, 3, 4)
        x = F.reshape(x, (0, 0, 0, 0, -4, second, third, 0))
        x = F.reshape(x, (0, 0, 0, -3, 0, 0))
        x = F.swapaxes(x, 4, 5)
        return F.reshape(x, (0, 0, 0, 0, -3))
