package org.apache.mxnet

import org.apache.mxnet.MX_PRIMITIVES.MX_PRIMITIVE_TYPE

import scala.language.implicitConversions

/** A number on the left of an array. */
private[mxnet] class NDArrayConversions(val value: MX_PRIMITIVE_TYPE) {
  import NativeArithmetic._

  def +(other: NDArray): NDArray = other + value
  def +(other: NDArrayFuncReturn): NDArray = other.head + value
  def -(other: NDArray): NDArray = NDArrayArithmetic.reversed(Minus, value, other)
  def -(other: NDArrayFuncReturn): NDArray = this - other.head
  def *(other: NDArray): NDArray = other * value
  def *(other: NDArrayFuncReturn): NDArray = other.head * value
  def /(other: NDArray): NDArray = NDArrayArithmetic.reversed(Divided, value, other)
  def /(other: NDArrayFuncReturn): NDArray = this / other.head
  def **(other: NDArray): NDArray = NDArray.power(value, other)
  def **(other: NDArrayFuncReturn): NDArray = this ** other.head
  def >(other: NDArray): NDArray = NDArray.lesser(other, value)
  def >(other: NDArrayFuncReturn): NDArray = this > other.head
  def >=(other: NDArray): NDArray = NDArray.lesserEqual(other, value)
  def >=(other: NDArrayFuncReturn): NDArray = this >= other.head
  def <(other: NDArray): NDArray = NDArray.greater(other, value)
  def <(other: NDArrayFuncReturn): NDArray = this < other.head
  def <=(other: NDArray): NDArray = NDArray.greaterEqual(other, value)
  def <=(other: NDArrayFuncReturn): NDArray = this <= other.head
}

object NDArrayConversions {
  implicit def int2Scalar(x: Int): NDArrayConversions = new NDArrayConversions(x.toFloat)
  implicit def double2Scalar(x: Double): NDArrayConversions = new NDArrayConversions(x)
  implicit def float2Scalar(x: Float): NDArrayConversions = new NDArrayConversions(x)
}
