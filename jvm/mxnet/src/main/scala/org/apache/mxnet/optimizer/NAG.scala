package org.apache.mxnet.optimizer

import org.apache.mxnet.{LRScheduler, NDArray}

/** Training with steps with Nesterov's momentum, which a program may name; its steps are refused. */
class NAG(
    val learningRate: Float = 0.01f, private val momentum: Float = 0.0f, private val wd: Float = 0.0001f,
    private val clipGradient: Float = 0f, private val lrScheduler: LRScheduler = null)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): AnyRef = refused("NAG.createState")
}

object NAG
