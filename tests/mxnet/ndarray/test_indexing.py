"""Which keys give views and which copies, and what is written where; expectations are MXNet 1.9.1's."""

import numpy as np
import pytest

from offboard import mxnet as mx
from offboard.errors import MXNetError


def made() -> mx.nd.NDArray:
    return mx.nd.arange(24).reshape((2, 3, 4))


VIEWS = [
    0, -1, slice(0, 1), slice(0, 2, 2), None, ..., (0, 1), (0, 1, 2), (0, None, 1), (slice(None), None),
    (None, ..., None), (0, slice(1, 3)), (0, 0, slice(1, 3)), (slice(0, 1), slice(1, 2)), np.int64(1),
]  # fmt: skip
COPIES = [
    (slice(None), 1), (..., 0), slice(None, None, -1), (slice(None), slice(0, 2)), [0, 1], ([0, 1], [0, 2]),
    np.array([0, 1]), (slice(None), [0, 2]), (0, [0, 2]),
]  # fmt: skip


@pytest.mark.parametrize("key", VIEWS, ids=str)
def test_what_lies_together_is_a_view(key: object) -> None:
    array, expected = made(), made().asnumpy()
    array[key][:] = 100
    expected[key] = 100
    np.testing.assert_array_equal(array.asnumpy(), expected)


@pytest.mark.parametrize("key", COPIES, ids=str)
def test_other_keys_copy(key: object) -> None:
    array = made()
    picked = array[key]
    np.testing.assert_array_equal(picked.asnumpy(), made().asnumpy()[key])
    picked[:] = 100
    np.testing.assert_array_equal(array.asnumpy(), made().asnumpy())


@pytest.mark.parametrize("key", [*VIEWS, *COPIES], ids=str)
def test_writing(key: object) -> None:
    array, expected = made(), made().asnumpy()
    array[key] = 7
    expected[key] = 7
    np.testing.assert_array_equal(array.asnumpy(), expected)
    array[key] = array[key] * 2
    expected[key] = 14
    np.testing.assert_array_equal(array.asnumpy(), expected)


def test_a_scalar_is_an_array_of_one_element() -> None:
    array = made()
    assert array[0, 1, 2].shape == (1,)
    array[0, 1, 2] += 1
    assert array[0, 1, 2].asscalar() == 7


def test_arrays_as_keys() -> None:
    array = made()
    np.testing.assert_array_equal(array[mx.nd.array([1, 0])].asnumpy(), array.asnumpy()[[1, 0]])
    # Booleans of NumPy count as the numbers 0 and 1.
    np.testing.assert_array_equal(array[np.array([True, False])].asnumpy(), array.asnumpy()[[1, 0]])
    with pytest.raises(ValueError, match="boolean indexing in legacy mode"):
        array[(array > 5).astype("bool")]


def test_refused_keys_and_values() -> None:
    array = made()
    for key in (1.0, "x"):
        with pytest.raises(ValueError, match="does not support slicing with key"):
            array[key]
    with pytest.raises(IndexError):
        array[2]
    with pytest.raises(IndexError):
        array[[5]]
    with pytest.raises(MXNetError, match="empty"):
        array[:, 2:1]
    with pytest.raises(MXNetError):
        array[[]]
    with pytest.raises(ValueError, match="broadcast"):
        array[0] = np.arange(12)
    with pytest.raises(TypeError, match="non-array-like object x"):
        array[0] = "x"


def test_values_are_converted_as_c_does() -> None:
    array = mx.nd.zeros((3,), dtype="uint8")
    array[:] = [-1, 300, 2.7]
    assert array.asnumpy().tolist() == [255, 44, 2]


def test_views_share_one_version() -> None:
    array = made()
    before = array.version_token()
    array[0][1:][:] = 5
    assert array.version_token() != before
    assert array.reshape(-1).version_token() == array.version_token()


def test_inplace_methods_give_views() -> None:
    array = made()
    for view in (array.expand_dims(0, inplace=True), array.flatten(inplace=True), array.squeeze(inplace=True)):
        view[:] = view + 1
    np.testing.assert_array_equal(array.asnumpy(), made().asnumpy() + 3)


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        (([0, 1], None), (1, 2, 3, 4)),
        (([0, 1], slice(None), None), (2, 1, 3, 4)),
        (([0, 1], Ellipsis, None), (2, 3, 1, 4)),
        ((Ellipsis, [0, 1], None), (2, 3, 1, 2)),
        ((slice(None), [0, 1], None, [1, 2]), (2, 2, 1)),
        ((None, [0, 1], 1), (1, 2, 4)),
        ((slice(None), True), (2, 3, 4)),
        ((True, [1]), (1, 3, 4)),
        ((slice(2, 2), None), (0, 1, 3, 4)),
        ((slice(0, 0), 0), (0, 4)),
    ],
)
def test_new_axes_and_true_stand_where_mxnet_puts_them(key: tuple[object, ...], shape: tuple[int, ...]) -> None:
    array = mx.nd.arange(24).reshape((2, 3, 4))
    picked = array[key]
    assert picked.shape == shape
    changed = picked + 1
    array[key] = changed
    np.testing.assert_array_equal(array[key].asnumpy(), changed.asnumpy())


@pytest.mark.parametrize("key", [slice(1, 0), slice(3, -3), (slice(None), slice(3, None)), (slice(None), False)])
def test_slices_that_mxnet_refuses(key: object) -> None:
    with pytest.raises(mx.MXNetError):
        mx.nd.ones((2, 3))[key]


def test_reshape_to_fewer_elements_is_a_value_error() -> None:
    array = mx.nd.ones((2, 3))
    for shape in ((2, 2), (1,), ()):
        with pytest.raises(ValueError, match="Cannot reshape array of size 6"):
            array.reshape(shape)
    with pytest.raises(mx.MXNetError):
        array.reshape((7,))
    assert mx.nd.array([5]).reshape(()).shape == ()
    with pytest.raises(TypeError, match="arrays of one element are numbers"):
        float(array)
