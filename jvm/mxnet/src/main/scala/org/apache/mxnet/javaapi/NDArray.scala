package org.apache.mxnet.javaapi

import org.apache.mxnet
import org.apache.mxnet.javaapi.DType.DType

import scala.collection.JavaConverters._
import scala.language.implicitConversions

/** Arrays on the instance's CPU; for Java. */
object NDArray extends NDArrayBase {
  implicit def fromNDArray(nd: mxnet.NDArray): NDArray = new NDArray(nd)

  implicit def toNDArray(jnd: NDArray): mxnet.NDArray = jnd.nd

  /** Waits for nothing: every operation is done when it returns. */
  def waitall(): Unit = mxnet.NDArray.waitall()

  /** Writes rows of zeros with a one where the index says into `out`. */
  def onehotEncode(indices: NDArray, out: NDArray): NDArray = mxnet.NDArray.onehotEncode(indices, out)

  /** An array whose content is not yet of interest. */
  def empty(shape: Shape, ctx: Context, dtype: DType): NDArray = mxnet.NDArray.empty(shape, ctx, dtype)

  def empty(ctx: Context, shape: Array[Int]): NDArray = mxnet.NDArray.empty(new Shape(shape), ctx)

  def empty(ctx: Context, shape: java.util.List[java.lang.Integer]): NDArray = mxnet.NDArray.empty(new Shape(shape), ctx)

  def zeros(shape: Shape, ctx: Context, dtype: DType): NDArray = mxnet.NDArray.zeros(shape, ctx, dtype)

  def zeros(ctx: Context, shape: Array[Int]): NDArray = mxnet.NDArray.zeros(new Shape(shape), ctx)

  def zeros(ctx: Context, shape: java.util.List[java.lang.Integer]): NDArray = mxnet.NDArray.zeros(new Shape(shape), ctx)

  def ones(shape: Shape, ctx: Context, dtype: DType): NDArray = mxnet.NDArray.ones(shape, ctx, dtype)

  def ones(ctx: Context, shape: Array[Int]): NDArray = mxnet.NDArray.ones(new Shape(shape), ctx)

  def ones(ctx: Context, shape: java.util.List[java.lang.Integer]): NDArray = mxnet.NDArray.ones(new Shape(shape), ctx)

  /** An array of one value, of type Float32. */
  def full(shape: Shape, value: Float, ctx: Context): NDArray = mxnet.NDArray.full(shape, value, ctx)

  /** An array of one value, of type Float64. */
  def full(shape: Shape, value: Double, ctx: Context): NDArray = mxnet.NDArray.full(shape, value, ctx)

