package org.apache.mxnet.javaapi

import org.apache.mxnet

import scala.collection.JavaConverters._
import scala.language.implicitConversions

/** Dimensions of an array; for Java. */
class Shape private[mxnet] (val shape: mxnet.Shape) {
  def this(dims: java.util.List[java.lang.Integer]) = this(mxnet.Shape(dims.asScala.map(_.intValue).toVector))

  def this(dims: Array[Int]) = this(mxnet.Shape(dims.toVector))

  def apply(dim: Int): Int = shape(dim)
  def get(dim: Int): Int = shape(dim)
  def size: Int = shape.size
  def length: Int = shape.length
  def drop(dim: Int): Shape = shape.drop(dim)
  def slice(from: Int, end: Int): Shape = shape.slice(from, end)
  def product: Int = shape.product
  def head: Int = shape.head

  def toArray: Array[Int] = shape.toArray
  def toVector: java.util.List[Int] = shape.toVector.asJava

  override def toString: String = shape.toString

  override def equals(o: Any): Boolean = o match {
    case that: Shape => shape == that.shape
    case that => shape == that
  }

  override def hashCode: Int = shape.hashCode
}

object Shape {
  implicit def fromShape(shape: mxnet.Shape): Shape = new Shape(shape)

  implicit def toShape(jShape: Shape): mxnet.Shape = jShape.shape
}
