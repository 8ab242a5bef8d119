"""``mx.io``: batches and the iterators that make them."""

from offboard.mxnet.io.batch import DataBatch, DataDesc, DataIter
from offboard.mxnet.io.combined import PrefetchingIter, ResizeIter
from offboard.mxnet.io.image_record import (
    ImageRecordInt8Iter,
    ImageRecordIter,
    ImageRecordIter_v1,
    ImageRecordUInt8Iter,
)
from offboard.mxnet.io.ndarray_iter import NDArrayIter
from offboard.mxnet.io.rows import MXDataIter
from offboard.mxnet.io.tables import CSVIter, LibSVMIter

__all__ = [
    "CSVIter", "DataBatch", "DataDesc", "DataIter", "ImageRecordInt8Iter", "ImageRecordIter", "ImageRecordIter_v1",
    "ImageRecordUInt8Iter", "LibSVMIter", "MXDataIter", "NDArrayIter", "PrefetchingIter", "ResizeIter",
]  # fmt: skip
