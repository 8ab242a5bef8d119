"""``mx.npx``: switches of NumPy semantics, which stay off, and devices. Its operators are not there."""

from __future__ import annotations

from typing import NoReturn

from offboard import rules
from offboard.mxnet.context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus
from offboard.mxnet.ndarray import load, save, waitall
from offboard.mxnet.util import is_np_array, is_np_shape, reset_np, set_np

__all__ = [
    "Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "is_np_array", "is_np_shape", "load",
    "num_gpus", "reset_np", "save", "set_np", "waitall",
]  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"module 'mxnet.numpy_extension' has no attribute '{name}': {rules.text('numpy_semantics')}")
