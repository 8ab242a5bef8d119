package org.apache.mxnet.io

import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Paths}

import org.apache.mxnet._

import scala.collection.JavaConverters._
import scala.collection.mutable
import scala.util.Random

/**
 * Images of a file of records: decoded, resized, cut to the middle or a random window, mirrored, and normalized as
 * `(pixel - mean) * scale / std`. Decoding and resizing is the instance's Python's.
 */
private[mxnet] final class ImageRecordRows(parameters: IterParameters) extends RowSource {
  override val dataShape: Shape = parameters.shape(parameters.required("data_shape"))
  require(dataShape.length == 3 && (dataShape(0) == 1 || dataShape(0) == 3),
    s"data_shape of ImageRecordIter is (1 or 3, height, width), not $dataShape")

  private val labelWidth = parameters.int("label_width", 1)
  override val labelShape: Shape = if (labelWidth == 1) Shape() else Shape(labelWidth)

  private val records: Array[String] = {
    val reader = new MXRecordIO(parameters.required("path_imgrec"), MXRecordIO.IORead)
    try Iterator.continually(reader.read()).takeWhile(_ != null).toArray
    finally reader.close()
  }
  override val count: Int = records.length

  private val listed: Option[Map[Int, Array[Float]]] = parameters.text("path_imglist").map { file =>
    Files.readAllLines(Paths.get(file)).asScala.filter(_.trim.nonEmpty).map(_.trim.split("\t"))
      .map(parts => parts.head.toInt -> parts.slice(1, parts.length - 1).map(_.toFloat)).toMap
  }
  private val random = new Random(parameters.int("seed", 0))
  private val shuffled = parameters.flag("shuffle", otherwise = false)
  private val order: Array[Int] = records.indices.toArray
  shuffle()

  ImageRecordRows.Absent.find { case (name, neutral) => parameters.float(name, neutral) != neutral }.foreach(each => refuse(each._1))
  if (parameters.flag("random_resized_crop", otherwise = false)) refuse("random_resized_crop")
  parameters.text("mean_img").foreach(_ => refuse("mean_img"))
  parameters.text("dtype").filter(_ != "float32").foreach(_ => refuse("dtype"))

  private def refuse(parameter: String): Nothing = throw new MXNetError(
    s"$parameter of ImageRecordIter is not available on the JVM: give images as they are stored, with mean_r, std_r, scale and their like")

  override def shuffle(): Unit = if (shuffled) random.shuffle(order.toList).copyToArray(order)

  override def label(rows: Array[Int]): NDArray = {
    val values = rows.map(row => MXRecordIO.unpack(records(order(row)))._1).map { header =>
      val found = listed.map(_.getOrElse(header.id, Array.empty[Float])).getOrElse(header.label)
      if (found.length != labelWidth) {
        throw new MXNetError("label_width must be 1 unless an imglist is provided or the rec file is packed with multi dimensional " +
          s"label: it is $labelWidth, image ${header.id} has ${found.length} labels")
      }
      found
    }
    NDArray.array(values.flatten, Shape(rows.length) ++ labelShape, Context.cpu())
  }

  override def data(rows: Array[Int]): NDArray = {
    val made = mutable.ArrayBuilder.make[Float]
    rows.foreach(row => made ++= image(MXRecordIO.unpack(records(order(row)))._2.getBytes(StandardCharsets.ISO_8859_1)))
    NDArray.array(made.result(), Shape(rows.length) ++ dataShape, Context.cpu())
  }

  private def image(encoded: Array[Byte]): Array[Float] = {
    val (channels, height, width) = (dataShape(0), dataShape(1), dataShape(2))
    val whole = resized(Image.imDecode(encoded, if (channels == 1) 0 else 1, to_rgb = true, None))
    val (spareY, spareX) = (whole.shape(0) - height, whole.shape(1) - width)
    val anywhere = parameters.flag("rand_crop", otherwise = false)
    val top = if (anywhere) random.nextInt(spareY + 1) else spareY / 2
    val left = if (anywhere) random.nextInt(spareX + 1) else spareX / 2
    val window = Image.fixedCrop(whole, left, top, width, height).elements.bytes
    whole.dispose()
    val mirrored = parameters.flag("mirror", otherwise = false) || (parameters.flag("rand_mirror", otherwise = false) && random.nextBoolean())
    val scale = parameters.float("scale", 1f)
    val normals = Seq("r", "g", "b").map(each => (parameters.float(s"mean_$each", 0f), parameters.float(s"std_$each", 1f)))
    Array.tabulate(channels * height * width) { i =>
      val (channel, row, column) = (i / (height * width), i / width % height, i % width)
      val from = if (mirrored) width - 1 - column else column
      val (mean, deviation) = normals(channel)
      ((window.get((row * width + from) * channels + channel) & 0xff) - mean) * scale / deviation
    }
  }

  /** The shorter side as long as is asked, a border, and both sides at least as long as the window's. */
  private def resized(image: NDArray): NDArray = {
    val (height, width) = (dataShape(1), dataShape(2))
    val (side, border, way) = (parameters.int("resize", -1), parameters.int("pad", 0), Some(parameters.int("inter_method", 1)))
    def scaled(from: NDArray, w: Int, h: Int): NDArray = {
      val made = Image.imResize(from, w, h, way)
      from.dispose()
      made
    }
    var made = image
    if (side > 0) {
      val (rows, columns) = (made.shape(0), made.shape(1))
      made = if (rows > columns) scaled(made, side, side * rows / columns) else scaled(made, side * columns / rows, side)
    }
    if (border > 0) made = Image.copyMakeBorder(made, border, border, border, border, value = Some(parameters.int("fill_value", 255).toDouble))
    if (made.shape(0) < height) made = scaled(made, made.shape(1) * height / made.shape(0), height)
    if (made.shape(1) < width) made = scaled(made, width, made.shape(0) * width / made.shape(1))
    made
  }
}

private[mxnet] object ImageRecordRows {
  /** Augmentations of training that are not there, with the values that leave images as they are. */
  private val Absent: Map[String, Float] = Map("rotate" -> -1f, "max_rotate_angle" -> 0f, "max_shear_ratio" -> 0f, "max_aspect_ratio" -> 0f,
    "max_random_scale" -> 1f, "min_random_scale" -> 1f, "max_random_contrast" -> 0f, "max_random_illumination" -> 0f, "random_h" -> 0f,
    "random_s" -> 0f, "random_l" -> 0f, "brightness" -> 0f, "contrast" -> 0f, "saturation" -> 0f, "pca_noise" -> 0f, "max_crop_size" -> -1f,
    "min_crop_size" -> -1f, "mean_a" -> 0f, "std_a" -> 1f)
}
