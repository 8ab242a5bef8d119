"""Records of images with labels of objects; expectations are MXNet 1.9.1's."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError

PICTURE = np.random.RandomState(0).randint(0, 256, (20, 30, 3)).astype(np.uint8)


@pytest.fixture
def records(tmp_path: Path) -> str:
    """Three images with one, three and two objects."""
    file = mx.recordio.MXRecordIO(str(tmp_path / "a.rec"), "w")
    for number, count in enumerate((1, 3, 2)):
        label = np.array([2, 5, *np.tile([number, 0.1, 0.2, 0.5, 0.6], count)], np.float32)
        file.write(mx.recordio.pack_img(mx.recordio.IRHeader(0, label, number, 0), PICTURE, 9, ".png"))
    file.close()
    return str(tmp_path / "a.rec")


def test_labels_say_sizes_and_are_filled_up(records: str) -> None:
    batches = mx.io.ImageDetRecordIter(path_imgrec=records, data_shape=(3, 16, 24), batch_size=2)
    assert batches.provide_label[0].shape == (2, 4 + 17)
    first, second = list(batches)
    np.testing.assert_allclose(
        first.label[0].asnumpy()[0], [3, 16, 24, 7, 2, 5, 0, 0.1, 0.2, 0.5, 0.6, *[-1] * 10], rtol=1e-6
    )
    assert (first.label[0].asnumpy()[1] != -1).all()
    assert (second.pad, second.index.tolist()) == (1, [2, 0])
    stretched = cv2.resize(PICTURE, (24, 16))[:, :, ::-1].transpose(2, 0, 1)
    np.testing.assert_array_equal(first.data[0].asnumpy()[0], stretched)


def test_room_for_labels(records: str) -> None:
    def made(**kwargs: int) -> mx.io.ImageDetRecordIter:
        return mx.io.ImageDetRecordIter(path_imgrec=records, data_shape=(3, 8, 8), batch_size=1, **kwargs)

    padded = made(label_pad_width=30, label_pad_value=0)
    assert padded.provide_label[0].shape == (1, 34)
    assert next(padded).label[0].asnumpy()[0, -1] == 0
    with pytest.raises(MXNetError, match="label_pad_width: 5 smaller than estimated width: 17"):
        made(label_pad_width=5)
    with pytest.raises(MXNetError, match="rec file provide 7-dimensional label but label_width is set to 9"):
        made(label_width=9)
