package org.apache.mxnet.optimizer

import org.apache.mxnet.{LRScheduler, NDArray}

/** Training with steps along the gradient with noise, which a program may name; its steps are refused. */
class SGLD(
    val learningRate: Float = 0.01f, private val rescaleGradient: Float = 1, private val wd: Float = 0.0001f,
    private val clipGradient: Float = 0f, private val lrScheduler: LRScheduler = null)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): AnyRef = refused("SGLD.createState")
}

object SGLD
