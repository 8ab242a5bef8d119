package org.apache.mxnet.optimizer

import org.apache.mxnet.{LRScheduler, NDArray}

/** Training with steps by running means of gradients and their squares, which a program may name; its steps are refused. */
class Adam(val learningRate: Float = 0.002f, beta1: Float = 0.9f, beta2: Float = 0.999f, epsilon: Float = 1e-8f, decayFactor: Float = 1 - 1e-8f, wd: Float = 0.0f,
    clipGradient: Float = 0f, lrScheduler: LRScheduler = null)
    extends RefusedOptimizer {
  override def createState(index: Int, weight: NDArray): (NDArray, NDArray) = refused("Adam.createState")
}

object Adam
