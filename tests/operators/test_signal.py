"""Fourier transforms against NumPy's, and sketches worked by hand."""

import numpy as np
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke


@pytest.mark.parametrize("shape", [(3, 1), (2, 5), (1, 8), (2, 2, 3, 12)])
@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-5), ("float64", 1e-12)])
def test_transforms(shape: tuple[int, ...], dtype: str, rtol: float) -> None:
    x = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    (made,) = invoke("_contrib_fft", [x], {})
    expected = np.fft.fft(x.astype("float64"))
    assert made.dtype == dtype
    np.testing.assert_allclose(made[..., 0::2], expected.real, rtol=rtol, atol=10 * rtol)
    np.testing.assert_allclose(made[..., 1::2], expected.imag, rtol=rtol, atol=10 * rtol)
    (back,) = invoke("_contrib_ifft", [made], {})
    np.testing.assert_allclose(back, x * shape[-1], rtol=10 * rtol, atol=10 * rtol)


def test_transforms_refuse() -> None:
    with pytest.raises(MXNetError, match="2 or 4 dimensions"):
        invoke("_contrib_fft", [np.ones(4)], {})
    with pytest.raises(MXNetError, match="real and imaginary parts"):
        invoke("_contrib_ifft", [np.ones((2, 3))], {})


def test_count_sketch() -> None:
    x, hashes, signs = np.array([[1.0, 2.0, 4.0]]), np.array([[0.0, 2.0, 0.0]]), np.array([[1.0, 1.0, -1.0]])
    (made,) = invoke("_contrib_count_sketch", [x, hashes, signs], {"out_dim": "3"})
    assert made.tolist() == [[-3, 0, 2]]
