package org.apache.mxnet.io

import java.nio.file.{Files, Paths}

import org.apache.mxnet._

import scala.collection.JavaConverters._

/** Numbers in text files, a row a line: `data_csv`, and labels in `label_csv` or 0. */
private[mxnet] object CsvRows {
  def apply(parameters: IterParameters): RowSource = {
    val element = parameters.text("dtype").getOrElse("float32")
    require(Set("float32", "int32", "int64").contains(element), s"$element is not supported for CSVIter")
    val data = read(parameters.required("data_csv"), parameters.shape(parameters.required("data_shape")))
    val labelShape = parameters.text("label_shape").map(parameters.shape).getOrElse(Shape(1))
    val labels = parameters.text("label_csv") match {
      case Some(file) => read(file, labelShape)
      case None => NDArray.zeros(Shape(data.shape(0)) ++ labelShape, Context.cpu())
    }
    if (labels.shape(0) < data.shape(0)) {
      throw new MXNetError(s"label_csv holds ${labels.shape(0)} labels for ${data.shape(0)} rows")
    }
    val flat = if (labelShape == Shape(1)) labels.reshape(Array(labels.size)) else labels
    new TableRows(data.shape(0), data.asType(DType.getType(element)), flat.asType(DType.getType(element)))
  }

  private def read(file: String, row: Shape): NDArray = {
    val path = Paths.get(file)
    if (!Files.isReadable(path)) throw new MXNetError(s"""LocalFileSystem: Check failed: Open "$file": No such file or directory""")
    val lines = Files.readAllLines(path).asScala.filter(_.trim.nonEmpty).toArray
    val values = lines.map(_.split(",").map(_.trim.toDouble))
    values.zipWithIndex.find(_._1.length != row.product).foreach { case (line, i) =>
      throw new MXNetError(s"row $i of $file has ${line.length} numbers, a row of shape $row has ${row.product}")
    }
    NDArray.array(values.flatten, Shape(values.length) ++ row, Context.cpu())
  }
}
