"""From one dtype to another: Cast, and what mixed precision inserts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.operators.builder import BOOL, FLOAT32, Dtype, Value
from offboard.operators.casts import BFLOAT16
from offboard.operators.record import Params, operator

__all__ = ["MIXED", "cast_to", "named_type"]


def cast_to(x: Value, dtype: np.dtype[Any]) -> Value:
    """C's conversion: floats truncate; float to a small integer wraps as it does through int32; to bool is != 0."""
    if dtype == x.dtype:
        return x
    if dtype == BOOL:
        return ~x.equals(0)
    if x.is_float and dtype.kind in "iu" and dtype.itemsize < 4:
        return x.cast(np.int32).cast(dtype)
    return x.cast(dtype)


def named_type(name: str) -> np.dtype[Any]:
    """The dtype of a parameter's text."""
    return BFLOAT16 if name == "bfloat16" else np.dtype(name)


@operator("Cast", same_shape=True)
def cast(p: Params, x: Value) -> Value:
    """Another dtype."""
    return cast_to(x, named_type(p.dtype))


# What mixed precision converts: float64 stays as it is.
MIXED = (np.dtype(np.float16), BFLOAT16, FLOAT32)


def _amp_type(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    return dtypes, [named_type(p.dtype) if dtypes[0] in MIXED else dtypes[0]]


@operator("amp_cast", same_shape=True, types=_amp_type)
def amp_cast(p: Params, x: Value) -> Value:
    """Another dtype for float16 and float32, others stay. From float32 to integers it rounds to even and saturates."""
    wanted = named_type(p.dtype)
    if x.dtype not in MIXED:
        return x
    if x.dtype != FLOAT32 or wanted.kind not in "iu":
        return cast_to(x, wanted)
    limits = np.iinfo(wanted)
    # The largest float32 that the type holds, and NaN is 0: what oneDNN's conversion gives.
    high = np.float32(limits.max)
    high = high if int(high) <= limits.max else np.nextafter(high, np.float32(0))
    rounded = x.unary("Round").clip(float(limits.min), float(high))
    return x.graph.where(x.isnan(), x.graph.const(0, FLOAT32), rounded).cast(wanted)


def _common_types(p: Params, dtypes: Sequence[Dtype | None]) -> list[Dtype | None]:
    """The outputs' types: float32 where any input is, else float16 and its like as the first input, whatever that is.

    With ``cast_narrow`` the narrowest of them.
    """
    mixed = [dtype for dtype in dtypes if dtype in MIXED]
    if p.cast_narrow:
        common: Dtype | None = min(mixed, key=lambda dtype: dtype.itemsize, default=None)
    else:
        common = FLOAT32 if FLOAT32 in mixed else dtypes[0]
    return [common if dtype in MIXED else dtype for dtype in dtypes]


@operator("amp_multicast", types=lambda p, dtypes: (dtypes, _common_types(p, dtypes)))
def amp_multicast(p: Params, *values: Value) -> list[Value]:
    """float16 and float32 inputs in the wider (or with ``cast_narrow`` the narrower) of their dtypes."""
    wanted = _common_types(p, [value.dtype for value in values])
    return [cast_to(value, dtype or value.dtype) for value, dtype in zip(values, wanted, strict=True)]
