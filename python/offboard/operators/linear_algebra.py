"""Linear algebra on batches of matrices: the last two dimensions are rows and columns.

Factorizations are computed in float64 and rounded at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from offboard.operators.builder import FLOAT32, FLOAT64, Value
from offboard.operators.factorization import cholesky, eigen, eliminate, lq, solve_lower, solve_upper, triangle
from offboard.operators.record import Params, PartialShape, operator


def _checked(*values: Value) -> None:
    """Refuses other types than MXNet's: float32 and float64."""
    if any(value.dtype not in (FLOAT32, FLOAT64) for value in values):
        raise ValueError("This operation only supports 32-bit and 64-bit floating point")
    if any(value.ndim < 2 for value in values):
        raise ValueError(f"Shapes of inputs must have at least two dimensions: {[value.shape for value in values]}")


def _require_square(x: Value) -> None:
    _checked(x)
    if x.shape[-1] != x.shape[-2]:
        raise ValueError(f"Input A shape wrong: the last two dimensions must be equal, not {x.shape}")


def _square(x: Value) -> Value:
    """A batch (b, n, n) in float64."""
    _require_square(x)
    return _batch(x)


def _batch(x: Value) -> Value:
    return x.cast(FLOAT64).reshape((math.prod(x.shape[:-2]), *x.shape[-2:]))


def _turned(x: Value, transpose: bool) -> Value:
    return x.swapaxes(-1, -2) if transpose else x


def _product(p: Params, a: Value, b: Value) -> Value:
    """alpha op(A) . op(B), where rows may lie along another axis than the last but one."""
    _checked(a, b)
    axis = p.axis % a.ndim if -a.ndim <= p.axis < a.ndim else a.ndim
    if axis >= a.ndim - 1:
        raise ValueError(f"axis {p.axis} is not one for rows of {a.shape}")
    if a.ndim != b.ndim:
        raise ValueError(f"Shapes of inputs 0, 1 must have the same number of dimensions: {a.shape} {b.shape}")
    left, right = _rows_last(a, axis), _rows_last(b, axis)
    if left.shape[:-2] != right.shape[:-2]:
        raise ValueError(f"Shapes of inputs 0, 1 must be the same, except on row/col axis: {a.shape} {b.shape}")
    left, right = _turned(left, p.transpose_a), _turned(right, p.transpose_b)
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"Incompatible matrix dimensions for multiplication: {left.shape} {right.shape}")
    made = left @ right
    return _rows_back(made if p.alpha == 1 else made * p.alpha, axis)


def _rows_last(x: Value, axis: int) -> Value:
    return x.transpose([*(i for i in range(x.ndim - 1) if i != axis), axis, x.ndim - 1])


def _rows_back(x: Value, axis: int) -> Value:
    order = list(range(x.ndim - 2))
    order.insert(axis, x.ndim - 2)
    return x.transpose([*order, x.ndim - 1])


@operator("_linalg_gemm2")
def gemm2(p: Params, a: Value, b: Value) -> Value:
    """alpha op(A) . op(B)."""
    return _product(p, a, b)


def _gemm_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    """C has the product's shape."""
    a, b, c = shapes
    if c is not None or a is None or b is None or len(a) != len(b) or p.axis not in (-2, len(a) - 2):
        return shapes
    return [a, b, (*a[:-2], a[-1 if p.transpose_a else -2], b[-2 if p.transpose_b else -1])]


@operator("_linalg_gemm", fill=_gemm_fill, back=lambda p, shapes, wanted: [*shapes[:2], shapes[2] or wanted])
def gemm(p: Params, a: Value, b: Value, c: Value) -> Value:
    """alpha op(A) . op(B) + beta C."""
    made = _product(p, a, b)
    if made.shape != c.shape:
        raise ValueError(f"Shape of C {c.shape} is not that of the product {made.shape}")
    return made + (c if p.beta == 1 else c * p.beta)


@operator("_linalg_syrk")
def syrk(p: Params, a: Value) -> Value:
    """alpha A . A^T, or alpha A^T . A."""
    _checked(a)
    other = _turned(a, True)
    return (other @ a if p.transpose else a @ other) * p.alpha


