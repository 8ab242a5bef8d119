package org.apache.mxnet

import scala.language.implicitConversions

/** A number on the left of a symbol. */
class SymbolConversions[@specialized(Base.MX_PRIMITIVES) V](val value: V) {
  def +(other: Symbol): Symbol = other + value
  def -(other: Symbol): Symbol = Symbol.reversed("_RMinusScalar", value, other)
  def *(other: Symbol): Symbol = other * value
  def /(other: Symbol): Symbol = Symbol.reversed("_RDivScalar", value, other)
  def **(other: Symbol): Symbol = Symbol.pow(value, other)
  def >(other: Symbol): Symbol = other < value
  def >=(other: Symbol): Symbol = other <= value
  def <(other: Symbol): Symbol = other > value
  def <=(other: Symbol): Symbol = other >= value
  def %(other: Symbol): Symbol = Symbol.reversed("_RModScalar", value, other)
}

object SymbolConversions {
  implicit def int2Scalar(x: Int): SymbolConversions[Int] = new SymbolConversions(x)
  implicit def double2Scalar(x: Double): SymbolConversions[Double] = new SymbolConversions(x)
  implicit def float2Scalar(x: Float): SymbolConversions[Float] = new SymbolConversions(x)
}
