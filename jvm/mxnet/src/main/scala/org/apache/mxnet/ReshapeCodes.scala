package org.apache.mxnet

import scala.collection.mutable

/** MXNet's codes in the shapes that arrays are reshaped to. */
private[mxnet] object ReshapeCodes {
  /**
   * The shape meant: 0 keeps a dimension, -1 is what remains, -2 keeps all that follow, -3 joins two, -4 splits one into the next two.
   *
   * @param reverse whether the codes are read from the right
   */
  def resolve(from: Shape, codes: Array[Long], reverse: Boolean): Shape = {
    val source = if (reverse) from.toVector.reverse else from.toVector
    val wanted = if (reverse) reversed(codes) else codes.toVector
    val made = mutable.ArrayBuffer.empty[Long]
    var next = 0
    var unknown = -1
    def take(): Long = {
      if (next >= source.length) refuse(from, codes)
      next += 1
      source(next - 1).toLong
    }
    var i = 0
    while (i < wanted.length) {
      wanted(i) match {
        case 0 => made += take()
        case -1 =>
          if (unknown >= 0) refuse(from, codes)
          unknown = made.length
          made += 1
          next += 1
        case -2 => while (next < source.length) made += take()
        case -3 => made += take() * take()
        case -4 if i + 2 < wanted.length =>
          val whole = take()
          val (left, right) = (wanted(i + 1), wanted(i + 2))
          if ((left == -1 && right == -1) || left == 0 || right == 0) refuse(from, codes)
          val first = if (left == -1) whole / right else left
          val second = if (right == -1) whole / left else right
          if (first * second != whole) refuse(from, codes)
          made ++= Seq(first, second)
          i += 2
        case dimension if dimension > 0 =>
          made += dimension
          next += 1
        case _ => refuse(from, codes)
      }
      i += 1
    }
    val size = source.foldLeft(1L)(_ * _)
    if (unknown >= 0) {
      val others = made.product
      if (others == 0 || size % others != 0) refuse(from, codes)
      made(unknown) = size / others
    }
    if (made.product != size) refuse(from, codes)
    Shape((if (reverse) made.reverse else made).map(_.toInt).toVector)
  }

  /** From the right, with the two sizes behind a split kept behind it. */
  private def reversed(codes: Array[Long]): Vector[Long] = {
    val groups = mutable.ArrayBuffer.empty[Vector[Long]]
    var i = 0
    while (i < codes.length) {
      val length = if (codes(i) == -4 && i + 2 < codes.length) 3 else 1
      groups += (if (length == 3) Vector(-4L, codes(i + 2), codes(i + 1)) else Vector(codes(i)))
      i += length
    }
    groups.reverse.flatten.toVector
  }

  private def refuse(from: Shape, codes: Array[Long]): Nothing =
    throw new MXNetError(s"cannot reshape array of size ${from.product} and shape $from into shape ${codes.mkString("(", ",", ")")}")
}
