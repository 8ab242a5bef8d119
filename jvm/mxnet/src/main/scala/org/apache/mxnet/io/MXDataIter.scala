package org.apache.mxnet.io

import org.apache.mxnet.Base.{CPtrAddress, DataIterHandle, MXUint}
import org.apache.mxnet._

import scala.collection.immutable.ListMap

/**
 * Rows of files in batches, as MXNet's own iterators make them. With `round_batch` the last batch is filled from the start, and the
 * next epoch begins behind what filled it; without, the rows that a batch lacks are those of the batch before.
 */
private[mxnet] class MXDataIter private[mxnet] (source: RowSource, size: Int, rounds: Boolean, dataName: String, labelName: String)
    extends DataIter with NativeResource {

  /** The iterator of a handle: MXNet's library alone has these. */
  def this(handle: DataIterHandle, dataName: String = "data", labelName: String = "label") =
    this(RowSource.ofHandle(handle), 1, true, dataName, labelName)

  if (size > source.count) {
    throw new MXNetError(s"number of input images must be bigger than the batch size: ${source.count} rows, batches of $size")
  }

  private var following = 0
  private var overflow = 0
  private var pad = 0
  private var rows = new Array[Int](size)

  override def nativeAddress: CPtrAddress = System.identityHashCode(this).toLong
  override def nativeDeAllocator: CPtrAddress => MXUint = MXDataIter.release
  override val bytesAllocated: Long = 0L
  override val ref: NativeResourceRef = super.register()

  override def reset(): Unit = {
    following = if (rounds) overflow else 0
    overflow = 0
    source.shuffle()
  }

  override def hasNext: Boolean = following < source.count

  @throws(classOf[NoSuchElementException])
  override def next(): DataBatch = {
    if (!hasNext) throw new NoSuchElementException("the iterator has no more batches")
    val wanted = Array.range(following, following + size)
    following += size
    pad = Math.max(following - source.count, 0)
    rows =
      if (rounds) {
        overflow = pad % source.count
        wanted.map(_ % source.count)
      } else wanted.zip(rows).map { case (row, before) => if (row < source.count) row else before }
    new DataBatch(getData(), getLabel(), getIndex(), getPad(), null, provideDataDesc, provideLabelDesc)
  }

  override def getData(): IndexedSeq[NDArray] = IndexedSeq(source.data(rows))

  override def getLabel(): IndexedSeq[NDArray] = IndexedSeq(source.label(rows))

  override def getIndex(): IndexedSeq[Long] = rows.map(_.toLong).toIndexedSeq

  override def getPad(): MXUint = pad

  @deprecated("Use provideDataDesc instead", "1.3.0")
  override def provideData: ListMap[String, Shape] = ListMap(dataName -> (Shape(size) ++ source.dataShape))

  @deprecated("Use provideLabelDesc instead", "1.3.0")
  override def provideLabel: ListMap[String, Shape] = ListMap(labelName -> (Shape(size) ++ source.labelShape))

  override def provideDataDesc: IndexedSeq[DataDesc] = IndexedSeq(new DataDesc(dataName, Shape(size) ++ source.dataShape))

  override def provideLabelDesc: IndexedSeq[DataDesc] = IndexedSeq(new DataDesc(labelName, Shape(size) ++ source.labelShape))

  override def batchSize: Int = size
}

private[mxnet] object MXDataIter {
  private val release: CPtrAddress => MXUint = _ => 0
}

/** Makes iterators over the same files. */
private[mxnet] class MXDataPack(iterName: String, params: Map[String, String]) extends DataPack {
  override def iterator: DataIter = IO.createIterator(iterName, params)
}
