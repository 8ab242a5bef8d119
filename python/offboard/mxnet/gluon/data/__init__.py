"""Data sets, the order of their samples, and batches of them."""

from offboard.mxnet.gluon.data import dataloader, dataset, sampler, vision
from offboard.mxnet.gluon.data.dataloader import DataLoader
from offboard.mxnet.gluon.data.dataset import ArrayDataset, Dataset, RecordFileDataset, SimpleDataset
from offboard.mxnet.gluon.data.sampler import (
    BatchSampler,
    FilterSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
)

__all__ = [
    "ArrayDataset", "BatchSampler", "DataLoader", "Dataset", "FilterSampler", "RandomSampler", "RecordFileDataset",
    "Sampler", "SequentialSampler", "SimpleDataset", "dataloader", "dataset", "sampler", "vision",
]  # fmt: skip
