package org.apache.mxnet

import java.lang.ref.WeakReference
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicReference

import _root_.io.offboard.client.{Dtype, Tensor}
import _root_.io.offboard.graph.ParamsFile
import org.apache.mxnet.Base.{CPtrAddress, NDArrayHandle}
import org.apache.mxnet.DType.DType
import org.apache.mxnet.MX_PRIMITIVES.MX_PRIMITIVE_TYPE
import org.apache.mxnet.SparseFormat.SparseFormat

import scala.collection.mutable
import scala.language.implicitConversions

/**
 * A dense array in the instance's memory. Slices and reshaped arrays are views: they share their elements with it.
 * Element-wise basics are computed in the JVM, other operators in the instance's Python.
 */
class NDArray private[mxnet] (
    initial: Elements, home: Context, val writable: Boolean, addToCollector: Boolean) extends NativeResource {

  /** The array of a handle that a callback was given. */
  @deprecated("Please use ResourceScope instead", "1.5.0")
  def this(handle: NDArrayHandle, writable: Boolean = true, addToCollector: Boolean = true) =
    this(NDArrayHandles.elements(handle), Context.cpu(), writable, addToCollector)

  initial.memory.retain()
  private val held = new AtomicReference[Elements](initial)
  private val address: CPtrAddress = NDArrayHandles.next()
  private[mxnet] val dependencies = mutable.HashMap.empty[NDArrayHandle, WeakReference[NDArray]]

  override def nativeAddress: CPtrAddress = address
  override def nativeDeAllocator: CPtrAddress => Int = NDArray.release
  override val bytesAllocated: Long = initial.byteSize.toLong
  override val ref: NativeResourceRef = super.register()

  if (addToCollector) CollectorScope.add(this)

  val sparseFormat: SparseFormat = SparseFormat.DEFAULT

  /** What the array consists of; refused after it was disposed of. */
  private[mxnet] def elements: Elements = {
    val current = held.get
    if (current == null) throw new MXNetError("This NDArray was disposed of and cannot be used any more")
    current
  }

  /** Copies what a forward made: to new memory, for the last forward's may be a caller's by now, or into that of another executor's outputs. */
  private[mxnet] def receive(dtype: Dtype, shape: Shape, bytes: ByteBuffer): Unit = {
    val own = elements
    if (own.isPart && dtype == own.dtype && shape == own.shape) own.write(bytes)
    else {
      val made = Elements.ofOutput(shape, dtype)
      made.write(bytes)
      adopt(made)
    }
  }

  /** Takes other elements in place of these. */
  private[mxnet] def adopt(other: Elements): Unit = {
    other.memory.retain()
    val before = held.getAndSet(other)
    if (before != null) before.memory.release()
  }

  /** Has the elements of another array, in its memory if they are of this shape and type: what is written to that is seen here. */
  private[mxnet] def show(other: NDArray): Unit =
    if (!other.isSparse && other.shape == shape && other.elements.dtype == elements.dtype) adopt(other.elements) else other.copyTo(this)

  /** A handle by which a callback finds the array as long as it lives. */
  private[mxnet] def handle: NDArrayHandle = {
    NDArrayHandles.publish(address, elements)
    address
  }

  private[mxnet] def ofElements(other: Elements): NDArray = new NDArray(other, home, writable, true)

  private[mxnet] def requireWritable(): Unit = require(writable, "trying to write to a read-only NDArray")

  /** The bytes that MXNet's own serialization has. */
  def serialize(): Array[Byte] = ParamsFile.dumpOne(stored)

  private[mxnet] def stored: _root_.io.offboard.graph.StoredArray = _root_.io.offboard.graph.StoredArray.dense(elements.tensor)

  override private[mxnet] def dispose(removeFromScope: Boolean): Unit = {
    super.dispose(removeFromScope)
    val before = held.getAndSet(null)
    if (before != null) before.memory.release()
  }

  override def dispose(): Unit = dispose(removeFromScope = true)

  /** Disposes of the arrays that this one was computed from. */
  def disposeDeps(): NDArray = disposeDepsExcept()

  /** Disposes of the arrays that this one was computed from, but for these and what they depend on. */
  def disposeDepsExcept(arrs: NDArray*): NDArray = {
    val kept = mutable.HashSet.empty[NDArrayHandle]
    arrs.foreach { each =>
      kept += each.nativeAddress
      kept ++= each.dependencies.keys
    }
    dependencies.keys.filterNot(kept.contains).toList.foreach { key =>
      Option(dependencies(key).get).foreach(_.dispose())
      dependencies.remove(key)
    }
    this
  }

  override def toString: String = NDArrayText.of(this)

  /** Rows from `start` until `stop` along the first axis, as a view. */
  def slice(start: Int, stop: Int): NDArray = {
    val rows = if (shape.length == 0) 0 else shape(0)
    require(0 <= start && start <= stop && stop <= rows, s"slice($start, $stop) of an array of shape $shape")
    ofElements(elements.rows(start, stop))
  }

  def slice(range: (Int, Int)): NDArray = slice(range._1, range._2)

  def slice(i: Int): NDArray = slice(i, i + 1)

  /** One row along the first axis, as a view without that axis. */
  def at(idx: Int): NDArray = {
    val rows = if (shape.length == 0) 0 else shape(0)
    val index = if (idx < 0) idx + rows else idx
    require(0 <= index && index < rows, s"at($idx) of an array of shape $shape")
    val row = if (shape.length == 1) Shape(1) else shape.drop(1)
    ofElements(elements.rows(index, index + 1).reshaped(row))
  }

  /** The transposed matrix, in memory of its own. */
  def T: NDArray = {
    require(shape.length == 2, s"only a matrix has a transpose, not an array of shape $shape")
    NDArray.transposed(this)
  }

  def dtype: DType = DType.ofClient(elements.dtype)

  /** The elements in another type, in memory of their own. */
  def asType(dtype: DType): NDArray = {
    val made = NDArray.unset(shape, home, DType.toClient(dtype))
    Conversion.cast(elements, made.elements)
    made
  }

  /** A view in another shape; 0, -1, -2, -3 and -4 mean what they mean to MXNet's Reshape. */
  def reshape(dims: Array[Int]): NDArray = reshape(dims.map(_.toLong))

  def reshape(dims: Array[Long], reverse: Option[Boolean] = None): NDArray =
    ofElements(elements.reshaped(ReshapeCodes.resolve(shape, dims, reverse.getOrElse(false))))

  def reshape(dims: Shape): NDArray = reshape(dims.toArray)

  /** Nothing to wait for: operators return when they are done. */
  def waitToRead(): Unit = elements

  def context: Context = home

  def set(value: MX_PRIMITIVE_TYPE): NDArray = {
    requireWritable()
    Conversion.fill(elements, MX_PRIMITIVES.toDouble(value))
    this
  }

  def set(other: NDArray): NDArray = other.copyTo(this)

  def set(other: Array[Float]): NDArray = {
    requireWritable()
    require(other.length == size, s"${other.length} numbers for an array of shape $shape")
    Conversion.write(elements, other)
    this
  }

  def set(other: Array[Double]): NDArray = {
    requireWritable()
    require(other.length == size, s"${other.length} numbers for an array of shape $shape")
    Conversion.write(elements, other)
    this
  }

  import NativeArithmetic._

  def +(other: NDArray): NDArray = NDArrayArithmetic(Plus, this, other)
  def +(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Plus, this, other)
  def +=(other: NDArray): NDArray = NDArrayArithmetic.into(Plus, this, other)
  def +=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic.into(Plus, this, other)
  def -(other: NDArray): NDArray = NDArrayArithmetic(Minus, this, other)
  def -(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Minus, this, other)
  def -=(other: NDArray): NDArray = NDArrayArithmetic.into(Minus, this, other)
  def -=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic.into(Minus, this, other)
  def *(other: NDArray): NDArray = NDArrayArithmetic(Times, this, other)
  def *(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Times, this, other)
  def unary_-(): NDArray = NDArrayArithmetic(Times, this, new MX_PRIMITIVES.MX_FLOAT(-1f))
  def *=(other: NDArray): NDArray = NDArrayArithmetic.into(Times, this, other)
  def *=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic.into(Times, this, other)
  def /(other: NDArray): NDArray = NDArrayArithmetic(Divided, this, other)
  def /(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Divided, this, other)
  def /=(other: NDArray): NDArray = NDArrayArithmetic.into(Divided, this, other)
  def /=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic.into(Divided, this, other)
  def **(other: NDArray): NDArray = NDArrayArithmetic(Power, this, other)
  def **(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Power, this, other)
  def **=(other: NDArray): NDArray = NDArrayArithmetic.into(Power, this, other)
  def **=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic.into(Power, this, other)
  def >(other: NDArray): NDArray = NDArrayArithmetic(Greater, this, other)
  def >(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Greater, this, other)
  def >=(other: NDArray): NDArray = NDArrayArithmetic(GreaterEqual, this, other)
  def >=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(GreaterEqual, this, other)
  def <(other: NDArray): NDArray = NDArrayArithmetic(Lesser, this, other)
  def <(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Lesser, this, other)
  def <=(other: NDArray): NDArray = NDArrayArithmetic(LesserEqual, this, other)
  def <=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(LesserEqual, this, other)
  def %(other: NDArray): NDArray = NDArrayArithmetic(Modulo, this, other)
  def %(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Modulo, this, other)
  def %=(other: NDArray): NDArray = NDArrayArithmetic.into(Modulo, this, other)
  def %=(other: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic.into(Modulo, this, other)

  /** A copy of the elements as floats, row by row. */
  def toArray: Array[Float] = Conversion.toFloats(elements)

  /** A copy of the elements as doubles, row by row. */
  def toFloat64Array: Array[Double] = Conversion.toDoubles(elements)

  /** A copy of the elements' bytes. */
  def internal: NDArrayInternal = {
    val bytes = new Array[Byte](elements.byteSize)
    elements.bytes.get(bytes)
    new NDArrayInternal(bytes, dtype)
  }

  def toScalar: Float = {
    require(shape == Shape(1), s"an array of shape $shape is no scalar")
    toArray(0)
  }

  def toFloat64Scalar: Double = {
    require(shape == Shape(1), s"an array of shape $shape is no scalar")
    toFloat64Array(0)
  }

  /** Copies the elements into another array of this size, and returns that. */
  def copyTo(other: NDArray): NDArray = {
    other.requireWritable()
    if (other.shape != shape) {
      throw new MXNetError(s"operands shape mismatch: an array of shape $shape is not copied to one of shape ${other.shape}")
    }
    if (!(other eq this)) Conversion.cast(elements, other.elements)
    other
  }

  /** A copy that lives on another context, which is a CPU. */
  def copyTo(ctx: Context): NDArray = {
    val made = NDArray.unset(shape, ctx, elements.dtype)
    copyTo(made)
  }

  def copy(): NDArray = copyTo(home)

  def shape: Shape = elements.shape

  def size: Int = shape.product

  /** This array if it lives on the context, else a copy there. */
  def asInContext(context: Context): NDArray = if (context == home) this else copyTo(context)

  def isSparse: Boolean = sparseFormat.id != 0

  /** The array without its zeros. */
  def toSparse(sfOption: Option[SparseFormat] = None): SparseNDArray =
    SparseNDArray.ofDense(this, sfOption.getOrElse(SparseFormat.ROW_SPARSE))

  override def equals(o: Any): Boolean = o match {
    case that: NDArray => (that eq this) || (that.shape == shape && java.util.Arrays.equals(that.toArray, toArray))
    case _ => false
  }

  override def hashCode: Int = shape.hashCode + java.util.Arrays.hashCode(toArray)
}

object NDArray extends NDArrayCreation {
  implicit def getFirstResult(ret: NDArrayFuncReturn): NDArray = ret(0)

  val api: NDArrayAPI.type = NDArrayAPI
  val random: NDArrayRandomAPI.type = NDArrayRandomAPI

  /** Nothing to release by hand: an array's memory is the JVM's. */
  private val release: CPtrAddress => Int = _ => 0

  /** Nothing to wait for: operators return when they are done. */
  def waitall(): Unit = ()

  /** Runs an operator by its name; numbers by position, other parameters by name. */
  private[mxnet] def genericNDArrayFunctionInvoke(
      funcName: String, args: Seq[Any], kwargs: Map[String, Any] = null): NDArrayFuncReturn =
    OperatorCalls.untyped(funcName, args, kwargs)

  /** Remembers what results were computed from. */
  private[mxnet] def addDependency(froms: Array[NDArray], tos: Array[NDArray]): Unit =
    for (from <- froms; to <- tos if !(from eq to)) {
      to.dependencies.put(from.nativeAddress, new WeakReference(from))
      to.dependencies ++= from.dependencies
    }

  import NativeArithmetic._

  def power(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(Power, lhs, rhs)
  def power(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Power, lhs, rhs)
  def power(lhs: MX_PRIMITIVE_TYPE, rhs: NDArray): NDArray = NDArrayArithmetic.reversed(Power, lhs, rhs)
  def maximum(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(Maximum, lhs, rhs)
  def maximum(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Maximum, lhs, rhs)
  def maximum(lhs: MX_PRIMITIVE_TYPE, rhs: NDArray): NDArray = NDArrayArithmetic(Maximum, rhs, lhs)
  def minimum(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(Minimum, lhs, rhs)
  def minimum(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Minimum, lhs, rhs)
  def minimum(lhs: MX_PRIMITIVE_TYPE, rhs: NDArray): NDArray = NDArrayArithmetic(Minimum, rhs, lhs)
  def equal(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(Equal, lhs, rhs)
  def equal(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Equal, lhs, rhs)
  def notEqual(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(NotEqual, lhs, rhs)
  def notEqual(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(NotEqual, lhs, rhs)
  def greater(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(Greater, lhs, rhs)
  def greater(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Greater, lhs, rhs)
  def greaterEqual(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(GreaterEqual, lhs, rhs)
  def greaterEqual(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(GreaterEqual, lhs, rhs)
  def lesser(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(Lesser, lhs, rhs)
  def lesser(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(Lesser, lhs, rhs)
  def lesserEqual(lhs: NDArray, rhs: NDArray): NDArray = NDArrayArithmetic(LesserEqual, lhs, rhs)
  def lesserEqual(lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = NDArrayArithmetic(LesserEqual, lhs, rhs)

  /** Names and arrays of a `.params` file; no names where it has none. */
  def load(fname: String): (Array[String], Array[NDArray]) = NDArrayFiles.load(fname)

  /** Arrays of a `.params` file that names them. */
  def load2Map(fname: String): Map[String, NDArray] = {
    val (keys, arrays) = load(fname)
    require(keys.length == arrays.length, s"$fname names ${keys.length} of its ${arrays.length} arrays")
    keys.zip(arrays).toMap
  }

  def load2Array(fname: String): Array[NDArray] = load(fname)._2

  def save(fname: String, data: Map[String, NDArray]): Unit = {
    val (names, arrays) = data.toSeq.unzip
    NDArrayFiles.save(fname, names, arrays)
  }

  def save(fname: String, data: Traversable[NDArray]): Unit = NDArrayFiles.save(fname, Nil, data.toSeq)

  /** The array of bytes that `serialize` made. */
  def deserialize(bytes: Array[Byte]): NDArray =
    MXNetError.translated(NDArrayFiles.ofStored(ParamsFile.loadOne(java.nio.ByteBuffer.wrap(bytes.clone()), "serialized NDArray")))

  private[mxnet] def ofTensor(tensor: Tensor): NDArray =
    new NDArray(Elements.of(tensor), Context.cpu(), true, true)

  private[mxnet] def make(shape: Shape, ctx: Context, dtype: Dtype, operator: String = null): NDArray = {
    Context.requireArrayHome(ctx, operator)
    new NDArray(Elements.zeros(shape, dtype), ctx, true, true)
  }

  /** An array for somebody who writes all of it. */
  private[mxnet] def unset(shape: Shape, ctx: Context, dtype: Dtype): NDArray = {
    Context.requireArrayHome(ctx, null)
    new NDArray(Elements.unset(shape, dtype), ctx, true, true)
  }
}
