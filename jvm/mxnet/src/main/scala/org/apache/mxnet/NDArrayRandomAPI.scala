package org.apache.mxnet

/** Random arrays: `NDArray.random`. */
object NDArrayRandomAPI extends NDArrayRandomAPIBase

/** Whether a distribution's parameters are numbers or arrays. */
class NDArrayOrScalar[T](val isScalar: Boolean)

object NDArrayOrScalar {
  def apply[T](implicit ev: NDArrayOrScalar[T]): NDArrayOrScalar[T] = ev

  implicit object FloatWitness extends NDArrayOrScalar[Float](true)
  implicit object IntWitness extends NDArrayOrScalar[Int](true)
  implicit object NDArrayWitness extends NDArrayOrScalar[NDArray](false)
}
