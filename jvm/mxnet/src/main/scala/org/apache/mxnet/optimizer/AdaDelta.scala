package org.apache.mxnet.optimizer

import org.apache.mxnet.NDArray

/** Training with steps by the running mean of squared gradients and steps, which a program may name; its steps are refused. */
class AdaDelta(
    private val rho: Float = 0.05f, private val rescaleGradient: Float = 1.0f, private val epsilon: Float = 1e-8f,
    private val wd: Float = 0.0f, private val clipGradient: Float = 0f)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): (NDArray, NDArray) = refused("AdaDelta.createState")
}

object AdaDelta
