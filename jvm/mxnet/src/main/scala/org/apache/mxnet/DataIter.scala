package org.apache.mxnet

import scala.collection.immutable.ListMap

/** Batches one after the other. */
abstract class DataIter extends Iterator[DataBatch] {
  /** Starts again. */
  def reset(): Unit

  def batchSize: Int

  @throws(classOf[NoSuchElementException])
  def next(): DataBatch = {
    if (!hasNext) throw new NoSuchElementException("the iterator has no more batches")
    new DataBatch(getData(), getLabel(), getIndex(), getPad())
  }

  def getData(): IndexedSeq[NDArray]

  def getLabel(): IndexedSeq[NDArray]

  /** How many examples at the end only fill the current batch. */
  def getPad(): Int

  /** Numbers of the examples of the current batch. */
  def getIndex(): IndexedSeq[Long]

  @deprecated("Use provideDataDesc instead", "1.3.0")
  def provideData: ListMap[String, Shape]

  @deprecated("Use provideLabelDesc instead", "1.3.0")
  def provideLabel: ListMap[String, Shape]

  def provideDataDesc: IndexedSeq[DataDesc]

  def provideLabelDesc: IndexedSeq[DataDesc]

  /** The bucket of a batch that names none. */
  def defaultBucketKey: AnyRef = null
}

/** Makes iterators over the same batches. */
abstract class DataPack() extends Iterable[DataBatch] {
  def iterator: DataIter
}
