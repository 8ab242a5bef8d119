package org.apache.mxnet.io

import org.apache.mxnet.Base.{CPtrAddress, DataIterHandle, MXUint}
import org.apache.mxnet._

import scala.collection.immutable.ListMap

/** Batches of a source of MXNet's own: CSV files, the MNIST files. */
private[mxnet] class MXDataIter private[mxnet] (source: FileBatches, dataName: String, labelName: String)
    extends DataIter with NativeResource {

  /** The iterator of a handle: MXNet's library alone has these. */
  def this(handle: DataIterHandle, dataName: String = "data", labelName: String = "label") =
    this(FileBatches.ofHandle(handle), dataName, labelName)

  private val current: NDArrayIter = source.open(dataName, labelName)
  private var batch: DataBatch = null

  override def nativeAddress: CPtrAddress = System.identityHashCode(this).toLong
  override def nativeDeAllocator: CPtrAddress => MXUint = MXDataIter.release
  override val bytesAllocated: Long = 0L
  override val ref: NativeResourceRef = super.register()

  override def reset(): Unit = current.reset()

  @throws(classOf[NoSuchElementException])
  override def next(): DataBatch = {
    batch = current.next()
    batch
  }

  override def getData(): IndexedSeq[NDArray] = batch.data

  override def getLabel(): IndexedSeq[NDArray] = batch.label

  override def getIndex(): IndexedSeq[Long] = batch.index

  override def getPad(): MXUint = batch.pad

  @deprecated("Use provideDataDesc instead", "1.3.0")
  override def provideData: ListMap[String, Shape] = current.provideData

  @deprecated("Use provideLabelDesc instead", "1.3.0")
  override def provideLabel: ListMap[String, Shape] = current.provideLabel

  override def provideDataDesc: IndexedSeq[DataDesc] = current.provideDataDesc

  override def provideLabelDesc: IndexedSeq[DataDesc] = current.provideLabelDesc

  override def hasNext: Boolean = current.hasNext

  override def batchSize: Int = current.batchSize
}

private[mxnet] object MXDataIter {
  private val release: CPtrAddress => MXUint = _ => 0
}

/** Makes iterators over the same files. */
private[mxnet] class MXDataPack(iterName: String, params: Map[String, String]) extends DataPack {
  override def iterator: DataIter = IO.createIterator(iterName, params)
}
