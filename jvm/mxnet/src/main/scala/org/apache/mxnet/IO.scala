package org.apache.mxnet

import org.apache.mxnet.DType.DType
import org.apache.mxnet.io.{FileBatches, MXDataIter, MXDataPack}

/** Iterators of MXNet's own by their names. */
object IO {
  type IterCreateFunc = Map[String, String] => DataIter
  type PackCreateFunc = Map[String, String] => DataPack

  def MNISTIter: IterCreateFunc = createIterator("MNISTIter", _)
  def ImageRecordIter: IterCreateFunc = createIterator("ImageRecordIter", _)
  def CSVIter: IterCreateFunc = createIterator("CSVIter", _)
  def MNISTPack: PackCreateFunc = createMXDataPack("MNISTIter")
  def ImageRecodePack: PackCreateFunc = createMXDataPack("ImageRecordIter")
  def CSVPack: PackCreateFunc = createMXDataPack("CSVIter")

  /** An iterator with parameters as texts; `data_name` and `label_name` name what it yields. */
  def createIterator(iterName: String, params: Map[String, String]): DataIter =
    new MXDataIter(FileBatches.of(iterName, params), params.getOrElse("data_name", "data"), params.getOrElse("label_name", "label"))

  def createMXDataPack(iterName: String)(params: Map[String, String]): DataPack = new MXDataPack(iterName, params)

  /** Arrays with their names: the default name of one, and the default name with a number of several. */
  private[mxnet] def initDataDesc(data: IndexedSeq[NDArray], allowEmpty: Boolean, defaultDataName: String, defaultDType: DType,
      defaultLayout: String): IndexedSeq[(DataDesc, NDArray)] = {
    require(data != null, "data should not be null")
    require(data.nonEmpty || allowEmpty, "data should not be empty")
    data.zipWithIndex.map { case (array, i) =>
      val name = if (data.length == 1) defaultDataName else s"_${i}_$defaultDataName"
      (new DataDesc(name, array.shape, defaultDType, defaultLayout), array)
    }
  }
}
