package org.apache.mxnet

import _root_.io.offboard.client.{Dtype, Tensor}
import _root_.io.offboard.graph.StoredArray
import org.apache.mxnet.DType.DType
import org.apache.mxnet.SparseFormat.SparseFormat

import scala.collection.JavaConverters._

/**
 * An array without its zeros: whole rows with their numbers (row_sparse), or elements with their columns and the beginning of each
 * row (csr).
 */
class SparseNDArray private[mxnet] (
    initial: StoredArray, format: SparseFormat, override val writable: Boolean)
    extends NDArray(Elements.of(initial.data), Context.cpu(), writable, true) {
  override val sparseFormat: SparseFormat = format
  private val whole = Shape.ofLongs(initial.shape)
  private val auxiliary: Vector[Tensor] = initial.auxiliary.asScala.toVector

  override private[mxnet] def stored: StoredArray = StoredArray.sparse(whole.toLongs, elements.tensor, auxiliary.asJava)

  override def shape: Shape = whole

  override def toString: String = s"${NDArrayText.of(toDense)}".replace("<NDArray", s"<SparseNDArray ${sparseFormat}")

  /** The array with its zeros. */
  def toDense: NDArray = {
    val dense = NDArray.make(whole, context, elements.dtype)
    val width = elements.dtype.size
    val (source, target) = (elements.bytes, dense.elements.bytes)
    def copy(from: Int, to: Int, count: Int): Unit = {
      val part = source.duplicate()
      part.position(from * width)
      part.limit((from + count) * width)
      target.position(to * width)
      target.put(part)
    }
    if (format == SparseFormat.CSR) {
      val (starts, columns) = (numbers(auxiliary(0)), numbers(auxiliary(1)))
      for (row <- 0 until whole(0); at <- starts(row).toInt until starts(row + 1).toInt) {
        copy(at, row * whole(1) + columns(at).toInt, 1)
      }
    } else {
      val length = whole.drop(1).product
      numbers(auxiliary(0)).zipWithIndex.foreach { case (row, at) => copy(at * length, row.toInt * length, length) }
    }
    dense.elements.memory.written()
    dense
  }

  override def toArray: Array[Float] = toDense.toArray

  override def toFloat64Array: Array[Double] = toDense.toFloat64Array

  override def at(idx: Int): NDArray = toDense.at(idx)

  override def copyTo(other: NDArray): NDArray = toDense.copyTo(other)

  override def copyTo(ctx: Context): NDArray = SparseNDArray.ofDense(toDense.copyTo(ctx), format)

  override def asType(dtype: DType): NDArray = SparseNDArray.ofDense(toDense.asType(dtype), format)

  override private[mxnet] def requireWritable(): Unit =
    throw new MXNetError("A sparse array is not written to: make another of what toDense gives")

  /** Rows of a csr array, as a new one. */
  override def slice(start: Int, end: Int): NDArray = SparseNDArray.ofDense(toDense.slice(start, end), format)

  /** The stored elements. */
  def getData: NDArray = NDArray.ofTensor(elements.tensor)

  /** Where each row of a csr array begins. */
  def getIndptr: NDArray = {
    require(format == SparseFormat.CSR, "Not Supported for row_sparse")
    NDArray.ofTensor(auxiliary(0))
  }

  /** The rows of a row_sparse array, or the columns of a csr array. */
  def getIndices: NDArray = NDArray.ofTensor(auxiliary.last)

  private[mxnet] def rows: Array[Long] = numbers(auxiliary(0))

  private def numbers(tensor: Tensor): Array[Long] = Conversion.toLongs(Elements.of(tensor))
}

object SparseNDArray {
  def csrMatrix(data: Array[Float], indices: Array[Float], indptr: Array[Float], shape: Shape, ctx: Context): SparseNDArray = {
    Context.requireArrayHome(ctx)
    made(shape, floats(data, Shape(data.length)), Seq(longs(indptr.map(_.toLong)), longs(indices.map(_.toLong))), SparseFormat.CSR)
  }

