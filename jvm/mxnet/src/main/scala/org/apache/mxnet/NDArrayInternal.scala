package org.apache.mxnet

import java.nio.{ByteBuffer, ByteOrder}

import org.apache.mxnet.DType.DType

/** A copy of an array's bytes, in the machine's byte order. */
private[mxnet] class NDArrayInternal(private val internal: Array[Byte], private val dtype: DType) {
  private val unit = DType.numOfBytes(dtype)
  require(internal.length > 0 && internal.length % unit == 0,
    s"${internal.length} bytes are no whole number of elements of type $dtype")

  private def values: Elements =
    new Elements(Memory.of(ByteBuffer.wrap(internal).order(ByteOrder.nativeOrder())), DType.toClient(dtype), Shape(internal.length / unit), 0)

  def getRaw: Array[Byte] = internal
  def toDoubleArray: Array[Double] = Conversion.toDoubles(values)
  def toFloatArray: Array[Float] = Conversion.toFloats(values)
  def toIntArray: Array[Int] = Conversion.toLongs(values).map(_.toInt)
  def toLongArray: Array[Long] = Conversion.toLongs(values)
  def toByteArray: Array[Byte] = Conversion.toLongs(values).map(_.toByte)
}
