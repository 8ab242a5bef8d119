package org.apache.mxnet.optimizer

import org.apache.mxnet.{LRScheduler, NDArray}

/** Training with asynchronous steps that make up for their delay, which a program may name; its steps are refused. */
class DCASGD(
    val learningRate: Float = 0.01f, private val momentum: Float = 0.0f, private val lamda: Float = 0.04f,
    private val wd: Float = 0.0f, private val clipGradient: Float = 0f,
    private val lrScheduler: LRScheduler = null)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): (NDArray, NDArray) = refused("DCASGD.createState")
}

object DCASGD
