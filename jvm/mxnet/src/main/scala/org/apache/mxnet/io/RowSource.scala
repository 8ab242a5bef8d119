package org.apache.mxnet.io

import org.apache.mxnet.Base.DataIterHandle
import org.apache.mxnet._

/** Rows of data with their labels that files hold. */
private[mxnet] trait RowSource {
  def count: Int
  def dataShape: Shape
  def labelShape: Shape
  def data(rows: Array[Int]): NDArray
  def label(rows: Array[Int]): NDArray

  /** Another order for the next epoch, where the program asked for that. */
  def shuffle(): Unit = ()
}

private[mxnet] object RowSource {
  /** The source of an iterator's name in MXNet. */
  def of(iterName: String, parameters: IterParameters): RowSource = iterName match {
    case "CSVIter" => CsvRows(parameters)
    case "MNISTIter" => MnistRows(parameters)
    case "ImageRecordIter" => new ImageRecordRows(parameters)
    case _ => throw new MXNetError(s"Cannot find DataIter $iterName: there are CSVIter, MNISTIter and ImageRecordIter")
  }

  def ofHandle(handle: DataIterHandle): RowSource =
    throw new MXNetError(s"No iterator has the handle $handle: make one with IO.createIterator")
}

/** Rows of two arrays. */
private[mxnet] final class TableRows(val count: Int, data: NDArray, label: NDArray) extends RowSource {
  override def dataShape: Shape = data.shape.drop(1)
  override def labelShape: Shape = label.shape.drop(1)
  override def data(rows: Array[Int]): NDArray = picked(data, rows)
  override def label(rows: Array[Int]): NDArray = picked(label, rows)

  private def picked(table: NDArray, rows: Array[Int]): NDArray = {
    val made = NDArray.make(Shape(rows.length) ++ table.shape.drop(1), Context.cpu(), table.elements.dtype)
    rows.zipWithIndex.foreach { case (row, i) => made.elements.rows(i, i + 1).write(table.elements.rows(row, row + 1).bytes) }
    made
  }
}

/** Parameters of an iterator as texts. */
private[mxnet] final class IterParameters(iterName: String, texts: Map[String, String]) {
  def text(name: String): Option[String] = texts.get(name).map(_.trim).filter(each => each.nonEmpty && each != "NULL" && each != "None")

  def required(name: String): String =
    text(name).getOrElse(throw new MXNetError(s"Required parameter $name is not presented, in $iterName"))

  def int(name: String, otherwise: Int): Int = text(name).map(_.toInt).getOrElse(otherwise)

  def float(name: String, otherwise: Float): Float = text(name).map(_.toFloat).getOrElse(otherwise)

  def flag(name: String, otherwise: Boolean): Boolean =
    text(name).map(each => each == "1" || each.equalsIgnoreCase("true")).getOrElse(otherwise)

  def shape(text: String): Shape =
    Shape(text.stripPrefix("(").stripSuffix(")").split(",").map(_.trim).filter(_.nonEmpty).map(_.toInt).toVector)
}
