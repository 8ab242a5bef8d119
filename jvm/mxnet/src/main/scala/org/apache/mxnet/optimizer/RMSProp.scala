package org.apache.mxnet.optimizer

import org.apache.mxnet.{LRScheduler, NDArray}

/** Training with steps by the running mean of squared gradients, which a program may name; its steps are refused. */
class RMSProp(
    val learningRate: Float = 0.002f, private val rescaleGradient: Float = 1.0f, private val gamma1: Float = 0.95f,
    private val gamma2: Float = 0.9f, private val wd: Float = 0.0f, private val lrScheduler: LRScheduler = null,
    private val clipGradient: Float = 0f)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): (NDArray, NDArray, NDArray) = refused("RMSProp.createState")
}

object RMSProp
