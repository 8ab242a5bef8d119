package org.apache.mxnet

/** How the learning rate changes with the updates made. */
abstract class LRScheduler(var baseLR: Float = 0.01f) {
  def apply(numUpdate: Int): Float
}

object LRScheduler

/** Multiplies the learning rate by a factor after each so many updates. */
class FactorScheduler(protected var step: Int, protected var factor: Float) extends LRScheduler {
  require(step >= 1, "Schedule step must be greater or equal than 1 round")
  require(factor < 1.0, "Factor must be less than 1 to make lr reduce")

  protected var count: Int = 0

  def apply(numUpdate: Int): Float = {
    if (numUpdate > count + step) {
      count += step
      baseLR *= factor
    }
    baseLR
  }
}
