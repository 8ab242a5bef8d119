package org.apache.mxnet

import scala.annotation.varargs
import scala.collection.immutable.ListMap

/**
 * A batch of inputs with their labels.
 *
 * @param index numbers of the examples
 * @param pad how many examples at the end only fill the batch
 */
class DataBatch(
    val data: IndexedSeq[NDArray],
    val label: IndexedSeq[NDArray],
    val index: IndexedSeq[Long],
    val pad: Int,
    val bucketKey: AnyRef = null,
    providedDataDesc: IndexedSeq[DataDesc] = null,
    providedLabelDesc: IndexedSeq[DataDesc] = null) {

  @deprecated("Use provideDataDesc and provideDataLabel instead", "1.3.0")
  def this(data: IndexedSeq[NDArray], label: IndexedSeq[NDArray], index: IndexedSeq[Long], pad: Int, bucketKey: AnyRef,
      providedData: ListMap[String, Shape]) =
    this(data, label, index, pad, bucketKey, DataDesc.ListMap2Descs(providedData))

  @deprecated("Use provideDataDesc and provideDataLabel instead", "1.3.0")
  def this(data: IndexedSeq[NDArray], label: IndexedSeq[NDArray], index: IndexedSeq[Long], pad: Int, bucketKey: AnyRef,
      providedData: ListMap[String, Shape], providedLabel: ListMap[String, Shape]) =
    this(data, label, index, pad, bucketKey, DataDesc.ListMap2Descs(providedData), DataDesc.ListMap2Descs(providedLabel))

  /** Disposes of the arrays. */
  def dispose(): Unit = {
    if (data != null) data.foreach(arr => if (arr != null) arr.dispose())
    if (label != null) label.foreach(arr => if (arr != null) arr.dispose())
  }

  @deprecated("Use provideDataDesc instead", "1.3.0")
  def provideData: ListMap[String, Shape] = DataBatch.shapes(providedDataDesc)

  @deprecated("Use provideLabelDesc instead", "1.3.0")
  def provideLabel: ListMap[String, Shape] = DataBatch.shapes(providedLabelDesc)

  def provideDataDesc: IndexedSeq[DataDesc] = providedDataDesc

  def provideLabelDesc: IndexedSeq[DataDesc] = providedLabelDesc
}

object DataBatch {
  private def shapes(descs: IndexedSeq[DataDesc]): ListMap[String, Shape] =
    if (descs == null) null else ListMap(descs.map(each => each.name -> each.shape): _*)

  /** Makes a batch step by step. */
  class Builder() {
    private var data: IndexedSeq[NDArray] = null
    private var label: IndexedSeq[NDArray] = null
    private var index: IndexedSeq[Long] = null
    private var pad: Int = 0
    private var bucketKey: AnyRef = null
    private var dataDesc: IndexedSeq[DataDesc] = null
    private var labelDesc: IndexedSeq[DataDesc] = null

    @varargs def setData(data: NDArray*): Builder = {
      this.data = data.toIndexedSeq
      this
    }

    @varargs def setLabel(label: NDArray*): Builder = {
      this.label = label.toIndexedSeq
      this
    }

    @varargs def setIndex(index: Long*): Builder = {
      this.index = index.toIndexedSeq
      this
    }

    def setPad(pad: Int): Builder = {
      this.pad = pad
      this
    }

    def setBucketKey(bucketKey: AnyRef): Builder = {
      this.bucketKey = bucketKey
      this
    }

    def provideDataDesc(dataDesc: IndexedSeq[DataDesc]): Builder = {
      this.dataDesc = dataDesc
      this
    }

    def provideLabelDesc(labelDesc: IndexedSeq[DataDesc]): Builder = {
      this.labelDesc = labelDesc
      this
    }

    def build(): DataBatch = {
      require(data != null, "data is required.")
      new DataBatch(data, label, index, pad, bucketKey, dataDesc, labelDesc)
    }
  }
}
