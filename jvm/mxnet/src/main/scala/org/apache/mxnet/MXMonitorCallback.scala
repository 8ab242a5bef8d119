package org.apache.mxnet

import org.apache.mxnet.Base.NDArrayHandle

/** Is shown the outputs of a graph's nodes. */
private[mxnet] trait MXMonitorCallback {
  def invoke(name: String, arr: NDArrayHandle): Unit
}
