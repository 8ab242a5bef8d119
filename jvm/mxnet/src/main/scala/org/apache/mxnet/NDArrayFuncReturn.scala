package org.apache.mxnet

import org.apache.mxnet.MX_PRIMITIVES.MX_PRIMITIVE_TYPE

/** The outputs of an operator; one output is used like the array itself. */
private[mxnet] class NDArrayFuncReturn(private[mxnet] val arr: Array[NDArray]) {
  def head: NDArray = apply(0)

  /** The only output. */
  def get: NDArray = {
    require(arr.length == 1, s"the operator has ${arr.length} outputs, where one is used")
    head
  }

  def apply(i: Int): NDArray = {
    if (arr == null || arr.length <= i) {
      throw new IllegalArgumentException(s"the operator has ${if (arr == null) 0 else arr.length} outputs, output $i is asked for")
    }
    arr(i)
  }

  def isDisposed: Boolean = head.isDisposed
  def serialize(): Array[Byte] = head.serialize()
  def dispose(): Unit = head.dispose()
  def disposeDeps(): NDArray = head.disposeDeps()
  def disposeDepsExcept(arrs: NDArray*): NDArray = head.disposeDepsExcept(arrs: _*)
  def slice(start: Int, stop: Int): NDArray = head.slice(start, stop)
  def slice(range: (Int, Int)): NDArray = head.slice(range)
  def slice(i: Int): NDArray = head.slice(i)
  def reshape(dims: Array[Int]): NDArray = head.reshape(dims)
  def waitToRead(): Unit = head.waitToRead()
  def context: Context = head.context
  def set(value: Float): NDArray = head.set(value)
  def set(value: Double): NDArray = head.set(value)
  def set(other: NDArray): NDArray = head.set(other)
  def set(other: Array[Float]): NDArray = head.set(other)
  def set(other: Array[Double]): NDArray = head.set(other)
  def +(other: NDArray): NDArray = head + other
  def +(other: MX_PRIMITIVE_TYPE): NDArray = head + other
  def +=(other: NDArray): NDArray = head += other
  def +=(other: MX_PRIMITIVE_TYPE): NDArray = head += other
  def -(other: NDArray): NDArray = head - other
  def -(other: MX_PRIMITIVE_TYPE): NDArray = head - other
  def -=(other: NDArray): NDArray = head -= other
  def -=(other: MX_PRIMITIVE_TYPE): NDArray = head -= other
  def *(other: NDArray): NDArray = head * other
  def *(other: MX_PRIMITIVE_TYPE): NDArray = head * other
  def unary_-(): NDArray = head.unary_-()
  def *=(other: NDArray): NDArray = head *= other
  def *=(other: MX_PRIMITIVE_TYPE): NDArray = head *= other
  def /(other: NDArray): NDArray = head / other
  def /(other: MX_PRIMITIVE_TYPE): NDArray = head / other
  def **(other: NDArray): NDArray = head ** other
  def **(other: MX_PRIMITIVE_TYPE): NDArray = head ** other
  def >(other: NDArray): NDArray = head > other
  def >(other: MX_PRIMITIVE_TYPE): NDArray = head > other
  def >=(other: NDArray): NDArray = head >= other
  def >=(other: MX_PRIMITIVE_TYPE): NDArray = head >= other
  def <(other: NDArray): NDArray = head < other
  def <(other: MX_PRIMITIVE_TYPE): NDArray = head < other
  def <=(other: NDArray): NDArray = head <= other
  def <=(other: MX_PRIMITIVE_TYPE): NDArray = head <= other
  def toArray: Array[Float] = head.toArray
  def toFloat64Array: Array[Double] = head.toFloat64Array
  def toScalar: Float = head.toScalar
  def toFloat64Scalar: Double = head.toFloat64Scalar
  def copyTo(other: NDArray): NDArray = head.copyTo(other)
  def copyTo(ctx: Context): NDArray = head.copyTo(ctx)
  def copy(): NDArray = head.copy()
  def shape: Shape = head.shape
  def size: Int = head.size
  def asInContext(context: Context): NDArray = head.asInContext(context)
}
