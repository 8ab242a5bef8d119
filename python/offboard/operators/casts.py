"""Which ONNX Runtime CPU kernels exist, the type to compute in where one does not, and C's conversion of numbers.

Surveyed on ONNX Runtime 1.32, opset 21; ``tests/operators/test_casts.py`` surveys again what this table says.
"""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

__all__ = ["BFLOAT16", "KERNELS", "computed_in", "number_in"]

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

_SHORT: dict[str, np.dtype[Any]] = {
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "f16": np.dtype(np.float16),
    "bf16": BFLOAT16,
    "i8": np.dtype(np.int8),
    "u8": np.dtype(np.uint8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "u32": np.dtype(np.uint32),
    "i64": np.dtype(np.int64),
    "bool": np.dtype(np.bool_),
}

# Types with a kernel, then the operators that have kernels for just those.
_SURVEY = """
f32 f16: Acos Acosh Asin Asinh Atan Atanh AveragePool Col2Im Conv ConvTranspose Cosh Det Elu Erf Gelu
  GlobalAveragePool GlobalMaxPool GridSample HardSigmoid InstanceNormalization LRN LeakyRelu LpPool Mish PRelu Selu
  Sinh Softplus Softsign Tan
f32 f64 f16: BatchNormalization Ceil Cos DeformConv Exp Floor Gemm Log LogSoftmax Reciprocal Round Sigmoid Sin Softmax
  Sqrt Tanh
f32 f64 f16 bf16 i8 u8 i32 i64 bool i16 u32: Concat Flatten Gather GatherElements GatherND Identity Reshape Shape
  Slice Split Transpose
f32 f64 f16 i32 i64: CumSum Einsum EyeLike Pow ReduceL1 ReduceL2 ReduceLogSumExp ReduceMean ReduceProd ReduceSum
  ReduceSumSquare
f32 f64 f16 i8 u8 i32 i64 i16 u32: Abs Add Div Greater GreaterOrEqual Less LessOrEqual Mod Mul Sub
f32 f64 f16 i8 u8 i32 i64 bool i16 u32: Equal Expand ReverseSequence Size Tile
bool: And Not Or Xor
f32 f64 f16 i8 u8 i32 i64 u32: Clip Max Min Where
f32 f64 f16 bf16: IsInf IsNaN LayerNormalization
i8 u8 i32 i64 i16 u32: BitwiseAnd BitwiseNot
f32 f64 f16 i8 u8 i32 i64 bool: ReduceMax ReduceMin
f32 f64 f16 i8 u8 i32 i64: ArgMax ArgMin
f32 f64 f16 i8 u8: DepthToSpace MaxPool
f32 f64 f16 i8 i32 i64 i16: Neg
f32 f64 f16 bf16 i8 u8 i32 i64 i16 u32: Sign
f32 f64 f16 i8 i32: Relu
f32 f16 u8 i32 i64 bool: NonZero
f32 f64 f16 i32 i64 u32: MatMul
f32 f64 f16 i8 u8 i32 i64 i16: TopK
f32 f16 i64: OneHot
f32 f64 i32 i64 i16: Range
f32 f64 f16 i32 i64 bool: Trilu
f32 f64: RoiAlign
f32: MaxRoiPool NonMaxSuppression
"""


def _parse() -> dict[str, frozenset[np.dtype[Any]]]:
    table: dict[str, frozenset[np.dtype[Any]]] = {}
    for line in _SURVEY.replace("\n  ", " ").strip().splitlines():
        types, _, operators = line.partition(":")
        kernels = frozenset(_SHORT[name] for name in types.split())
        table.update(dict.fromkeys(operators.split(), kernels))
    return table


KERNELS = _parse()

_WIDER: dict[np.dtype[Any], tuple[np.dtype[Any], ...]] = {
    np.dtype(np.float16): (np.dtype(np.float32),),
    BFLOAT16: (np.dtype(np.float32),),
    np.dtype(np.float32): (np.dtype(np.float64),),
    np.dtype(np.float64): (np.dtype(np.float32),),
    np.dtype(np.bool_): (np.dtype(np.int32), np.dtype(np.float32)),
    np.dtype(np.int8): (np.dtype(np.int32), np.dtype(np.float32)),
    np.dtype(np.uint8): (np.dtype(np.int32), np.dtype(np.float32)),
    np.dtype(np.int32): (np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.float32)),
    np.dtype(np.int64): (np.dtype(np.float64), np.dtype(np.float32)),
}


def computed_in(operator: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type in which ``operator`` is computed for inputs of ``dtype``: itself where there is a kernel."""
    kernels = KERNELS.get(operator)
    if kernels is None or dtype in kernels:
        return dtype
    for wider in _WIDER.get(dtype, ()):
        if wider in kernels:
            return wider
    raise TypeError(f"ONNX operator {operator} cannot be computed for {dtype}")


def number_in(value: float, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """A number as C converts it (0-dimensional): to integers truncated, and the least one where it does not fit.

    Types narrower than 32 bits are the low bits of an int32.
    """
    if dtype.kind not in "iu":
        return np.asarray(value).astype(dtype)
    register = np.iinfo(np.int64 if dtype.itemsize == 8 else np.int32)
    fits = math.isfinite(value) and register.min <= int(value) <= register.max
    return np.asarray(int(value) if fits else register.min, np.int64).astype(dtype)
