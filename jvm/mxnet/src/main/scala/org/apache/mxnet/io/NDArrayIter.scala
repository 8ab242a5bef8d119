package org.apache.mxnet.io

import java.util.NoSuchElementException

import org.apache.mxnet.Base.MXUint
import org.apache.mxnet._

import scala.collection.immutable.ListMap

/**
 * Batches of arrays, cut along their first axis.
 *
 * @param shuffle must be false, as in MXNet
 * @param lastBatchHandle what becomes of examples that do not fill a batch: `pad` fills it with the first ones and says how many,
 *   `discard` leaves them out, and with `roll_over` the first ones that fill it count as well
 */
class NDArrayIter(
    data: IndexedSeq[(DataDesc, NDArray)],
    label: IndexedSeq[(DataDesc, NDArray)],
    private val dataBatchSize: Int,
    shuffle: Boolean,
    lastBatchHandle: String) extends DataIter {

  def this(data: IndexedSeq[NDArray], label: IndexedSeq[NDArray] = IndexedSeq.empty, dataBatchSize: Int = 1, shuffle: Boolean = false,
      lastBatchHandle: String = "pad", dataName: String = "data", labelName: String = "label") =
    this(
      IO.initDataDesc(data, false, dataName, Base.MX_REAL_TYPE, Layout.UNDEFINED),
      IO.initDataDesc(label, true, labelName, Base.MX_REAL_TYPE, Layout.UNDEFINED),
      dataBatchSize, shuffle, lastBatchHandle)

  require(data != null && data.nonEmpty, "data should not be null and data.size should not be zero")
  require(label != null, "label should not be null. Use IndexedSeq.empty if there are no labels")
  require(!shuffle, "shuffle is not supported currently")

  private val kept: Int = {
    val size = data(0)._2.shape(0)
    if (lastBatchHandle == "discard") {
      require(dataBatchSize <= size, "batch_size needs to be smaller than data size when not padding.")
      size - size % dataBatchSize
    } else size
  }

  val initData: IndexedSeq[(DataDesc, NDArray)] = data.map { case (desc, array) => (desc, first(array)) }
  val initLabel: IndexedSeq[(DataDesc, NDArray)] = label.map { case (desc, array) => (desc, first(array)) }
  val numData: Int = kept
  val numSource: MXUint = initData.size

  require(numData >= dataBatchSize, "batch_size needs to be smaller than data size.")

  private var cursor = -dataBatchSize
  private val dataDescs = initData.map { case (desc, array) => batched(desc, array) }
  private val labelDescs = initLabel.map { case (desc, array) => batched(desc, array) }

  private def first(array: NDArray): NDArray = if (array.shape(0) == kept) array else array.slice(0, kept)

  private def batched(desc: DataDesc, array: NDArray): DataDesc =
    new DataDesc(desc.name, Shape(dataBatchSize) ++ array.shape.drop(1), desc.dtype, desc.layout)

  /** Starts at the first example. */
  def hardReset(): Unit = cursor = -dataBatchSize

  override def reset(): Unit = hardReset()

  override def hasNext: Boolean = cursor + dataBatchSize < numData

  @throws(classOf[NoSuchElementException])
  override def next(): DataBatch = {
    if (!hasNext) throw new NoSuchElementException("the iterator has no more batches")
    cursor += dataBatchSize
    new DataBatch(getData(), getLabel(), getIndex(), getPad(), null, provideDataDesc, provideLabelDesc)
  }

  private def batch(arrays: IndexedSeq[(DataDesc, NDArray)]): IndexedSeq[NDArray] = {
    require(cursor < numData, "DataIter needs reset.")
    arrays.map { case (_, array) =>
      if (cursor + dataBatchSize <= numData) array.slice(cursor, cursor + dataBatchSize)
      else NDArray.concatenate(array.slice(cursor, numData), array.slice(0, cursor + dataBatchSize - numData))
    }
  }

  override def getData(): IndexedSeq[NDArray] = batch(initData)

  override def getLabel(): IndexedSeq[NDArray] = batch(initLabel)

  override def getIndex(): IndexedSeq[Long] = (cursor.toLong until (cursor + dataBatchSize).toLong).toIndexedSeq

  override def getPad(): MXUint =
    if (lastBatchHandle == "pad" && cursor + dataBatchSize > numData) cursor + dataBatchSize - numData else 0

  @deprecated("Use provideDataDesc instead", "1.3.0")
  override def provideData: ListMap[String, Shape] = ListMap(dataDescs.map(each => each.name -> each.shape): _*)

  @deprecated("Use provideLabelDesc instead", "1.3.0")
  override def provideLabel: ListMap[String, Shape] = ListMap(labelDescs.map(each => each.name -> each.shape): _*)

  override def provideDataDesc: IndexedSeq[DataDesc] = dataDescs

  override def provideLabelDesc: IndexedSeq[DataDesc] = labelDescs

  override def batchSize: Int = dataBatchSize
}

object NDArrayIter {
  /** Makes an iterator step by step. */
  class Builder() {
    private var data: IndexedSeq[(DataDesc, NDArray)] = IndexedSeq.empty
    private var label: IndexedSeq[(DataDesc, NDArray)] = IndexedSeq.empty
    private var dataBatchSize: Int = 1
    private var lastBatchHandle: String = "pad"

    def addData(name: String, data: NDArray): Builder = addDataWithDesc(described(name, data), data)

    def addLabel(name: String, label: NDArray): Builder = addLabelWithDesc(described(name, label), label)

    def addDataWithDesc(dataDesc: DataDesc, data: NDArray): Builder = {
      this.data = this.data :+ ((dataDesc, data))
      this
    }

    def addLabelWithDesc(labelDesc: DataDesc, label: NDArray): Builder = {
      this.label = this.label :+ ((labelDesc, label))
      this
    }

    private def described(name: String, array: NDArray): DataDesc = new DataDesc(name, array.shape, array.dtype, Layout.UNDEFINED)

    def setBatchSize(batchSize: Int): Builder = {
      this.dataBatchSize = batchSize
      this
    }

    def setLastBatchHandle(lastBatchHandle: String): Builder = {
      this.lastBatchHandle = lastBatchHandle
      this
    }

    def build(): NDArrayIter = {
      require(data.nonEmpty, "data should not be null and data.size should not be zero")
      new NDArrayIter(data, label, dataBatchSize, false, lastBatchHandle)
    }
  }
}
