package org.apache.mxnet.io

import java.io.{DataInputStream, FileInputStream, InputStream}
import java.nio.file.{Files, Paths}
import java.util.zip.GZIPInputStream

import org.apache.mxnet.Base.DataIterHandle
import org.apache.mxnet._

import scala.collection.JavaConverters._

/** Examples in files, as MXNet's own iterators read them. */
private[mxnet] abstract class FileBatches(parameters: Map[String, String]) {
  protected def data: NDArray
  protected def label: NDArray

  def open(dataName: String, labelName: String): NDArrayIter = {
    val whole = parameters.get("round_batch").forall(each => each == "1" || each.equalsIgnoreCase("true"))
    new NDArrayIter.Builder().addData(dataName, data).addLabel(labelName, label).setBatchSize(number("batch_size", 1))
      .setLastBatchHandle(if (whole) "pad" else "discard").build()
  }

  protected def required(name: String): String =
    parameters.getOrElse(name, throw new MXNetError(s"Required parameter $name is not presented"))

  protected def number(name: String, otherwise: Int): Int = parameters.get(name).map(_.trim.toInt).getOrElse(otherwise)

  protected def shape(name: String, otherwise: Shape): Shape =
    parameters.get(name).map(text => Shape(text.trim.stripPrefix("(").stripSuffix(")").split(",").map(_.trim).filter(_.nonEmpty).map(_.toInt).toVector))
      .getOrElse(otherwise)
}

private[mxnet] object FileBatches {
  /** The source of an iterator's name in MXNet. */
  def of(iterName: String, parameters: Map[String, String]): FileBatches = iterName match {
    case "CSVIter" => new CsvBatches(parameters)
    case "MNISTIter" => new MnistBatches(parameters)
    case _ => throw new MXNetError(s"$iterName is not available on the JVM: read the data with CSVIter, MNISTIter or NDArrayIter")
  }

  def ofHandle(handle: DataIterHandle): FileBatches =
    throw new MXNetError(s"No iterator has the handle $handle: make one with IO.createIterator")
}

/** Numbers in text files: `data_csv` and `label_csv`, one example a line. */
private[mxnet] final class CsvBatches(parameters: Map[String, String]) extends FileBatches(parameters) {
  override protected def data: NDArray = read(required("data_csv"), shape("data_shape", Shape(1)))

  override protected def label: NDArray = parameters.get("label_csv") match {
    case Some(file) if file.nonEmpty && file != "NULL" => read(file, shape("label_shape", Shape(1)))
    case _ => NDArray.zeros(Shape(data.shape(0)) ++ shape("label_shape", Shape(1)), Context.cpu())
  }

  private def read(file: String, example: Shape): NDArray = {
    val path = Paths.get(file)
    if (!Files.isReadable(path)) throw new MXNetError(s"Check failed: the file $file cannot be read")
    val lines = Files.readAllLines(path).asScala.filter(_.trim.nonEmpty)
    val values = lines.map(_.split(",").map(_.trim.toFloat)).toArray
    values.find(_.length != example.product).foreach(line =>
      throw new MXNetError(s"Check failed: a line of $file has ${line.length} numbers, an example of shape $example has ${example.product}"))
    NDArray.array(values.flatten, Shape(values.length) ++ example, Context.cpu())
  }
}

/** The files of handwritten digits: `image` and `label`, plain or compressed. */
private[mxnet] final class MnistBatches(parameters: Map[String, String]) extends FileBatches(parameters) {
  override protected def data: NDArray = {
    val (sizes, bytes) = read(parameters.getOrElse("image", "./train-images-idx3-ubyte"))
    val flat = parameters.get("flat").exists(each => each == "1" || each.equalsIgnoreCase("true"))
    val example = if (flat) Shape(sizes.tail.product) else Shape(1, sizes(1), sizes(2))
    NDArray.array(bytes.map(each => (each & 0xff) / 256f), Shape(sizes.head) ++ example, Context.cpu())
  }

  override protected def label: NDArray = {
    val (sizes, bytes) = read(parameters.getOrElse("label", "./train-labels-idx1-ubyte"))
    NDArray.array(bytes.map(_.toFloat), Shape(sizes.head), Context.cpu())
  }

  /** Sizes of the axes and all elements. */
  private def read(file: String): (Vector[Int], Array[Byte]) = {
    val path = Paths.get(file)
    if (!Files.isReadable(path)) throw new MXNetError(s"Check failed: the file $file cannot be read")
    val raw: InputStream = new FileInputStream(file)
    val stream = new DataInputStream(if (file.endsWith(".gz")) new GZIPInputStream(raw) else raw)
    try {
      val magic = stream.readInt()
      if ((magic >> 8) != 8) throw new MXNetError(s"Check failed: $file holds no bytes in the format of the MNIST files")
      val sizes = Vector.fill(magic & 0xff)(stream.readInt())
      val bytes = new Array[Byte](sizes.product)
      stream.readFully(bytes)
      (sizes, bytes)
    } finally stream.close()
  }
}