def _triangular_pair(p: Params, a: Value, b: Value) -> tuple[Value, Value]:
    """Batches of the triangle and the other matrix, transposed where the triangle stands right: op(A) is then left."""
    _checked(a, b)
    if a.ndim != b.ndim or a.shape[:-2] != b.shape[:-2]:
        raise ValueError(f"Shapes of inputs 0, 1 must be the same, except on last two dimensions: {a.shape} {b.shape}")
    if a.shape[-1] != a.shape[-2] or a.shape[-1] != b.shape[-1 if p.rightside else -2]:
        raise ValueError(f"Incompatible matrix dimensions: {a.shape} {b.shape}")
    turned = p.transpose != p.rightside
    return _turned(triangle(_batch(a), lower=p.lower), turned), _turned(_batch(b), p.rightside)


def _triangular_back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    """The triangle is square, and fits the other matrix."""
    a, b = shapes
    if b is None and wanted is not None:
        b = wanted
    if a is None and b is not None and len(b) >= 2:
        size = b[-1 if p.rightside else -2]
        return [(*b[:-2], size, size), b]
    return [a, b]


def _triangular_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    return _triangular_back(p, shapes, None)


@operator("_linalg_trmm", fill=_triangular_fill, back=_triangular_back)
def trmm(p: Params, a: Value, b: Value) -> Value:
    """alpha op(A) . B, or alpha B . op(A) on the right side, for a triangle A."""
    left, right = _triangular_pair(p, a, b)
    return _turned((left @ right) * p.alpha, p.rightside).cast(b.dtype).reshape(b.shape)


@operator("_linalg_trsm", fill=_triangular_fill, back=_triangular_back)
def trsm(p: Params, a: Value, b: Value) -> Value:
    """X of op(A) . X = alpha B, or X . op(A) = alpha B on the right side, for a triangle A."""
    left, right = _triangular_pair(p, a, b)
    right = right * p.alpha
    solve = solve_lower if p.lower != (p.transpose != p.rightside) else solve_upper
    return _turned(solve(left, right), p.rightside).cast(b.dtype).reshape(b.shape)


@operator("_linalg_potrf", same_shape=True)
def potrf(p: Params, a: Value) -> Value:
    """Cholesky's lower factor; of A only the lower triangle is read."""
    factor, fine = cholesky(_square(a))
    made = factor.cast(a.dtype).reshape(a.shape)
    return made.provided(fine, "potrf failed: the input matrix is either not symmetric or not positive definite")


@operator("_linalg_potri", same_shape=True)
def potri(p: Params, a: Value) -> Value:
    """The inverse of L . L^T from its lower factor L."""
    factor = _square(a)
    n = factor.shape[-1]
    inverse = solve_lower(factor, p.graph.const(np.eye(n)[None]).expand(factor.shape))
    fine = ~(factor * p.graph.const(np.eye(n)) + p.graph.const(1 - np.eye(n))).equals(0)
    made = (inverse.swapaxes(1, 2) @ inverse).cast(a.dtype).reshape(a.shape)
    return made.provided(
        fine.cast(np.int32).min([0, 1, 2]), "potri failed: the input matrix is not a Cholesky factorization"
    )


# Below this part of a float32 matrix's largest element a pivot is the rounding of float64, not information.
_NOISE = {FLOAT32: 2.0**-48, FLOAT64: 0.0}


@operator("_linalg_inverse", same_shape=True)
def inverse(p: Params, a: Value) -> Value:
    """The inverse."""
    matrix = _square(a)
    identity = p.graph.const(np.eye(matrix.shape[-1])[None]).expand(matrix.shape)
    made, pivots = eliminate(p.graph.concat([matrix, identity], 2), _NOISE[a.dtype])
    fine = (~pivots.equals(0)).cast(np.int32).min([0, 1])
    return made.cast(a.dtype).reshape(a.shape).provided(fine, "the input matrix is non-convertible")


def _pivots(a: Value) -> Value:
    if a.ndim < 2:
        raise ValueError(f"Input A must have at least two dimensions, not {a.shape}")
    return eliminate(_square(a), _NOISE[a.dtype])[1]


@operator("_linalg_det")
def det(p: Params, a: Value) -> Value:
    """Determinants; of one matrix with shape (1,)."""
    return _pivots(a).reduce("ReduceProd", [1]).cast(a.dtype).reshape(a.shape[:-2] or (1,))


@operator("_linalg_slogdet")
def slogdet(p: Params, a: Value) -> list[Value]:
    """Signs of the determinants, and logarithms of their magnitudes."""
    pivots = _pivots(a)
    shape = a.shape[:-2] or (1,)
    sign = pivots.unary("Sign").reduce("ReduceProd", [1])
    return [each.cast(a.dtype).reshape(shape) for each in (sign, pivots.abs().log().sum([1]))]


