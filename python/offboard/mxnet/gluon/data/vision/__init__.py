"""Data sets of images and what is done to images."""

from offboard.mxnet.gluon.data.vision import datasets, transforms
from offboard.mxnet.gluon.data.vision.datasets import (
    CIFAR10,
    CIFAR100,
    MNIST,
    FashionMNIST,
    ImageFolderDataset,
    ImageRecordDataset,
)

__all__ = [
    "CIFAR10", "CIFAR100", "FashionMNIST", "ImageFolderDataset", "ImageRecordDataset", "MNIST", "datasets",
    "transforms",
]  # fmt: skip
