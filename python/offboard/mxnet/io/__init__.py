"""``mx.io``: batches and the iterators that make them."""

from offboard.mxnet.io.batch import DataBatch, DataDesc, DataIter
from offboard.mxnet.io.combined import PrefetchingIter, ResizeIter
from offboard.mxnet.io.image_det_record import ImageDetRecordIter
from offboard.mxnet.io.image_record import (
    ImageRecordInt8Iter,
    ImageRecordIter,
    ImageRecordIter_v1,
    ImageRecordUInt8Iter,
    ImageRecordUInt8Iter_v1,
)
from offboard.mxnet.io.mnist import MNISTIter
from offboard.mxnet.io.ndarray_iter import NDArrayIter
from offboard.mxnet.io.rows import MXDataIter
from offboard.mxnet.io.tables import CSVIter, LibSVMIter

__all__ = [
    "CSVIter", "DataBatch", "DataDesc", "DataIter", "ImageDetRecordIter",
    "ImageRecordInt8Iter", "ImageRecordIter", "ImageRecordIter_v1",
    "ImageRecordUInt8Iter",
    "ImageRecordUInt8Iter_v1", "LibSVMIter", "MNISTIter", "MXDataIter",
    "NDArrayIter", "PrefetchingIter", "ResizeIter",
]  # fmt: skip
