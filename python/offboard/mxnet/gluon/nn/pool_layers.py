"""Poolings as layers."""

from __future__ import annotations

from typing import Any

from offboard.mxnet.base import numeric_types
from offboard.mxnet.gluon.hybrid_block import HybridBlock

__all__ = [
    "AvgPool1D", "AvgPool2D", "AvgPool3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D", "GlobalMaxPool1D",
    "GlobalMaxPool2D", "GlobalMaxPool3D", "MaxPool1D", "MaxPool2D", "MaxPool3D", "spread",
]  # fmt: skip

_LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def spread(value: Any, count: int) -> Any:
    """A number for every dimension, or what was given."""
    return (value,) * count if isinstance(value, numeric_types) else value


class _Pooling(HybridBlock):
    """A pooling of any kind and number of dimensions."""

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: Any,
        ceil_mode: bool,
        global_pool: bool,
        pool_type: str,
        layout: str,
        count_include_pad: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        count = len(pool_size)
        self._kwargs: dict[str, Any] = {
            "kernel": pool_size, "stride": spread(pool_size if strides is None else strides, count),
            "pad": spread(padding, count), "global_pool": global_pool, "pool_type": pool_type, "layout": layout,
            "pooling_convention": "full" if ceil_mode else "valid",
        }  # fmt: skip
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """One operator."""
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return (
            "{name}(size={kernel}, stride={stride}, padding={pad}, ceil_mode={ceil}, global_pool={global_pool}, "
            "pool_type={pool_type}, layout={layout})"
        ).format(name=type(self).__name__, ceil=self._kwargs["pooling_convention"] == "full", **self._kwargs)


def _layout(given: str | None, count: int) -> str:
    accepted = _LAYOUTS[count]
    layout = accepted[0] if given is None else given
    assert layout in accepted, f"Only {' and '.join(accepted)} layouts are valid for {count}D Pooling"
    return layout


def _size(value: Any, count: int) -> Any:
    value = spread(value, count)
    assert len(value) == count, f"pool_size must be a number or a list of {count} ints"
    return value


class _Max(_Pooling):
    _COUNT: int

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        layout: str | None = None,
        ceil_mode: bool = False,
        **kwargs: Any,
    ) -> None:
        count = self._COUNT
        super().__init__(
            _size(pool_size, count), strides, padding, ceil_mode, False, "max", _layout(layout, count), **kwargs
        )


class MaxPool1D(_Max):
    """The largest of each window of (N, C, W)."""

    _COUNT = 1


class MaxPool2D(_Max):
    """The largest of each window of (N, C, H, W)."""

    _COUNT = 2


class MaxPool3D(_Max):
    """The largest of each window of (N, C, D, H, W)."""

    _COUNT = 3

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        layout: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, layout, ceil_mode, **kwargs)


class _Average(_Pooling):
    _COUNT: int

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        layout: str | None = None,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        count = self._COUNT
        super().__init__(
            _size(pool_size, count), strides, padding, ceil_mode, False, "avg", _layout(layout, count),
            count_include_pad, **kwargs,
        )  # fmt: skip


class AvgPool1D(_Average):
    """The mean of each window of (N, C, W)."""

    _COUNT = 1


class AvgPool2D(_Average):
    """The mean of each window of (N, C, H, W)."""

    _COUNT = 2

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        layout: str | None = None,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, layout, ceil_mode, count_include_pad, **kwargs)


class AvgPool3D(AvgPool2D):
    """The mean of each window of (N, C, D, H, W)."""

    _COUNT = 3


class _Global(_Pooling):
    _COUNT: int
    _TYPE: str

    def __init__(self, layout: str | None = None, **kwargs: Any) -> None:
        count = self._COUNT
        super().__init__((1,) * count, None, 0, True, True, self._TYPE, _layout(layout, count), **kwargs)


class GlobalMaxPool1D(_Global):
    """The largest of each channel of (N, C, W)."""

    _COUNT, _TYPE = 1, "max"


class GlobalMaxPool2D(_Global):
    """The largest of each channel of (N, C, H, W)."""

    _COUNT, _TYPE = 2, "max"


class GlobalMaxPool3D(_Global):
    """The largest of each channel of (N, C, D, H, W)."""

    _COUNT, _TYPE = 3, "max"


class GlobalAvgPool1D(_Global):
    """The mean of each channel of (N, C, W)."""

    _COUNT, _TYPE = 1, "avg"


class GlobalAvgPool2D(_Global):
    """The mean of each channel of (N, C, H, W)."""

    _COUNT, _TYPE = 2, "avg"


class GlobalAvgPool3D(_Global):
    """The mean of each channel of (N, C, D, H, W)."""

    _COUNT, _TYPE = 3, "avg"
