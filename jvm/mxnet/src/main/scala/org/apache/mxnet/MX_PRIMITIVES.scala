package org.apache.mxnet

import scala.language.implicitConversions

/** Numbers in arithmetic with arrays: Float or Double, and Int, which is taken as Float. */
object MX_PRIMITIVES {
  trait MX_PRIMITIVE_TYPE extends Ordered[MX_PRIMITIVE_TYPE] {
    def toString: String
    def unary_- : MX_PRIMITIVE_TYPE
  }

  trait MXPrimitiveOrdering extends Ordering[MX_PRIMITIVE_TYPE] {
    def compare(x: MX_PRIMITIVE_TYPE, y: MX_PRIMITIVE_TYPE): Int = x.compare(y)
  }

  implicit object MX_PRIMITIVE_TYPE extends MXPrimitiveOrdering

  class MX_FLOAT(val data: Float) extends MX_PRIMITIVE_TYPE {
    override def toString: String = data.toString
    override def unary_- : MX_PRIMITIVE_TYPE = new MX_FLOAT(data.unary_-)
    override def compare(that: MX_PRIMITIVE_TYPE): Int = data.compareTo(that.asInstanceOf[MX_FLOAT].data)
  }

  implicit def FloatToMX_Float(d: Float): MX_FLOAT = new MX_FLOAT(d)
  implicit def MX_FloatToFloat(d: MX_FLOAT): Float = d.data
  implicit def IntToMX_Float(d: Int): MX_FLOAT = new MX_FLOAT(d.toFloat)

  class MX_Double(val data: Double) extends MX_PRIMITIVE_TYPE {
    override def toString: String = data.toString
    override def unary_- : MX_PRIMITIVE_TYPE = new MX_Double(data.unary_-)
    override def compare(that: MX_PRIMITIVE_TYPE): Int = data.compareTo(that.asInstanceOf[MX_Double].data)
  }

  implicit def DoubleToMX_Double(d: Double): MX_Double = new MX_Double(d)
  implicit def MX_DoubleToDouble(d: MX_Double): Double = d.data

  /** Whether a number's type is one of these. */
  def isValidMxPrimitiveType(num: Any): Boolean = num match {
    case _: Float | _: Double => true
    case _ => false
  }

  private[mxnet] def toDouble(number: MX_PRIMITIVE_TYPE): Double = number match {
    case float: MX_FLOAT => float.data.toDouble
    case double: MX_Double => double.data
    case other => throw new IllegalArgumentException(s"${other.getClass.getName} is neither Float nor Double")
  }
}
