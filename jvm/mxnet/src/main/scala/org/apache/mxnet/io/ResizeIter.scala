package org.apache.mxnet.io

import java.util.NoSuchElementException

import org.apache.mxnet._

import scala.collection.immutable.ListMap

/**
 * Makes an epoch of another iterator longer or shorter.
 *
 * @param reSize batches of an epoch
 * @param resetInternal whether the other iterator starts again with each epoch
 */
class ResizeIter(dataIter: DataIter, reSize: Int, resetInternal: Boolean = true) extends DataIter {
  private var currentBatch: DataBatch = null
  private var cur = 0

  override def reset(): Unit = {
    cur = 0
    if (resetInternal) dataIter.reset()
  }

  @throws(classOf[NoSuchElementException])
  override def next(): DataBatch = {
    if (!hasNext) throw new NoSuchElementException("the iterator has no more batches")
    if (!dataIter.hasNext) dataIter.reset()
    currentBatch = dataIter.next()
    cur += 1
    currentBatch
  }

  override def hasNext: Boolean = cur < reSize

  override def getData(): IndexedSeq[NDArray] = currentBatch.data

  override def getLabel(): IndexedSeq[NDArray] = currentBatch.label

  override def getIndex(): IndexedSeq[Long] = currentBatch.index

  override def getPad(): Int = currentBatch.pad

  override def batchSize: Int = dataIter.batchSize

  @deprecated("Use provideDataDesc instead", "1.3.0")
  override def provideData: ListMap[String, Shape] = dataIter.provideData

  @deprecated("Use provideLabelDesc instead", "1.3.0")
  override def provideLabel: ListMap[String, Shape] = dataIter.provideLabel

  override def provideDataDesc: IndexedSeq[DataDesc] = dataIter.provideDataDesc

  override def provideLabelDesc: IndexedSeq[DataDesc] = dataIter.provideLabelDesc
}

object ResizeIter
