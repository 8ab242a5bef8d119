package org.apache.mxnet

import scala.collection.mutable

/** Arrays of arrays of numbers as one NDArray. */
private[mxnet] object NestedArrays {
  def toNDArray(source: Array[_], ctx: Context): NDArray = {
    val shape = shapeOf(source)
    leaf(source) match {
      case _: Array[Float] =>
        val values = new mutable.ArrayBuilder.ofFloat
        each(source, shape) { case floats: Array[Float] => values ++= floats; case other => refuse(other) }
        NDArray.array(values.result(), Shape(shape), ctx)
      case _: Array[Double] =>
        val values = new mutable.ArrayBuilder.ofDouble
        each(source, shape) { case doubles: Array[Double] => values ++= doubles; case other => refuse(other) }
        NDArray.array(values.result(), Shape(shape), ctx)
      case other => refuse(other)
    }
  }

  private def shapeOf(source: Array[_]): List[Int] = source match {
    case nested: Array[AnyRef] =>
      require(nested.nonEmpty, "an NDArray is not made of an empty array")
      nested.head match {
        case inner: Array[_] => nested.length :: shapeOf(inner)
        case other => refuse(other)
      }
    case numbers => List(numbers.length)
  }

  private def leaf(source: Array[_]): Array[_] = source match {
    case nested: Array[AnyRef] => leaf(nested.head.asInstanceOf[Array[_]])
    case numbers => numbers
  }

  private def each(source: Array[_], shape: List[Int])(visit: Array[_] => Unit): Unit = {
    require(source.length == shape.head, s"nested arrays of ${source.length} and of ${shape.head} elements on one level")
    source match {
      case nested: Array[AnyRef] => nested.foreach(inner => each(inner.asInstanceOf[Array[_]], shape.tail)(visit))
      case numbers => visit(numbers)
    }
  }

  private def refuse(other: Any): Nothing =
    throw new IllegalArgumentException(s"An NDArray is made of nested arrays of Float or Double, not of ${other.getClass.getSimpleName}")
}
