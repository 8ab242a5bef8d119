package org.apache.mxnet.optimizer

import org.apache.mxnet.NDArray

/** Training with steps by the sum of squared gradients, which a program may name; its steps are refused. */
class AdaGrad(
    val learningRate: Float = 0.05f, private val rescaleGradient: Float = 1.0f, private val epsilon: Float = 1e-7f,
    private val wd: Float = 0.0f)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): NDArray = refused("AdaGrad.createState")
}

object AdaGrad
