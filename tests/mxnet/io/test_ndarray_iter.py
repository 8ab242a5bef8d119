"""Iterators over arrays; expectations are MXNet 1.9.1's."""

import numpy as np
import pytest

from offboard import mxnet as mx
from offboard.errors import MXNetError

nd = mx.nd


def epochs(iterator: mx.io.DataIter, count: int = 2) -> list[list[tuple[list[float], int]]]:
    """(labels, pad) of the batches of each epoch."""
    made = []
    for _ in range(count):
        made.append([(batch.label[0].asnumpy().tolist(), batch.pad) for batch in iterator])
        iterator.reset()
    return made


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("pad", [[([0, 1], 0), ([2, 3], 0), ([4, 0], 1)]] * 2),
        ("discard", [[([0, 1], 0), ([2, 3], 0)]] * 2),
        ("roll_over", [[([0, 1], 0), ([2, 3], 0)], [([4, 0], 1), ([1, 2], 0), ([3, 4], 0)]]),
    ],
)
def test_last_batch(handle: str, expected: object) -> None:
    iterator = mx.io.NDArrayIter(np.ones((5, 2)), np.arange(5), 2, last_batch_handle=handle)
    assert epochs(iterator) == expected


def test_padding_goes_round_as_often_as_needed() -> None:
    assert epochs(mx.io.NDArrayIter(nd.ones((2,)), nd.arange(2), 5), 1) == [[([0, 1, 0, 1, 0], 3)]]


def test_hard_reset_forgets_what_rolled_over() -> None:
    iterator = mx.io.NDArrayIter(nd.arange(5), nd.arange(5), 2, last_batch_handle="roll_over")
    list(iterator)
    iterator.hard_reset()
    assert epochs(iterator, 1) == [[([0, 1], 0), ([2, 3], 0)]]


def test_shuffled_rows_stay_together() -> None:
    np.random.seed(1)
    iterator = mx.io.NDArrayIter(np.arange(10).reshape(5, 2), np.arange(5), 2, shuffle=True)
    # The order of MXNet 1.9.1 from the same seed: each epoch shuffles what the one before left.
    assert epochs(iterator) == [
        [([2, 1], 0), ([4, 0], 0), ([3, 2], 1)],
        [([4, 3], 0), ([0, 2], 0), ([1, 4], 1)],
    ]
    batch = iterator.next()
    np.testing.assert_array_equal(batch.data[0].asnumpy()[:, 0], batch.label[0].asnumpy() * 2)


def test_names_and_dtypes() -> None:
    iterator = mx.io.NDArrayIter({"b": nd.arange(4, dtype="int32"), "a": np.ones((4, 2))}, batch_size=2)
    assert str(iterator.provide_data) == (
        "[DataDesc[a,(2, 2),<class 'numpy.float32'>,NCHW], DataDesc[b,(2,),<class 'numpy.int32'>,NCHW]]"
    )
    assert iterator.provide_label == []
    several = mx.io.NDArrayIter([nd.arange(4), nd.ones((4, 2))], batch_size=2)
    assert [each.name for each in several.provide_data] == ["_0_data", "_1_data"]


def test_csr() -> None:
    data = nd.array([[1, 0], [0, 2], [3, 0]]).tostype("csr")
    iterator = mx.io.NDArrayIter(data, nd.arange(3), 2, last_batch_handle="discard")
    batch = iterator.next()
    assert batch.data[0].stype == "csr"
    np.testing.assert_array_equal(batch.data[0].asnumpy(), [[1, 0], [0, 2]])
    with pytest.raises(NotImplementedError, match="discard"):
        mx.io.NDArrayIter(data, nd.arange(3), 2)


def test_refusals() -> None:
    with pytest.raises(TypeError, match="Input must be NDArray"):
        mx.io.NDArrayIter("x")
    with pytest.raises(AssertionError):
        mx.io.NDArrayIter(None)
    with pytest.raises(MXNetError, match="Invalid end"):
        list(mx.io.NDArrayIter({"a": nd.ones((6,)), "b": nd.ones((5,))}, batch_size=2))


def test_resize() -> None:
    inner = mx.io.NDArrayIter(nd.arange(5), nd.arange(5), 2)
    assert epochs(mx.io.ResizeIter(inner, 4)) == [[([0, 1], 0), ([2, 3], 0), ([4, 0], 1), ([0, 1], 0)]] * 2


def test_prefetching_joins_iterators() -> None:
    iterator = mx.io.PrefetchingIter(
        [mx.io.NDArrayIter(nd.arange(4), nd.arange(4), 2), mx.io.NDArrayIter(nd.ones((4, 2)), nd.arange(4), 2)],
        rename_data=[{"data": "a"}, {"data": "b"}],
        rename_label=[{"softmax_label": "x"}, {"softmax_label": "y"}],
    )
    assert [each.name for each in (*iterator.provide_data, *iterator.provide_label)] == ["a", "b", "x", "y"]
    assert iterator.batch_size == 2
    assert [len(batch.data) for batch in iterator] == [2, 2]


def test_descriptions() -> None:
    assert mx.io.DataDesc("d", (2, 3)) == ("d", (2, 3))
    assert mx.io.DataDesc.get_batch_axis("TNC") == 1
    assert mx.io.DataDesc.get_list([("a", (1, 2))], [("a", np.int32)])[0].dtype is np.int32
    assert str(mx.io.DataBatch([nd.ones((2, 3))], [nd.ones((2,))])) == (
        "DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]"
    )
    with pytest.raises(AssertionError, match="Data must be list"):
        mx.io.DataBatch(nd.ones((2,)))
