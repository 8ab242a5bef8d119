package org.apache.mxnet.javaapi

import org.apache.mxnet

/** Element types; for Java. The values are the Scala interface's. */
object DType extends Enumeration {
  type DType = mxnet.DType.DType
  val Float32: DType = mxnet.DType.Float32
  val Float64: DType = mxnet.DType.Float64
  val Float16: DType = mxnet.DType.Float16
  val UInt8: DType = mxnet.DType.UInt8
  val Int32: DType = mxnet.DType.Int32
  val Unknown: DType = mxnet.DType.Unknown
}
