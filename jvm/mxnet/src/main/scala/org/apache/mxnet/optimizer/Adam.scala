package org.apache.mxnet.optimizer

import org.apache.mxnet.{LRScheduler, NDArray}

/** Training with steps by running means of gradients and their squares, which a program may name; its steps are refused. */
class Adam(
    val learningRate: Float = 0.002f, private val beta1: Float = 0.9f, private val beta2: Float = 0.999f,
    private val epsilon: Float = 1e-8f, private val decayFactor: Float = 1 - 1e-8f, private val wd: Float = 0.0f,
    private val clipGradient: Float = 0f, private val lrScheduler: LRScheduler = null)
    extends RefusedOptimizer {
  protected var time: Int = 0
  protected var timeFirstIndex: Option[Int] = None

  override def createState(index: Int, weight: NDArray): (NDArray, NDArray) = refused("Adam.createState")
}

object Adam
