package org.apache.mxnet

import _root_.io.offboard.client.Dtype

/** Element types; the numbers are MXNet's. */
object DType extends Enumeration {
  type DType = Value
  val Float32: Value = Value(0, "float32")
  val Float64: Value = Value(1, "float64")
  val Float16: Value = Value(2, "float16")
  val UInt8: Value = Value(3, "uint8")
  val Int32: Value = Value(4, "int32")
  val Int8: Value = Value(5, "int8")
  val Int64: Value = Value(6, "int64")
  val Unknown: Value = Value(-1, "unknown")

  /** Bytes of an element. */
  private[mxnet] def numOfBytes(dtype: DType): Int = toClient(dtype).size

  /** The type of a name, Unknown for any other. */
  private[mxnet] def getType(name: String): DType = values.find(_.toString == name).getOrElse(Unknown)

  private[mxnet] def toClient(dtype: DType): Dtype = {
    val found = Dtype.ofFlag(dtype.id)
    if (found == null) throw new IllegalArgumentException("An array needs an element type")
    found
  }

  private[mxnet] def ofClient(dtype: Dtype): DType =
    if (dtype == null) Unknown else values.find(_.id == dtype.flag).getOrElse(Unknown)
}
