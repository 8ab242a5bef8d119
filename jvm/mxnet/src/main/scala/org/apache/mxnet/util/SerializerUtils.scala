package org.apache.mxnet.util

import java.nio.ByteBuffer

import org.apache.mxnet.NDArray

/** Arrays as bytes, with their shapes and types. The name is MXNet's: programs import it. */
private[mxnet] object SerializerUtils {
  def serializeNDArrays(arrays: NDArray*): Array[Byte] = {
    val parts = arrays.map(_.serialize())
    val whole = ByteBuffer.allocate(parts.map(_.length + 4).sum)
    parts.foreach(part => whole.putInt(part.length).put(part))
    whole.array
  }

  def deserializeNDArrays(bytes: Array[Byte]): IndexedSeq[NDArray] = {
    val whole = ByteBuffer.wrap(bytes)
    val arrays = IndexedSeq.newBuilder[NDArray]
    while (whole.hasRemaining) {
      val part = new Array[Byte](whole.getInt)
      whole.get(part)
      arrays += NDArray.deserialize(part)
    }
    arrays.result()
  }
}