  /** Rows of a two-dimensional or flat array with their numbers. */
  def rowSparseArray(data: Array[_], indices: Array[Float], shape: Shape, ctx: Context): SparseNDArray =
    rowSparseArray(NDArray.toNDArray(data), NDArray.array(indices, Shape(indices.length)), shape, ctx)

  def rowSparseArray(data: NDArray, indices: NDArray, shape: Shape, ctx: Context): SparseNDArray = {
    Context.requireArrayHome(ctx)
    val own = Elements.zeros(data.shape, data.elements.dtype)
    own.write(data.elements.bytes)
    made(shape, own.tensor, Seq(longs(Conversion.toLongs(indices.elements))), SparseFormat.ROW_SPARSE)
  }

  /** The rows of these numbers alone. */
  def retain(sparseNDArray: SparseNDArray, indices: Array[Float]): SparseNDArray = {
    require(sparseNDArray.sparseFormat == SparseFormat.ROW_SPARSE, "Only row_sparse arrays are retained")
    val dense = sparseNDArray.toDense
    val kept = sparseNDArray.rows.filter(row => indices.contains(row.toFloat))
    rowsOf(dense, kept)
  }

  private[mxnet] def ofDense(dense: NDArray, format: SparseFormat): SparseNDArray = format match {
    case SparseFormat.CSR =>
      require(dense.shape.length == 2, s"only a matrix becomes a csr array, not an array of shape ${dense.shape}")
      csr(dense)
    case SparseFormat.ROW_SPARSE =>
      val length = dense.shape.drop(1).product
      val values = dense.toFloat64Array
      rowsOf(dense, (0 until dense.shape(0)).filter(row => (0 until length).exists(i => values(row * length + i) != 0)).map(_.toLong).toArray)
    case _ => throw new IllegalArgumentException("Please provide a sparse format: csr or row_sparse")
  }

  private def rowsOf(dense: NDArray, rows: Array[Long]): SparseNDArray = {
    val kept = Elements.zeros(Shape(rows.length) ++ dense.shape.drop(1), dense.elements.dtype)
    rows.zipWithIndex.foreach { case (row, i) => kept.rows(i, i + 1).write(dense.elements.rows(row.toInt, row.toInt + 1).bytes) }
    made(dense.shape, kept.tensor, Seq(longs(rows)), SparseFormat.ROW_SPARSE)
  }

  private def csr(dense: NDArray): SparseNDArray = {
    val (rows, columns) = (dense.shape(0), dense.shape(1))
    val values = dense.toFloat64Array
    val places = (0 until rows).map(row => (0 until columns).filter(column => values(row * columns + column) != 0))
    val starts = places.scanLeft(0L)(_ + _.size).toArray
    val data = Elements.zeros(Shape(starts.last.toInt), dense.elements.dtype)
    Conversion.write(data, places.zipWithIndex.flatMap { case (each, row) => each.map(column => values(row * columns + column)) }.toArray)
    made(dense.shape, data.tensor, Seq(longs(starts), longs(places.flatten.map(_.toLong).toArray)), SparseFormat.CSR)
  }

  private[mxnet] def ofStored(stored: StoredArray): SparseNDArray =
    new SparseNDArray(stored, if (stored.auxiliary.size == 2) SparseFormat.CSR else SparseFormat.ROW_SPARSE, true)

  private def made(shape: Shape, data: Tensor, auxiliary: Seq[Tensor], format: SparseFormat): SparseNDArray =
    new SparseNDArray(StoredArray.sparse(shape.toLongs, data, auxiliary.asJava), format, true)

  private def floats(values: Array[Float], shape: Shape): Tensor = {
    val elements = Elements.zeros(shape, Dtype.FLOAT32)
    Conversion.write(elements, values)
    elements.tensor
  }

  private def longs(values: Array[Long]): Tensor = {
    val elements = Elements.zeros(Shape(values.length), Dtype.INT64)
    elements.bytes.asLongBuffer.put(values)
    elements.tensor
  }
}
