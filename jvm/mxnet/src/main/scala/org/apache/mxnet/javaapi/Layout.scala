package org.apache.mxnet.javaapi

import org.apache.mxnet

/** Names of the axes of arrays, batch first; for Java. */
object Layout {
  val UNDEFINED: String = mxnet.Layout.UNDEFINED
  val NCHW: String = mxnet.Layout.NCHW
  val NTC: String = mxnet.Layout.NTC
  val NT: String = mxnet.Layout.NT
  val N: String = mxnet.Layout.N
}
