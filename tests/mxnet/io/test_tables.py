"""Tables in text files; expectations are MXNet 1.9.1's."""

import struct
from pathlib import Path

import numpy as np
import pytest

from offboard import mxnet as mx
from offboard.errors import MXNetError


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "a.csv"
    path.write_text("".join(f"{3 * row},{3 * row + 1},{3 * row + 2}\n" for row in range(5)))
    (tmp_path / "l.csv").write_text("".join(f"{row}\n" for row in range(5)))
    return str(path)


def epochs(iterator: mx.io.DataIter, count: int = 2) -> list[list[tuple[list[float], int]]]:
    made = []
    for _ in range(count):
        made.append(
            [
                ((batch.data[0].asnumpy().reshape(len(batch.index), -1)[:, 0] / 3).tolist(), batch.pad)
                for batch in iterator
            ]
        )
        iterator.reset()
    return made


def test_the_next_epoch_begins_behind_what_filled_the_last_batch(table: str) -> None:
    iterator = mx.io.CSVIter(data_csv=table, data_shape=(3,), batch_size=3)
    assert epochs(iterator) == [[([0, 1, 2], 0), ([3, 4, 0], 1)], [([1, 2, 3], 0), ([4, 0, 1], 2)]]


def test_without_round_batch_the_rows_of_the_batch_before_fill_up(table: str) -> None:
    iterator = mx.io.CSVIter(data_csv=table, data_shape=(3,), batch_size=3, round_batch=False)
    assert epochs(iterator) == [[([0, 1, 2], 0), ([3, 4, 2], 1)]] * 2


def test_a_batch_larger_than_the_file(table: str) -> None:
    iterator = mx.io.CSVIter(data_csv=table, data_shape=(3,), batch_size=7)
    assert epochs(iterator) == [[([0, 1, 2, 3, 4, 0, 1], 2)], [([2, 3, 4, 0, 1, 2, 3], 4)]]


def test_shapes_labels_and_dtypes(table: str) -> None:
    labels = str(Path(table).with_name("l.csv"))
    iterator = mx.io.CSVIter(
        data_csv=table, data_shape=(3, 1), label_csv=labels, batch_size=2, dtype="int32", data_name="q"
    )
    assert str(iterator.provide_data) == "[DataDesc[q,(2, 3, 1),<class 'numpy.int32'>,NCHW]]"
    assert str(iterator.provide_label) == "[DataDesc[softmax_label,(2,),<class 'numpy.int32'>,NCHW]]"
    batch = iterator.next()
    assert batch.data[0].shape == (2, 3, 1)
    assert batch.label[0].asnumpy().tolist() == [0, 1]
    assert batch.index.tolist() == [0, 1]


def test_csv_refusals(table: str) -> None:
    for given, text in (
        ({"data_csv": "nope.csv", "data_shape": (3,)}, "Cannot find any files"),
        ({"data_csv": table, "data_shape": (4,)}, "do not match size of shape"),
        ({"data_csv": table, "data_shape": (3,), "dtype": "float64"}, "float64 is not supported for CSVIter"),
        ({"data_shape": (3,)}, "Required parameter data_csv"),
    ):
        with pytest.raises(MXNetError, match=text):
            mx.io.CSVIter(batch_size=2, **given)


def test_libsvm(tmp_path: Path) -> None:
    path = tmp_path / "a.svm"
    path.write_text("1 0:0.5 2:1.5\n0 1:2\n1 0:1 1:2 2:3\n")
    iterator = mx.io.LibSVMIter(data_libsvm=path, data_shape=(3,), batch_size=2)
    first, second = list(iterator)
    assert first.data[0].stype == "csr"
    np.testing.assert_array_equal(first.data[0].asnumpy(), [[0.5, 0, 1.5], [0, 2, 0]])
    assert first.label[0].asnumpy().tolist() == [1, 0]
    assert (second.pad, second.label[0].asnumpy().tolist()) == (1, [1, 1])
    both = mx.io.LibSVMIter(data_libsvm=path, data_shape=(3,), batch_size=2, label_libsvm=path, label_shape=(3,))
    assert both.next().label[0].shape == (2, 3)
    with pytest.raises(MXNetError, match="round_batch"):
        mx.io.LibSVMIter(data_libsvm=path, data_shape=(3,), batch_size=2, round_batch=False)
    with pytest.raises(MXNetError, match="column beyond"):
        mx.io.LibSVMIter(data_libsvm=path, data_shape=(2,), batch_size=2)


def test_digits_of_the_public_set(tmp_path: Path) -> None:
    pictures = np.random.RandomState(0).randint(0, 256, (5, 28, 28)).astype(np.uint8)
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(struct.pack(">IIII", 0x803, 5, 28, 28) + pictures.tobytes())
    labels.write_bytes(struct.pack(">II", 0x801, 5) + bytes(range(5)))
    batches = mx.io.MNISTIter(image=images, label=labels, batch_size=2, shuffle=False)
    assert batches.provide_data == [mx.io.DataDesc("data", (2, 1, 28, 28))]
    read = list(batches)
    assert len(read) == 2
    np.testing.assert_allclose(read[1].data[0].asnumpy()[:, 0], pictures[2:4] / 256.0, rtol=1e-6)
    np.testing.assert_array_equal(read[1].label[0].asnumpy(), [2, 3])
    flat = mx.io.MNISTIter(image=images, label=labels, batch_size=5, flat=True, seed=1)
    assert sorted(next(flat).label[0].asnumpy()) == list(range(5))
    with pytest.raises(MXNetError, match="no file of MNIST's form"):
        mx.io.MNISTIter(image=labels, label=labels, batch_size=1)
    with pytest.raises(MXNetError, match="No such file"):
        mx.io.MNISTIter(image=tmp_path / "nope", label=labels)


def test_loader_of_gluon_feeds_a_module() -> None:
    data = mx.gluon.data.ArrayDataset(np.arange(6, dtype=np.float32).reshape(3, 2), np.arange(3))
    batches = mx.contrib.io.DataLoaderIter(mx.gluon.data.DataLoader(data, 2))
    assert batches.provide_data[0].shape == (2, 2)
    read = list(batches)
    np.testing.assert_array_equal(read[1].data[0].asnumpy(), [[4, 5], [0, 0]])
    assert [each.pad for each in read] == [0, 1]
