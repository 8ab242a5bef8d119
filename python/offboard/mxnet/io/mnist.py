"""MNISTIter: batches of the digits of the public set."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet.io.rows import MXDataIter
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["MNISTIter"]


class MNISTIter(MXDataIter):
    """Digits (N, 1, 28, 28), or (N, 784) with ``flat``, of 0 to 1, and labels.

    Args:
        image: the file of images, as it is or gzipped.
        label: the file of labels.
        batch_size: digits a batch; what is left over at the end is left out.
        shuffle: whether the order is another one.
        flat: whether a digit is one row.
        silent: nothing is printed anyway.
        seed: of the order.
        num_parts: how many parts.
        part_index: which of them.
        data_name: the name of the data.
        label_name: the name of the labels.
        kwargs: settings without effect here.
    """

    def __init__(
        self,
        image: str | os.PathLike[str] = "./train-images-idx3-ubyte",
        label: str | os.PathLike[str] = "./train-labels-idx1-ubyte",
        batch_size: int = 128,
        shuffle: bool = True,
        flat: bool = False,
        silent: bool = False,
        seed: int = 0,
        num_parts: int = 1,
        part_index: int = 0,
        data_name: str = "data",
        label_name: str = "softmax_label",
        **kwargs: Any,
    ) -> None:
        images, labels = _read(image, 3), _read(label, 1)
        if len(images) != len(labels):
            raise MXNetError(f"{image} holds {len(images)} digits, {label} {len(labels)} labels")
        share = len(images) // num_parts
        chosen = slice(part_index * share, (part_index + 1) * share)
        order = np.random.RandomState(seed).permutation(share) if shuffle else np.arange(share)
        pixels = images[chosen][order].astype(np.float32) / 256.0
        self._pixels = pixels.reshape(share, -1) if flat else pixels[:, None]
        self._digits = labels[chosen][order].astype(np.float32)
        count = share // batch_size * batch_size
        if not count:
            raise MXNetError(f"a batch of {batch_size} is more than the {share} digits of {image}")
        super().__init__(count, batch_size, data_name, label_name)

    def _shapes(self) -> Sequence[tuple[tuple[int, ...], Any]]:
        return [(self._pixels.shape[1:], np.float32), ((), np.float32)]

    def _picked(self, part: int, rows: npt.NDArray[np.int64]) -> NDArray:
        return NDArray((self._digits if part else self._pixels)[rows])


def _read(path: str | os.PathLike[str], ndim: int) -> npt.NDArray[np.uint8]:
    """The bytes of an IDX file; raises MXNetError when it is not there, or is another kind of file."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise MXNetError(f'LocalFileSystem: Check failed: Open "{path}": {error.strerror}') from None
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    header = 4 * (ndim + 1)
    magic, *shape = struct.unpack(f">{ndim + 1}I", content[:header].ljust(header, b"\0"))
    if magic != 0x800 + ndim or len(content) != header + int(np.prod(shape)):
        raise MXNetError(f"{path} is no file of MNIST's form with {ndim} dimensions")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
