package org.apache.mxnet

import org.apache.mxnet.Base.MX_REAL_TYPE
import org.apache.mxnet.DType.DType

/** How arrays come to be; part of the object NDArray. */
abstract class NDArrayCreation private[mxnet] () extends NDArrayBase {
  /** Writes ones at (i, indices(i)) of a matrix, and zeros elsewhere. */
  def onehotEncode(indices: NDArray, out: NDArray): NDArray = {
    out.requireWritable()
    require(out.shape.length == 2 && indices.size == out.shape(0),
      s"one-hot rows of ${indices.size} indices do not fit an array of shape ${out.shape}")
    val (count, width) = (out.shape(0), out.shape(1))
    val values = new Array[Float](count * width)
    indices.toArray.zipWithIndex.foreach { case (index, row) =>
      if (0 <= index && index < width) values(row * width + index.toInt) = 1f
    }
    out.set(values)
  }

  /** An array whose content is not set yet. */
  def empty(shape: Shape, ctx: Context = null, dtype: DType = MX_REAL_TYPE): NDArray = made(shape, ctx, dtype, null)
  def empty(shape: Int*): NDArray = empty(Shape(shape: _*))
  def empty(ctx: Context, shape: Int*): NDArray = empty(Shape(shape: _*), ctx)

  def zeros(shape: Shape, ctx: Context = null, dtype: DType = MX_REAL_TYPE): NDArray = made(shape, ctx, dtype, "_zeros")
  def zeros(shape: Int*): NDArray = zeros(Shape(shape: _*))
  def zeros(ctx: Context, shape: Int*): NDArray = zeros(Shape(shape: _*), ctx)

  def ones(shape: Shape, ctx: Context = null, dtype: DType = MX_REAL_TYPE): NDArray =
    filled(made(shape, ctx, dtype, "_ones"), 1.0)
  def ones(shape: Int*): NDArray = ones(Shape(shape: _*))
  def ones(ctx: Context, shape: Int*): NDArray = ones(Shape(shape: _*), ctx)

  def full(shape: Shape, value: Float, ctx: Context = null): NDArray =
    filled(made(shape, ctx, DType.Float32, "_full"), value.toDouble)
  def full(shape: Shape, value: Double, ctx: Context): NDArray = filled(made(shape, ctx, DType.Float64, "_full"), value)
  def full(shape: Shape, value: Double): NDArray = full(shape, value, null)

  /** An array of float32 with these elements. */
  def array(sourceArr: Array[Float], shape: Shape, ctx: Context = null): NDArray =
    unset(shape, ctx, DType.Float32, sourceArr.length).set(sourceArr)

  /** An array of float64 with these elements. */
  def array(sourceArr: Array[Double], shape: Shape, ctx: Context): NDArray =
    unset(shape, ctx, DType.Float64, sourceArr.length).set(sourceArr)

  def array(sourceArr: Array[Double], shape: Shape): NDArray = array(sourceArr, shape, null)

  /** An array of nested arrays of Float or Double, which are all of one length on each level. */
  def toNDArray(sourceArr: Array[_], ctx: Context = null): NDArray = NestedArrays.toNDArray(sourceArr, ctx)

  /** Numbers from start until stop, or from 0 until start if stop is None; each `repeat` times. */
  def arange(start: Float, stop: Option[Float] = None, step: Float = 1.0f, repeat: Int = 1, ctx: Context = null,
      dType: DType = MX_REAL_TYPE): NDArray = {
    require(step != 0f, "arange needs a step other than 0")
    val (first, last) = stop match {
      case Some(end) => (start, end)
      case None => (0f, start)
    }
    val count = Math.max(0, Math.ceil((last.toDouble - first) / step).toInt)
    val values = Array.tabulate(count * repeat)(i => first.toDouble + (i / repeat) * step.toDouble)
    made(Shape(count * repeat), ctx, dType, "_arange").set(values)
  }

  /** Arrays one after the other along an axis. */
  def concatenate(arrays: Seq[NDArray], axis: Int = 0, alwaysCopy: Boolean = true): NDArray = {
    require(arrays.nonEmpty, "concatenate needs at least one array")
    if (!alwaysCopy && arrays.size == 1) arrays.head else concatenated(arrays, axis)
  }

  def concatenate(arrays: NDArray*): NDArray = concatenate(arrays.toSeq)

  private def concatenated(arrays: Seq[NDArray], axis: Int): NDArray = {
    val first = arrays.head
    val along = if (axis < 0) axis + first.shape.length else axis
    require(0 <= along && along < first.shape.length, s"axis $axis of an array of shape ${first.shape}")
    arrays.foreach { each =>
      require(each.dtype == first.dtype && each.shape.toVector.patch(along, Nil, 1) == first.shape.toVector.patch(along, Nil, 1),
        s"arrays of shapes ${first.shape} and ${each.shape}, types ${first.dtype} and ${each.dtype} are not concatenated along axis $along")
    }
    val shape = Shape(first.shape.toVector.updated(along, arrays.map(_.shape(along)).sum))
    val made = NDArray.make(shape, first.context, first.elements.dtype)
    val target = made.elements.bytes
    val blocks = first.shape.slice(0, along).product
    val sources = arrays.map { each =>
      val bytes = each.elements.bytes
      (bytes, if (blocks == 0) 0 else bytes.limit() / blocks)
    }
    for (block <- 0 until blocks; (source, length) <- sources) {
      val part = source.duplicate()
      part.position(block * length)
      part.limit((block + 1) * length)
      target.put(part)
    }
    made.elements.memory.written()
    made
  }

  private[mxnet] def transposed(array: NDArray): NDArray = {
    val (rows, columns) = (array.shape(0), array.shape(1))
    val made = NDArray.make(Shape(columns, rows), array.context, array.elements.dtype)
    val (source, target) = (array.elements.bytes, made.elements.bytes)
    val width = array.elements.dtype.size
    for (row <- 0 until rows; column <- 0 until columns; each <- 0 until width) {
      target.put((column * rows + row) * width + each, source.get((row * columns + column) * width + each))
    }
    made.elements.memory.written()
    made
  }

  private def made(shape: Shape, ctx: Context, dtype: DType, operator: String): NDArray =
    NDArray.make(shape, if (ctx == null) Context.defaultCtx else ctx, DType.toClient(dtype), operator)

  /** An array that is about to get so many elements. */
  private def unset(shape: Shape, ctx: Context, dtype: DType, count: Int): NDArray = {
    require(count == shape.product, s"$count numbers for an array of shape $shape")
    NDArray.unset(shape, if (ctx == null) Context.defaultCtx else ctx, DType.toClient(dtype))
  }

  private def filled(array: NDArray, value: Double): NDArray = {
    Conversion.fill(array.elements, value)
    array
  }
}
