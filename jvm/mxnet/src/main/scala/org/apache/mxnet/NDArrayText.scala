package org.apache.mxnet

/** Arrays as text for people. */
private[mxnet] object NDArrayText {
  def of(array: NDArray): String = {
    val values: IndexedSeq[String] =
      if (Conversion.isFloat(array.elements.dtype)) array.toFloat64Array.map(each => narrowed(array, each)).toIndexedSeq
      else Conversion.toLongs(array.elements).map(_.toString).toIndexedSeq
    s"${nested(values, array.shape.toVector, 0)}\n<NDArray ${array.shape} ${array.context} ${array.dtype}>"
  }

  private def narrowed(array: NDArray, value: Double): String =
    if (array.dtype == DType.Float64) value.toString else value.toFloat.toString

  private def nested(values: IndexedSeq[String], shape: Vector[Int], depth: Int): String =
    if (shape.length <= 1) " " * depth + values.mkString("[", ",", "]")
    else {
      val size = shape.tail.product
      val rows = (0 until shape.head).map(i => nested(values.slice(i * size, (i + 1) * size), shape.tail, depth + 1))
      rows.mkString(" " * depth + "[\n", "\n", "\n" + " " * depth + "]")
    }
}
