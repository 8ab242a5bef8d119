package org.apache.mxnet.io

import java.io.{BufferedInputStream, DataInputStream, FileInputStream}
import java.nio.file.{Files, Paths}
import java.util.zip.GZIPInputStream

import org.apache.mxnet._

import scala.util.Random

/** The files of handwritten digits, as they are or gzipped: pixels of 0 to 1, and labels. What fills no batch is left out. */
private[mxnet] object MnistRows {
  private val BytesOfAxes = 0x800

  def apply(parameters: IterParameters): RowSource = {
    val (sizes, images) = read(parameters.text("image").getOrElse("./train-images-idx3-ubyte"), 3)
    val (labelSizes, labels) = read(parameters.text("label").getOrElse("./train-labels-idx1-ubyte"), 1)
    val digits = sizes.head
    if (digits != labelSizes.head) throw new MXNetError(s"$digits digits have ${labelSizes.head} labels")
    val batch = parameters.int("batch_size", 128)
    val count = digits / batch * batch
    if (count == 0) throw new MXNetError(s"a batch of $batch is more than the $digits digits")
    val ordered = (0 until digits).toArray
    val order =
      if (parameters.flag("shuffle", otherwise = true)) new Random(parameters.int("seed", 0)).shuffle(ordered.toList).toArray
      else ordered
    val digit = if (parameters.flag("flat", otherwise = false)) Shape(sizes.tail.product) else Shape(1 +: sizes.tail)
    val pixels = NDArray.array(images.map(each => (each & 0xff) / 256f), Shape(digits) ++ digit, Context.cpu())
    val table = new TableRows(digits, pixels, NDArray.array(labels.map(_.toFloat), Shape(digits), Context.cpu()))
    new TableRows(count, table.data(order), table.label(order))
  }

  /** Sizes of the axes and all elements. */
  private def read(file: String, axes: Int): (Vector[Int], Array[Byte]) = {
    if (!Files.isReadable(Paths.get(file))) {
      throw new MXNetError(s"""LocalFileSystem: Check failed: Open "$file": No such file or directory""")
    }
    val raw = new BufferedInputStream(new FileInputStream(file))
    try {
      raw.mark(2)
      val compressed = raw.read() == 0x1f && raw.read() == 0x8b
      raw.reset()
      val stream = new DataInputStream(if (compressed) new GZIPInputStream(raw) else raw)
      if (stream.readInt() != BytesOfAxes + axes) throw new MXNetError(s"$file is no file of MNIST's form with $axes dimensions")
      val sizes = Vector.fill(axes)(stream.readInt())
      val bytes = new Array[Byte](sizes.product)
      stream.readFully(bytes)
      (sizes, bytes)
    } catch {
      case _: java.io.EOFException => throw new MXNetError(s"$file is no file of MNIST's form with $axes dimensions")
    } finally raw.close()
  }
}
