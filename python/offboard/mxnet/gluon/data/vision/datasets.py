"""Images in folders and record files, and the public sets of small images where their files are already there."""

from __future__ import annotations

import gzip
import os
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet import image, recordio
from offboard.mxnet import ndarray as nd
from offboard.mxnet.gluon.data.dataset import Dataset, RecordFileDataset

__all__ = ["CIFAR10", "CIFAR100", "FashionMNIST", "ImageFolderDataset", "ImageRecordDataset", "MNIST"]

Transform = Callable[[Any, Any], Any]
_SUFFIXES = (".jpg", ".jpeg", ".png")


def _home(name: str) -> str:
    home = os.environ.get("MXNET_HOME", os.path.join(os.path.expanduser("~"), ".mxnet"))
    return os.path.join(home, "datasets", name)


class _Pictures(Dataset):
    """Images and labels in memory."""

    _NAME: ClassVar[str]

    def __init__(self, root: str | None = None, train: bool = True, transform: Transform | None = None) -> None:
        self._root = os.path.expanduser(_home(self._NAME) if root is None else root)
        self._train, self._transform = train, transform
        data, self._label = self._read()
        self._data = nd.array(data, dtype=data.dtype)

    def _read(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        raise NotImplementedError

    def _file(self, name: str) -> str:
        path = os.path.join(self._root, name)
        if not os.path.exists(path):
            raise MXNetError(f"{type(self).__name__} needs the file {path}, which is not there: put it there")
        return path

    def __getitem__(self, idx: Any) -> Any:
        sample = self._data[idx], self._label[idx]
        return sample if self._transform is None else self._transform(*sample)

    def __len__(self) -> int:
        return len(self._label)


class MNIST(_Pictures):
    """Digits of (28, 28, 1), from the four ``.gz`` files of the public set in ``root``."""

    _NAME = "mnist"

    def _read(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        kind = "train" if self._train else "t10k"
        with gzip.open(self._file(f"{kind}-labels-idx1-ubyte.gz"), "rb") as file:
            labels = np.frombuffer(file.read()[8:], np.uint8).astype(np.int32)
        with gzip.open(self._file(f"{kind}-images-idx3-ubyte.gz"), "rb") as file:
            return np.frombuffer(file.read()[16:], np.uint8).reshape(len(labels), 28, 28, 1), labels


class FashionMNIST(MNIST):
    """Clothes of (28, 28, 1), in files named as MNIST's."""

    _NAME = "fashion-mnist"


class CIFAR10(_Pictures):
    """Pictures of (32, 32, 3) of ten kinds, from the ``.bin`` files of the public set in ``root``."""

    _NAME = "cifar10"
    _FILES: ClassVar[dict[bool, tuple[str, ...]]] = {
        True: tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
        False: ("test_batch.bin",),
    }
    # Bytes before each picture, and which of them is the label.
    _LABELS, _CHOSEN = 1, 0

    def _read(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        parts = [np.fromfile(self._file(name), np.uint8) for name in self._FILES[self._train]]
        rows = np.concatenate(parts).reshape(-1, self._LABELS + 3 * 32 * 32)
        pictures = rows[:, self._LABELS :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        return np.ascontiguousarray(pictures), rows[:, self._CHOSEN].astype(np.int32)


class CIFAR100(CIFAR10):
    """Pictures of (32, 32, 3) of twenty kinds, or a hundred with ``fine_label``."""

    _NAME = "cifar100"
    _FILES: ClassVar[dict[bool, tuple[str, ...]]] = {True: ("train.bin",), False: ("test.bin",)}
    _LABELS = 2

    def __init__(
        self,
        root: str | None = None,
        fine_label: bool = False,
        train: bool = True,
        transform: Transform | None = None,
    ) -> None:
        self._CHOSEN = int(fine_label)
        super().__init__(root, train, transform)


class ImageRecordDataset(RecordFileDataset):
    """Images and labels of a record file; ``flag`` 0 is greyscale, 1 colour."""

    def __init__(self, filename: str, flag: int = 1, transform: Transform | None = None) -> None:
        super().__init__(filename)
        self._flag, self._transform = flag, transform

    def __getitem__(self, idx: Any) -> Any:
        header, encoded = recordio.unpack(super().__getitem__(idx))
        sample = image.imdecode(encoded, self._flag), header.label
        return sample if self._transform is None else self._transform(*sample)


class ImageFolderDataset(Dataset):
    """Images in one folder a label, both in the order of their names; ``synsets`` lists the labels' names.

    Also accepts, with a warning, and leaves out files that are no ``.jpg``, ``.jpeg`` or ``.png``.
    """

    def __init__(self, root: str, flag: int = 1, transform: Transform | None = None) -> None:
        self._root = os.path.expanduser(root)
        self._flag, self._transform = flag, transform
        self.synsets: list[str] = []
        self.items: list[tuple[str, int]] = []
        for folder in sorted(os.listdir(self._root)):
            path = os.path.join(self._root, folder)
            if not os.path.isdir(path):
                warnings.warn(f"Ignoring {path}, which is not a directory.", stacklevel=2)
                continue
            for name in sorted(os.listdir(path)):
                file = os.path.join(path, name)
                if os.path.splitext(name)[1].lower() in _SUFFIXES:
                    self.items.append((file, len(self.synsets)))
                else:
                    warnings.warn(f"Ignoring {file}, which is no {', '.join(_SUFFIXES)} file.", stacklevel=2)
            self.synsets.append(folder)

    def __getitem__(self, idx: int) -> Any:
        file, label = self.items[idx]
        sample = image.imread(file, self._flag), label
        return sample if self._transform is None else self._transform(*sample)

    def __len__(self) -> int:
        return len(self.items)
