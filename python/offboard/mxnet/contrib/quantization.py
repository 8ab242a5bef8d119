"""``mx.contrib.quantization``: quantising is refused, quantised graphs run.

Calibrating needs MXNet's own kernels (its thresholds follow their rounding), so that a network is quantised where it
was trained; the symbol and parameters that come of it load, bind and run here.
"""

from __future__ import annotations

from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError

__all__ = [
    "calib_graph",
    "quantize_graph",
    "quantize_model",
    "quantize_model_mkldnn",
    "quantize_net",
    "quantize_net_v2",
]


def _refuse(operation: str) -> NoReturn:
    raise InferenceOnlyError(rules.text("quantization", operation=operation))


def quantize_model(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("quantize_model")


def quantize_model_mkldnn(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("quantize_model_mkldnn")


def quantize_graph(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("quantize_graph")


def calib_graph(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("calib_graph")


def quantize_net(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("quantize_net")


def quantize_net_v2(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused."""
    _refuse("quantize_net_v2")
