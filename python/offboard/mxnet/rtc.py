"""``mx.rtc``: CUDA sources are not compiled."""

from __future__ import annotations

from typing import Any

from offboard import rules
from offboard.errors import MXNetError

__all__ = ["CudaKernel", "CudaModule"]


class CudaModule:
    """Refused: there is no GPU."""

    def __init__(self, source: str, options: Any = (), exports: Any = ()) -> None:
        raise MXNetError(rules.text("gpu_disabled"))


class CudaKernel:
    """Refused: there is no GPU."""

    def __init__(self, *args: Any) -> None:
        raise MXNetError(rules.text("gpu_disabled"))
