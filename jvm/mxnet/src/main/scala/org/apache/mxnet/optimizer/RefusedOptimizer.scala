package org.apache.mxnet.optimizer

import org.apache.mxnet.{MXNetError, NDArray, Optimizer}

/** An optimizer of MXNet's: it can be made and configured, and every use in training is refused. */
abstract class RefusedOptimizer private[mxnet] () extends Optimizer {
  protected def refused(operation: String): Nothing = throw MXNetError.inferenceOnly(operation)

  private def named(method: String): String = s"${getClass.getSimpleName}.$method"

  override def update(index: Int, weight: NDArray, grad: NDArray, state: AnyRef): Unit = refused(named("update"))

  override def disposeState(state: AnyRef): Unit = ()

  override def serializeState(state: AnyRef): Array[Byte] = refused(named("serializeState"))

  override def deserializeState(bytes: Array[Byte]): AnyRef = refused(named("deserializeState"))
}
