package org.apache.mxnet.optimizer

import org.apache.mxnet.NDArray

/** Training with steps by the running mean of squared gradients and steps, which a program may name; its steps are refused. */
class AdaDelta(rho: Float = 0.05f, rescaleGradient: Float = 1.0f, epsilon: Float = 1e-8f, wd: Float = 0.0f, clipGradient: Float = 0f)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): (NDArray, NDArray) = refused("AdaDelta.createState")
}

object AdaDelta
