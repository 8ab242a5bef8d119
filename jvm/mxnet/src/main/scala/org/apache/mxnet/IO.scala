package org.apache.mxnet

import org.apache.mxnet.DType.DType
import org.apache.mxnet.io.{IterParameters, MXDataIter, MXDataPack, RowSource}

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
  def createIterator(iterName: String, params: Map[String, String]): DataIter = {
    val given = new IterParameters(iterName, params)
    val batch = if (iterName == "MNISTIter") given.int("batch_size", 128) else given.required("batch_size").toInt
    new MXDataIter(RowSource.of(iterName, given), batch, given.flag("round_batch", otherwise = true),
      given.text("data_name").getOrElse("data"), given.text("label_name").getOrElse("label"))
  }

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
