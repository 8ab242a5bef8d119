package org.apache.mxnet

import scala.annotation.varargs

/** Dimensions of an array. */
class Shape(dims: Traversable[Int]) extends Serializable {
  private val shape: Vector[Int] = dims.toVector

  def this(dims: Int*) = this(dims.toVector)

  def apply(dim: Int): Int = shape(dim)
  def get(dim: Int): Int = apply(dim)
  def size: Int = shape.size
  def length: Int = shape.length
  def drop(dim: Int): Shape = new Shape(shape.drop(dim))
  def slice(from: Int, end: Int): Shape = new Shape(shape.slice(from, end))
  def product: Int = shape.product
  def head: Int = shape.head

  def ++(other: Shape): Shape = new Shape(shape ++ other.shape)

  def toArray: Array[Int] = shape.toArray
  def toVector: Vector[Int] = shape

  override def toString: String = s"(${shape.mkString(",")})"

  override def equals(o: Any): Boolean = o match {
    case that: Shape => that != null && that.shape == shape
    case _ => false
  }

  override def hashCode: Int = shape.hashCode

  private[mxnet] def toLongs: Array[Long] = shape.map(_.toLong).toArray
}

object Shape {
  def apply(dims: Int*): Shape = new Shape(dims.toVector)
  def apply(dims: Traversable[Int]): Shape = new Shape(dims)

  /** For Java. */
  @varargs def create(dims: Int*): Shape = new Shape(dims.toVector)

  private[mxnet] def ofLongs(dims: Array[Long]): Shape = new Shape(dims.toVector.map(Math.toIntExact))
}
