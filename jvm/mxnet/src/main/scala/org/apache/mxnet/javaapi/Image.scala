package org.apache.mxnet.javaapi

import java.awt.image.BufferedImage
import java.io.InputStream

import org.apache.mxnet

import scala.collection.JavaConverters._

/** Images as arrays of height, width and colour; for Java. Decoding and scaling are OpenCV's, in the instance's Python. */
object Image {
  /**
   * Decodes an image.
   *
   * @param flag 0: grey, 1: colour
   * @param toRGB red first, not blue
   */
  def imDecode(buf: Array[Byte], flag: Int, toRGB: Boolean): NDArray = mxnet.Image.imDecode(buf, flag, toRGB, None)

  def imDecode(buf: Array[Byte]): NDArray = imDecode(buf, 1, true)

  def imDecode(inputStream: InputStream, flag: Int, toRGB: Boolean): NDArray = mxnet.Image.imDecode(inputStream, flag, toRGB, None)

  def imDecode(inputStream: InputStream): NDArray = imDecode(inputStream, 1, true)

  /** Reads and decodes an image. */
  def imRead(filename: String, flag: Int, toRGB: Boolean): NDArray = mxnet.Image.imRead(filename, Some(flag), Some(toRGB), None)

  def imRead(filename: String): NDArray = imRead(filename, 1, true)

  /**
   * Scales an image.
   *
   * @param interp OpenCV's number of an interpolation; null: linear
   */
  def imResize(src: NDArray, w: Int, h: Int, interp: java.lang.Integer): NDArray =
    mxnet.Image.imResize(src, w, h, Option(interp).map(_.intValue), None)

  def imResize(src: NDArray, w: Int, h: Int): NDArray = imResize(src, w, h, null)

  /** A part of an image. */
  def fixedCrop(src: NDArray, x0: Int, y0: Int, w: Int, h: Int): NDArray = mxnet.Image.fixedCrop(src, x0, y0, w, h)

  /** An array of bytes, red first, as an image of Java's. */
  def toImage(src: NDArray): BufferedImage = mxnet.Image.toImage(src)

  /**
   * Draws boxes into an image.
   *
   * @param coordinate of each box, by `xmin`, `xmax`, `ymin` and `ymax`
   * @param names of each box, or null
   */
  def drawBoundingBox(src: BufferedImage,
                      coordinate: java.util.List[java.util.Map[String, java.lang.Integer]],
                      names: java.util.List[String]): Unit = {
    val boxes = coordinate.asScala.map(_.asScala.map { case (name, value) => name -> value.intValue }.toMap).toArray
    mxnet.Image.drawBoundingBox(src, boxes, Option(names).map(_.asScala.toArray))
  }
}
