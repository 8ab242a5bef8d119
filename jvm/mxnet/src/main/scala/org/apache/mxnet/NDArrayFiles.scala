package org.apache.mxnet

import java.nio.file.Paths

import _root_.io.offboard.client.{Dtype, Tensor}
import _root_.io.offboard.graph.{ParamsFile, StoredArray}

import scala.collection.JavaConverters._

/** Arrays in `.params` files. */
private[mxnet] object NDArrayFiles {
  def load(fname: String): (Array[String], Array[NDArray]) = MXNetError.translated {
    val file = ParamsFile.load(Paths.get(fname))
    (file.names.asScala.toArray, file.arrays.asScala.map(ofStored).toArray)
  }

  def save(fname: String, names: Seq[String], arrays: Seq[NDArray]): Unit =
    MXNetError.translated(ParamsFile.save(Paths.get(fname), names.asJava, arrays.map(_.stored).asJava))

  /** An array that MXNet wrote without a shape has no elements. */
  def ofStored(stored: StoredArray): NDArray =
    if (stored == null) NDArray.ofTensor(Tensor.zeros(Dtype.FLOAT32, 0L))
    else if (stored.isSparse) SparseNDArray.ofStored(stored)
    else NDArray.ofTensor(stored.data)
}
