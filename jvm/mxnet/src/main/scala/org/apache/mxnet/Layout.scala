package org.apache.mxnet

/** Names of the axes of arrays, batch first. */
object Layout {
  val UNDEFINED: String = "__undefined__"
  val NCHW: String = "NCHW"
  val NTC: String = "NTC"
  val NT: String = "NT"
  val N: String = "N"
}
