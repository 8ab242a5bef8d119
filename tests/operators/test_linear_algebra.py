"""Linear algebra against NumPy, which shares no code with the lowerings."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke

Array = npt.NDArray[Any]


def run(operator: str, *inputs: Array, **attrs: Any) -> list[Array]:
    return invoke(f"_linalg_{operator}", list(inputs), {key: str(value) for key, value in attrs.items()})


def matrices(*shape: int, dtype: str = "float64") -> Array:
    return np.random.default_rng(7).uniform(-2, 2, shape).astype(dtype)


def positive_definite(*batch: int, size: int) -> Array:
    a = matrices(*batch, size, size)
    made: Array = a @ a.swapaxes(-1, -2) + size * np.eye(size)
    return made


@pytest.mark.parametrize("size", [1, 2, 5, 9, 40, 48])
def test_cholesky_and_its_inverse(size: int) -> None:
    a = positive_definite(2, 3, size=size)
    garbled = a + np.triu(np.ones((size, size)), 1)  # the upper triangle is not read
    (factor,) = run("potrf", garbled)
    np.testing.assert_allclose(factor, np.linalg.cholesky(a), rtol=1e-12, atol=1e-13)
    (inverse,) = run("potri", factor)
    np.testing.assert_allclose(inverse, np.linalg.inv(a), rtol=1e-9, atol=1e-11)


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(MXNetError, match="not positive definite"):
        run("potrf", np.array([[1.0, 2.0], [2.0, 1.0]]))
    good = np.eye(2)
    with pytest.raises(MXNetError, match="not positive definite"):
        run("potrf", np.stack([good, -good]))
    with pytest.raises(MXNetError, match="not positive definite"):
        run("potrf", np.diag([-1.0] + [1.0] * 39))


def test_singular_matrices() -> None:
    singular = np.array([[1, 2], [2, 4]], np.float32)
    with pytest.raises(MXNetError, match="non-convertible"):
        run("inverse", singular)
    with pytest.raises(MXNetError, match="not a Cholesky factorization"):
        run("potri", np.array([[0.0, 0.0], [1.0, 3.0]]))
    assert run("det", singular)[0].tolist() == [0]
    sign, logarithm = run("slogdet", singular)
    assert sign.tolist() == [0]
    assert logarithm.tolist() == [-np.inf]


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 4, 4), (2, 2, 7, 7), (2, 40, 40), (48, 48)])
@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-4), ("float64", 1e-9)])
def test_inverse_and_determinant(shape: tuple[int, ...], dtype: str, rtol: float) -> None:
    a = matrices(*shape, dtype=dtype)
    np.testing.assert_allclose(run("inverse", a)[0], np.linalg.inv(a), rtol=rtol, atol=rtol)
    expected = np.linalg.det(a).reshape(shape[:-2] or (1,))
    np.testing.assert_allclose(run("det", a)[0], expected, rtol=rtol)
    sign, logarithm = run("slogdet", a)
    assert sign.dtype == dtype
    np.testing.assert_array_equal(sign, np.sign(expected))
    np.testing.assert_allclose(logarithm, np.log(np.abs(expected)), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("rightside", [False, True])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("size", [4, 40, 48])
def test_products_and_solutions_with_triangles(transpose: bool, rightside: bool, lower: bool, size: int) -> None:
    a = matrices(2, size, size) + 4 * size * np.eye(size)
    b = matrices(2, 3, size) if rightside else matrices(2, size, 3)
    triangle = np.tril(a) if lower else np.triu(a)
    left = triangle.swapaxes(1, 2) if transpose else triangle
    product = 1.5 * (b @ left if rightside else left @ b)
    attrs = {"transpose": transpose, "rightside": rightside, "lower": lower}
    np.testing.assert_allclose(run("trmm", a, b, alpha=1.5, **attrs)[0], product, rtol=1e-12)
    np.testing.assert_allclose(run("trsm", a, product, alpha=2, **attrs)[0], 3 * b, rtol=1e-10, atol=1e-12)


def test_products() -> None:
    a, b, c = matrices(2, 3, 4), matrices(2, 4, 5), matrices(2, 3, 5)
    np.testing.assert_allclose(run("gemm", a, b, c, alpha=2, beta=-1)[0], 2 * a @ b - c, rtol=1e-12)
    transposed = run("gemm2", a.swapaxes(1, 2), b.swapaxes(1, 2), transpose_a=True, transpose_b=True)[0]
    np.testing.assert_allclose(transposed, a @ b, rtol=1e-12)
    rows_first = run("gemm2", a.swapaxes(0, 1), b.swapaxes(0, 1), axis=0)[0]
    np.testing.assert_allclose(rows_first, (a @ b).swapaxes(0, 1), rtol=1e-12)
    np.testing.assert_allclose(run("syrk", a, transpose=True, alpha=3)[0], 3 * a.swapaxes(1, 2) @ a, rtol=1e-12)
    with pytest.raises(MXNetError, match="must be the same, except on row/col axis"):
        run("gemm2", a[:1], b)


def test_lq_has_lapacks_signs() -> None:
    # Worked by hand: the first reflection turns (3, 4) onto -5; the last row has nothing left to turn.
    q, lower = run("gelqf", np.array([[3.0, 4.0], [1.0, 2.0]]))
    np.testing.assert_allclose(lower, [[-5, 0], [-2.2, 0.4]], atol=1e-14)
    np.testing.assert_allclose(q, [[-0.6, -0.8], [-0.8, 0.6]], atol=1e-14)
    # A row that is flat already keeps its sign.
    q, lower = run("gelqf", np.array([[2.0, 0.0, 0.0], [0.0, -1.0, 0.0]]))
    np.testing.assert_array_equal(lower, [[2, 0], [0, -1]])
    np.testing.assert_array_equal(q, np.eye(3)[:2])
    a = matrices(2, 3, 6)
    q, lower = run("gelqf", a)
    np.testing.assert_allclose(lower @ q, a, atol=1e-13)
    np.testing.assert_allclose(q @ q.swapaxes(1, 2), np.broadcast_to(np.eye(3), (2, 3, 3)), atol=1e-13)
    with pytest.raises(MXNetError, match="Last dimension must be >= than second to last"):
        run("gelqf", matrices(3, 2))


@pytest.mark.parametrize("size", [1, 2, 3, 6, 15])
def test_eigenvectors_are_rows_in_ascending_order(size: int) -> None:
    a = matrices(3, size, size)
    vectors, values = run("syevd", a)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a, "L"), rtol=1e-11, atol=1e-12)
    symmetric = np.tril(a) + np.tril(a, -1).swapaxes(1, 2)
    np.testing.assert_allclose(vectors @ symmetric, values[..., None] * vectors, atol=1e-12)
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(2)[..., None], 2)
    assert (largest > 0).all()


def test_diagonals_and_triangles() -> None:
    a = np.arange(9.0).reshape(3, 3)
    assert run("extractdiag", a, offset=-1)[0].tolist() == [3, 7]
    assert run("makediag", np.array([1.0, 2.0]), offset=1)[0].tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    assert run("extracttrian", a)[0].tolist() == [0, 3, 4, 6, 7, 8]
    # An upper triangle is read as the transpose of a lower one.
    assert run("extracttrian", a, lower=False)[0].tolist() == [0, 1, 4, 2, 5, 8]
    assert run("maketrian", np.array([1.0, 2.0, 3.0]), offset=-1)[0].tolist() == [[0, 0, 0], [1, 0, 0], [2, 3, 0]]
    np.testing.assert_allclose(run("sumlogdiag", a + 1)[0], [np.log(1 * 5 * 9)], rtol=1e-14)
    with pytest.raises(MXNetError, match="Illegal offset"):
        run("extractdiag", a, offset=3)
    with pytest.raises(MXNetError, match="invalid dimension"):
        run("maketrian", np.ones(4))


@pytest.mark.parametrize("dtype", ["float16", "int32"])
def test_other_types_are_refused(dtype: str) -> None:
    with pytest.raises(MXNetError, match="only supports 32-bit and 64-bit floating point"):
        run("det", np.eye(2, dtype=dtype))
