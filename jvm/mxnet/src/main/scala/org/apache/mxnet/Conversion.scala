package org.apache.mxnet

import java.nio.ByteBuffer

import _root_.io.offboard.client.Dtype

/** Elements of any type as the JVM's numbers, and back. */
private[mxnet] object Conversion {
  def toFloats(elements: Elements): Array[Float] = {
    val found = new Array[Float](elements.size)
    val bytes = elements.bytes
    elements.dtype match {
      case Dtype.FLOAT32 => bytes.asFloatBuffer.get(found)
      case other =>
        val read = reader(bytes, other)
        var i = 0
        while (i < found.length) { found(i) = read(i).toFloat; i += 1 }
    }
    found
  }

  def toDoubles(elements: Elements): Array[Double] = {
    val found = new Array[Double](elements.size)
    val bytes = elements.bytes
    elements.dtype match {
      case Dtype.FLOAT64 => bytes.asDoubleBuffer.get(found)
      case other =>
        val read = reader(bytes, other)
        var i = 0
        while (i < found.length) { found(i) = read(i); i += 1 }
    }
    found
  }

  /** Integers exactly, where a double would round them; floating point numbers are cut. */
  def toLongs(elements: Elements): Array[Long] = {
    val bytes = elements.bytes
    elements.dtype match {
      case Dtype.INT64 => Array.tabulate(elements.size)(i => bytes.getLong(i * 8))
      case other =>
        val read = reader(bytes, other)
        Array.tabulate(elements.size)(i => read(i).toLong)
    }
  }

  def write(elements: Elements, values: Array[Float]): Unit = {
    val bytes = elements.bytes
    elements.dtype match {
      case Dtype.FLOAT32 => bytes.asFloatBuffer.put(values)
      case other =>
        val put = writer(bytes, other)
        var i = 0
        while (i < values.length) { put(i, values(i).toDouble); i += 1 }
    }
    elements.memory.written()
  }

  def write(elements: Elements, values: Array[Double]): Unit = {
    val bytes = elements.bytes
    elements.dtype match {
      case Dtype.FLOAT64 => bytes.asDoubleBuffer.put(values)
      case other =>
        val put = writer(bytes, other)
        var i = 0
        while (i < values.length) { put(i, values(i)); i += 1 }
    }
    elements.memory.written()
  }

  def fill(elements: Elements, value: Double): Unit = {
    val bytes = elements.bytes
    val put = writer(bytes, elements.dtype)
    var i = 0
    while (i < elements.size) { put(i, value); i += 1 }
    elements.memory.written()
  }

  /** Copies with a change of type, as C converts. */
  def cast(from: Elements, to: Elements): Unit = {
    if (from.dtype == to.dtype) to.write(from.bytes)
    else {
      val target = to.bytes
      if (from.dtype == Dtype.INT64 && !isFloat(to.dtype)) {
        val source = from.bytes
        var i = 0
        while (i < from.size) { putLong(target, to.dtype, i, source.getLong(i * 8)); i += 1 }
      } else {
        val read = reader(from.bytes, from.dtype)
        val put = writer(target, to.dtype)
        var i = 0
        while (i < from.size) { put(i, read(i)); i += 1 }
      }
      to.memory.written()
    }
  }

  def isFloat(dtype: Dtype): Boolean = dtype match {
    case Dtype.FLOAT32 | Dtype.FLOAT64 | Dtype.FLOAT16 => true
    case _ => false
  }

  /** Reads the i-th element. */
  def reader(bytes: ByteBuffer, dtype: Dtype): Int => Double = dtype match {
    case Dtype.FLOAT32 => i => bytes.getFloat(i * 4).toDouble
    case Dtype.FLOAT64 => i => bytes.getDouble(i * 8)
    case Dtype.FLOAT16 => i => Half.toFloat(bytes.getShort(i * 2)).toDouble
    case Dtype.UINT8 | Dtype.BOOL => i => (bytes.get(i) & 0xff).toDouble
    case Dtype.INT8 => i => bytes.get(i).toDouble
    case Dtype.INT32 => i => bytes.getInt(i * 4).toDouble
    case Dtype.INT64 => i => bytes.getLong(i * 8).toDouble
    case other => throw new MXNetError(s"MXNet has no arithmetic with arrays of ${other.numpyName}")
  }

  /** Writes the i-th element. */
  def writer(bytes: ByteBuffer, dtype: Dtype): (Int, Double) => Unit = dtype match {
    case Dtype.FLOAT32 => (i, value) => bytes.putFloat(i * 4, value.toFloat)
    case Dtype.FLOAT64 => (i, value) => bytes.putDouble(i * 8, value)
    case Dtype.FLOAT16 => (i, value) => bytes.putShort(i * 2, Half.ofFloat(value.toFloat))
    case _ => (i, value) => putLong(bytes, dtype, i, value.toLong)
  }

  def putLong(bytes: ByteBuffer, dtype: Dtype, i: Int, value: Long): Unit = dtype match {
    case Dtype.UINT8 | Dtype.INT8 => bytes.put(i, value.toByte)
    case Dtype.BOOL => bytes.put(i, (if (value != 0) 1 else 0).toByte)
    case Dtype.INT32 => bytes.putInt(i * 4, value.toInt)
    case Dtype.INT64 => bytes.putLong(i * 8, value)
    case other => throw new MXNetError(s"MXNet has no arithmetic with arrays of ${other.numpyName}")
  }
}
