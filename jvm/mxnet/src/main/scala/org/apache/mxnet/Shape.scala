package org.apache.mxnet

import scala.annotation.varargs

/** Dimensions of an array. */
class Shape(dims: Traversable[Int]) extends Serializable {
  /** Numbers that are not boxed: every view of an array has a shape, and asks for its product. */
  private val shape: Array[Int] = dims.toArray

  def this(dims: Int*) = this(dims.toVector)

  def apply(dim: Int): Int = shape(dim)
  def get(dim: Int): Int = apply(dim)
  def size: Int = shape.length
  def length: Int = shape.length
  def drop(dim: Int): Shape = new Shape(shape.drop(dim))
  def slice(from: Int, end: Int): Shape = new Shape(shape.slice(from, end))

  def product: Int = {
    var found = 1
    var i = 0
    while (i < shape.length) { found *= shape(i); i += 1 }
    found
  }

  def head: Int = shape.head

  def ++(other: Shape): Shape = new Shape(shape ++ other.shape)

  def toArray: Array[Int] = shape.clone()
  def toVector: Vector[Int] = shape.toVector

  override def toString: String = s"(${shape.mkString(",")})"

  override def equals(o: Any): Boolean = o match {
    case that: Shape => java.util.Arrays.equals(that.shape, shape)
    case _ => false
  }

  override def hashCode: Int = java.util.Arrays.hashCode(shape)

  private[mxnet] def toLongs: Array[Long] = shape.map(_.toLong)
}

object Shape {
  def apply(dims: Int*): Shape = new Shape(dims.toVector)
  def apply(dims: Traversable[Int]): Shape = new Shape(dims)

  /** For Java. */
  @varargs def create(dims: Int*): Shape = new Shape(dims.toVector)

  private[mxnet] def ofLongs(dims: Array[Long]): Shape = new Shape(dims.map(each => Math.toIntExact(each)))
}