  def power(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.power(lhs.nd, rhs.nd)
  def power(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.power(lhs.nd, rhs)
  def power(lhs: Float, rhs: NDArray): NDArray = mxnet.NDArray.power(lhs, rhs.nd)
  def power(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.power(lhs.nd, rhs)
  def power(lhs: Double, rhs: NDArray): NDArray = mxnet.NDArray.power(lhs, rhs.nd)

  def maximum(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.maximum(lhs.nd, rhs.nd)
  def maximum(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.maximum(lhs.nd, rhs)
  def maximum(lhs: Float, rhs: NDArray): NDArray = mxnet.NDArray.maximum(lhs, rhs.nd)
  def maximum(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.maximum(lhs.nd, rhs)
  def maximum(lhs: Double, rhs: NDArray): NDArray = mxnet.NDArray.maximum(lhs, rhs.nd)

  def minimum(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.minimum(lhs.nd, rhs.nd)
  def minimum(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.minimum(lhs.nd, rhs)
  def minimum(lhs: Float, rhs: NDArray): NDArray = mxnet.NDArray.minimum(lhs, rhs.nd)
  def minimum(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.minimum(lhs.nd, rhs)
  def minimum(lhs: Double, rhs: NDArray): NDArray = mxnet.NDArray.minimum(lhs, rhs.nd)

  def equal(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.equal(lhs.nd, rhs.nd)
  def equal(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.equal(lhs.nd, rhs)
  def equal(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.equal(lhs.nd, rhs)

  def notEqual(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.notEqual(lhs.nd, rhs.nd)
  def notEqual(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.notEqual(lhs.nd, rhs)
  def notEqual(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.notEqual(lhs.nd, rhs)

  def greater(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.greater(lhs.nd, rhs.nd)
  def greater(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.greater(lhs.nd, rhs)
  def greater(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.greater(lhs.nd, rhs)

  def greaterEqual(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.greaterEqual(lhs.nd, rhs.nd)
  def greaterEqual(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.greaterEqual(lhs.nd, rhs)
  def greaterEqual(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.greaterEqual(lhs.nd, rhs)

  def lesser(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.lesser(lhs.nd, rhs.nd)
  def lesser(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.lesser(lhs.nd, rhs)
  def lesser(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.lesser(lhs.nd, rhs)

  def lesserEqual(lhs: NDArray, rhs: NDArray): NDArray = mxnet.NDArray.lesserEqual(lhs.nd, rhs.nd)
  def lesserEqual(lhs: NDArray, rhs: Float): NDArray = mxnet.NDArray.lesserEqual(lhs.nd, rhs)
  def lesserEqual(lhs: NDArray, rhs: Double): NDArray = mxnet.NDArray.lesserEqual(lhs.nd, rhs)

  /** An array of Float32 with these elements, row by row. */
  def array(sourceArr: java.util.List[java.lang.Float], shape: Shape, ctx: Context = null): NDArray =
    mxnet.NDArray.array(sourceArr.asScala.map(_.floatValue).toArray, shape.shape, core(ctx))

  /** An array of Float64 with these elements, row by row. */
  def arrayWithDouble(sourceArr: java.util.List[java.lang.Double], shape: Shape, ctx: Context = null): NDArray =
    mxnet.NDArray.array(sourceArr.asScala.map(_.doubleValue).toArray, shape.shape, core(ctx))

  /** From `start` up to, and without, `stop`, each element `repeat` times. */
  def arange(start: Float, stop: Float, step: Float, repeat: Int, ctx: Context, dType: DType): NDArray =
    mxnet.NDArray.arange(start, Some(stop), step, repeat, core(ctx), dType)

  private[javaapi] def core(ctx: Context): mxnet.Context = if (ctx == null) null else ctx.context
}

/** An array on the instance's CPU; for Java. It is freed when it is disposed of, its scope ends, or it is collected. */
class NDArray private[mxnet] (val nd: mxnet.NDArray) {
  def this(arr: Array[Float], shape: Shape, ctx: Context) = this(mxnet.NDArray.array(arr, shape.shape, NDArray.core(ctx)))

  def this(arr: Array[Double], shape: Shape, ctx: Context) = this(mxnet.NDArray.array(arr, shape.shape, NDArray.core(ctx)))

  def this(arr: java.util.List[java.lang.Float], shape: Shape, ctx: Context) = this(NDArray.array(arr, shape, ctx).nd)

  override def toString: String = nd.toString

  /** The array as bytes, as `NDArray.deserialize` of the Scala interface reads them. */
  def serialize(): Array[Byte] = nd.serialize()

  def dispose(): Unit = nd.dispose()

  /** Disposes of the arrays that this one was computed from. */
  def disposeDeps(): NDArray = nd.disposeDepsExcept()

  def disposeDepsExcept(arr: Array[NDArray]): NDArray = nd.disposeDepsExcept(arr.map(_.nd): _*)

  /** Rows from `start` up to, and without, `stop`, in the same memory. */
  def slice(start: Int, stop: Int): NDArray = nd.slice(start, stop)

  /** One row, in the same memory. */
  def slice(i: Int): NDArray = nd.slice(i)

  /** One row without its axis, in the same memory. */
  def at(idx: Int): NDArray = nd.at(idx)

  def T: NDArray = nd.T

  def dtype: DType = nd.dtype

  /** A copy of another element type. */
  def asType(dtype: DType): NDArray = nd.asType(dtype)

  /** The same memory in another shape. */
  def reshape(dims: Array[Int]): NDArray = nd.reshape(dims)

  /** Waits for nothing: every operation is done when it returns. */
  def waitToRead(): Unit = nd.waitToRead()

  def context: Context = nd.context

  def set(value: Float): NDArray = nd.set(value)
  def set(value: Double): NDArray = nd.set(value)
  def set(other: NDArray): NDArray = nd.set(other.nd)
  def set(other: Array[Float]): NDArray = nd.set(other)
  def set(other: Array[Double]): NDArray = nd.set(other)

  def add(other: NDArray): NDArray = nd + other.nd
  def add(other: Float): NDArray = nd + other
  def add(other: Double): NDArray = nd + other
  def addInplace(other: NDArray): NDArray = nd += other.nd
  def addInplace(other: Float): NDArray = nd += other
  def addInplace(other: Double): NDArray = nd += other
  def subtract(other: NDArray): NDArray = nd - other.nd
  def subtract(other: Float): NDArray = nd - other
  def subtract(other: Double): NDArray = nd - other
  def subtractInplace(other: NDArray): NDArray = nd -= other.nd
  def subtractInplace(other: Float): NDArray = nd -= other
  def subtractInplace(other: Double): NDArray = nd -= other
  def multiply(other: NDArray): NDArray = nd * other.nd
  def multiply(other: Float): NDArray = nd * other
  def multiply(other: Double): NDArray = nd * other
  def multiplyInplace(other: NDArray): NDArray = nd *= other.nd
  def multiplyInplace(other: Float): NDArray = nd *= other
  def multiplyInplace(other: Double): NDArray = nd *= other
  def div(other: NDArray): NDArray = nd / other.nd
  def div(other: Float): NDArray = nd / other
  def div(other: Double): NDArray = nd / other
  def divInplace(other: NDArray): NDArray = nd /= other.nd
  def divInplace(other: Float): NDArray = nd /= other
  def divInplace(other: Double): NDArray = nd /= other
  def pow(other: NDArray): NDArray = nd ** other.nd
  def pow(other: Float): NDArray = nd ** other
  def pow(other: Double): NDArray = nd ** other
  def powInplace(other: NDArray): NDArray = nd **= other.nd
  def powInplace(other: Float): NDArray = nd **= other
  def powInplace(other: Double): NDArray = nd **= other
  def mod(other: NDArray): NDArray = nd % other.nd
  def mod(other: Float): NDArray = nd % other
  def mod(other: Double): NDArray = nd % other
  def modInplace(other: NDArray): NDArray = nd %= other.nd
  def modInplace(other: Float): NDArray = nd %= other
  def modInplace(other: Double): NDArray = nd %= other
  def greater(other: NDArray): NDArray = nd > other.nd
  def greater(other: Float): NDArray = nd > other
  def greater(other: Double): NDArray = nd > other
  def greaterEqual(other: NDArray): NDArray = nd >= other.nd
  def greaterEqual(other: Float): NDArray = nd >= other
  def greaterEqual(other: Double): NDArray = nd >= other
  def lesser(other: NDArray): NDArray = nd < other.nd
  def lesser(other: Float): NDArray = nd < other
  def lesser(other: Double): NDArray = nd < other
  def lesserEqual(other: NDArray): NDArray = nd <= other.nd
  def lesserEqual(other: Float): NDArray = nd <= other
  def lesserEqual(other: Double): NDArray = nd <= other

  /** The elements as floats, row by row. */
  def toArray: Array[Float] = nd.toArray

  /** The elements as doubles, row by row. */
  def toFloat64Array: Array[Double] = nd.toFloat64Array

  /** The element of an array of one. */
  def toScalar: Float = nd.toScalar

  def toFloat64Scalar: Double = nd.toFloat64Scalar

  /** Copies into another array, which is returned. */
  def copyTo(other: NDArray): NDArray = nd.copyTo(other.nd)

  def copyTo(ctx: Context): NDArray = nd.copyTo(ctx.context)

  def copy(): NDArray = nd.copy()

  def shape: Shape = nd.shape

  def size: Int = nd.size

  /** This array, or a copy if it lives elsewhere. */
  def asInContext(context: Context): NDArray = nd.asInContext(context.context)

  override def equals(obj: Any): Boolean = obj match {
    case that: NDArray => nd == that.nd
    case that => nd == that
  }

  override def hashCode: Int = nd.hashCode
}
