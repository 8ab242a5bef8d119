package org.apache.mxnet

import java.awt.image.BufferedImage
import java.awt.{AlphaComposite, BasicStroke, Color, Font}
import java.io.{ByteArrayOutputStream, InputStream}

import _root_.io.offboard.client.Dtype

/** Images as arrays of bytes: height, width, channels. Decoding and resizing is the instance's Python's, as OpenCV does it. */
object Image {
  /**
   * Decodes a file's bytes.
   *
   * @param flag 1 for three channels, 0 for gray
   * @param to_rgb whether the channels are red, green, blue rather than OpenCV's blue, green, red
   */
  def imDecode(buf: Array[Byte], flag: Int, to_rgb: Boolean, out: Option[NDArray]): NDArray = {
    require(buf.nonEmpty, "an image is not decoded from no bytes")
    val bytes = NDArray.make(Shape(buf.length), Context.cpu(), Dtype.UINT8)
    bytes.elements.write(java.nio.ByteBuffer.wrap(buf))
    try call("_cvimdecode", Seq(bytes), Map("flag" -> flag, "to_rgb" -> bit(to_rgb)), out)
    finally bytes.dispose()
  }

  def imDecode(inputStream: InputStream, flag: Int = 1, to_rgb: Boolean = true, out: Option[NDArray] = None): NDArray = {
    val content = new ByteArrayOutputStream
    val part = new Array[Byte](1 << 16)
    Iterator.continually(inputStream.read(part)).takeWhile(_ >= 0).foreach(content.write(part, 0, _))
    imDecode(content.toByteArray, flag, to_rgb, out)
  }

  /** Decodes a file. */
  def imRead(filename: String, flag: Option[Int] = None, to_rgb: Option[Boolean] = None, out: Option[NDArray] = None): NDArray =
    call("_cvimread", Nil, Map("filename" -> filename) ++ flag.map("flag" -> _) ++ to_rgb.map(each => "to_rgb" -> bit(each)), out)

  def imResize(src: NDArray, w: Int, h: Int, interp: Option[Int] = None, out: Option[NDArray] = None): NDArray =
    call("_cvimresize", Seq(src), Map("w" -> w, "h" -> h) ++ interp.map("interp" -> _), out)

  /** Adds a border around an image, of OpenCV's types. */
  def copyMakeBorder(src: NDArray, top: Int, bot: Int, left: Int, right: Int, typeOf: Option[Int] = None, value: Option[Double] = None,
      values: Option[Any] = None, out: Option[NDArray] = None): NDArray =
    call("_cvcopyMakeBorder", Seq(src), Map("top" -> top, "bot" -> bot, "left" -> left, "right" -> right) ++
      typeOf.map("type" -> _) ++ value.map("value" -> _) ++ values.map("values" -> _), out)

  private def bit(value: Boolean): Int = if (value) 1 else 0

  private def call(function: String, inputs: Seq[NDArray], parameters: Map[String, Any], out: Option[NDArray]): NDArray =
    OperatorCalls.image(function, inputs, parameters, out)

  /** A part of an image, in memory of its own. */
  def fixedCrop(src: NDArray, x0: Int, y0: Int, w: Int, h: Int): NDArray = {
    val (height, width, channels) = (src.shape(0), src.shape(1), src.shape(2))
    require(x0 >= 0 && y0 >= 0 && w > 0 && h > 0 && x0 + w <= width && y0 + h <= height,
      s"a part of $w x $h at ($x0, $y0) lies outside an image of $width x $height")
    val pixel = channels * src.elements.dtype.size
    val made = NDArray.make(Shape(h, w, channels), src.context, src.elements.dtype)
    val (source, target) = (src.elements.bytes, made.elements.bytes)
    for (row <- 0 until h) {
      val part = source.duplicate()
      part.position(((y0 + row) * width + x0) * pixel)
      part.limit(part.position() + w * pixel)
      target.put(part)
    }
    made.elements.memory.written()
    made
  }

  /** The image of an array of bytes in red, green, blue. */
  def toImage(src: NDArray): BufferedImage = {
    require(src.dtype == DType.UInt8, "The input NDArray must be bytes")
    require(src.shape.length == 3 && src.shape(2) == 3, s"The input should contain height, width and three channels, not ${src.shape}")
    val (height, width) = (src.shape(0), src.shape(1))
    val image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB)
    val bytes = src.elements.bytes
    for (row <- 0 until height; column <- 0 until width) {
      val at = (row * width + column) * 3
      image.setRGB(column, row, (bytes.get(at) & 0xff) << 16 | (bytes.get(at + 1) & 0xff) << 8 | (bytes.get(at + 2) & 0xff))
    }
    image
  }

  /**
   * Draws boxes on an image.
   *
   * @param coordinate of each box `xmin`, `xmax`, `ymin`, `ymax`
   * @param names of the boxes
   * @param stroke width of the lines
   * @param fontSizeMult size of the names, 1.0 is ordinary
   * @param transparency of all, 1.0 is opaque
   */
  def drawBoundingBox(src: BufferedImage, coordinate: Array[Map[String, Int]], names: Option[Array[String]] = None,
      stroke: Option[Int] = Some(3), fontSizeMult: Option[Float] = Some(1.0f), transparency: Option[Float] = Some(1.0f)): Unit = {
    val graphics = src.createGraphics()
    try {
      graphics.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, transparency.getOrElse(1.0f)))
      graphics.setStroke(new BasicStroke(stroke.getOrElse(3).toFloat))
      val size = 10 * fontSizeMult.getOrElse(1.0f)
      graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, Math.max(1, Math.round(size))))
      coordinate.zipWithIndex.foreach { case (box, i) =>
        graphics.setColor(Color.getHSBColor(i * 0.618034f, 1.0f, 1.0f))
        val (left, top) = (box("xmin"), box("ymin"))
        graphics.drawRect(left, top, box("xmax") - left, box("ymax") - top)
        names.foreach { each =>
          val text = each(i)
          val metrics = graphics.getFontMetrics
          graphics.fillRect(left, top, metrics.stringWidth(text) + 2, metrics.getHeight)
          graphics.setColor(Color.BLACK)
          graphics.drawString(text, left + 1, top + metrics.getAscent)
        }
      }
    } finally graphics.dispose()
  }
}