@operator("_linalg_gelqf")
def gelqf(p: Params, a: Value) -> list[Value]:
    """Q with orthonormal rows and lower L, A = L . Q, of matrices with at least as many columns as rows."""
    _checked(a)
    m, n = a.shape[-2:]
    if m > n:
        raise ValueError("Input A shape wrong: Last dimension must be >= than second to last")
    q, lower = lq(_batch(a))
    return [q.cast(a.dtype).reshape(a.shape), lower.cast(a.dtype).reshape((*a.shape[:-1], m))]


@operator("_linalg_syevd")
def syevd(p: Params, a: Value) -> list[Value]:
    """Eigenvectors as rows and ascending eigenvalues; of A only the lower triangle is read."""
    lower = triangle(_square(a))
    diagonal = lower * p.graph.const(np.eye(lower.shape[-1]))
    vectors, values = eigen(lower + lower.swapaxes(1, 2) - diagonal)
    return [vectors.cast(a.dtype).reshape(a.shape), values.cast(a.dtype).reshape(a.shape[:-1])]


@operator("_linalg_sumlogdiag")
def sumlogdiag(p: Params, a: Value) -> Value:
    """Sums of the logarithms of the diagonals; of one matrix with shape (1,)."""
    _require_square(a)
    diagonal = _picked(a, _diagonal(a.shape[-1], 0)).cast(FLOAT64)
    return diagonal.log().sum([-1]).cast(a.dtype).reshape(a.shape[:-2] or (1,))


def _picked(a: Value, positions: npt.NDArray[np.int64]) -> Value:
    """The elements of square matrices at flat positions."""
    _checked(a)
    if a.shape[-1] != a.shape[-2]:
        raise ValueError(f"Input operand must be a tensor of square matrices, not {a.shape}")
    if not positions.size:
        raise ValueError(f"Illegal offset for diag/trian extraction of matrix with dimension {a.shape[-1]}")
    return a.reshape((*a.shape[:-2], a.shape[-1] ** 2)).gather(a.graph.const(positions), -1)


def _placed(a: Value, size: int, positions: npt.NDArray[np.int64]) -> Value:
    """Matrices of ``size`` rows with the elements of ``a`` at flat positions, and zeros elsewhere."""
    if a.dtype not in (FLOAT32, FLOAT64):
        raise ValueError("This operation only supports 32-bit and 64-bit floating point")
    count = a.shape[-1]
    sources = np.full(size * size, count, np.int64)
    sources[positions] = np.arange(count)
    zero = a.graph.full((*a.shape[:-1], 1), 0, a.dtype)
    return a.graph.concat([a, zero], -1).gather(a.graph.const(sources.reshape(size, size)), -1)


def _diagonal(size: int, offset: int) -> npt.NDArray[np.int64]:
    return np.flatnonzero(np.eye(size, k=offset)).astype(np.int64)


def _triangle_order(size: int, offset: int, lower: bool) -> npt.NDArray[np.int64]:
    """Flat positions of a triangle: a lower one row by row, an upper one as the transpose of a lower one.

    Away from the diagonal the offset alone says which.
    """
    order = np.arange(size * size, dtype=np.int64).reshape(size, size)
    if offset < 0 or (offset == 0 and lower):
        return order[np.tri(size, k=offset, dtype=np.bool_)]
    return order.T[np.tri(size, k=-offset, dtype=np.bool_)]


@operator("_linalg_extractdiag")
def extractdiag(p: Params, a: Value) -> Value:
    """The diagonals at an offset."""
    return _picked(a, _diagonal(a.shape[-1], p.offset))


@operator("_linalg_makediag")
def makediag(p: Params, a: Value) -> Value:
    """Square matrices with the given diagonal at an offset."""
    size = a.shape[-1] + abs(p.offset)
    return _placed(a, size, _diagonal(size, p.offset))


@operator("_linalg_extracttrian")
def extracttrian(p: Params, a: Value) -> Value:
    """The elements of a triangle."""
    return _picked(a, _triangle_order(a.shape[-1], p.offset, p.lower))


@operator("_linalg_maketrian")
def maketrian(p: Params, a: Value) -> Value:
    """Square matrices with the given elements in a triangle."""
    count = a.shape[-1]
    size = (math.isqrt(8 * count + 1) - 1) // 2
    if size * (size + 1) // 2 != count:
        raise ValueError("Input tensor of maketrian has an invalid dimension for the last axis.")
    size += abs(p.offset)
    return _placed(a, size, _triangle_order(size, p.offset, p.lower))
