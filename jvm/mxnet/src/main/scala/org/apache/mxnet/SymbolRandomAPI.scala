package org.apache.mxnet

/** Random symbols: `Symbol.random`. */
object SymbolRandomAPI extends SymbolRandomAPIBase

/** Whether a distribution's parameters are numbers or symbols. */
class SymbolOrScalar[T](val isScalar: Boolean)

object SymbolOrScalar {
  def apply[T](implicit ev: SymbolOrScalar[T]): SymbolOrScalar[T] = ev

  implicit object FloatWitness extends SymbolOrScalar[Float](true)
  implicit object IntWitness extends SymbolOrScalar[Int](true)
  implicit object SymbolWitness extends SymbolOrScalar[Symbol](false)
}
