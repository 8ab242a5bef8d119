"""``mxnet.image.image``, where programs that know MXNet well import single images' functions from."""

from offboard.mxnet.image.augmenters import *  # noqa: F403
from offboard.mxnet.image.iterator import ImageIter
from offboard.mxnet.image.pixels import *  # noqa: F403
from offboard.mxnet.image.pixels import interpolation as _get_interp_method

__all__ = ["ImageIter", "_get_interp_method"]
