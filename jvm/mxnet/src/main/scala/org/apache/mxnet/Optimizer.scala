package org.apache.mxnet

import scala.collection.mutable
import scala.util.Either

/** How training changes weights. It can be configured; nothing that runs here trains, so its updates are refused. */
abstract class Optimizer extends Serializable {
  protected val lrMult: mutable.Map[Either[Int, String], Float] = mutable.HashMap.empty[Either[Int, String], Float]
  protected val wdMult: mutable.Map[Either[Int, String], Float] = mutable.HashMap.empty[Either[Int, String], Float]
  protected var numUpdate: Int = 0
  protected val indexUpdateCount: mutable.Map[Int, Int] = mutable.HashMap.empty[Int, Int]
  protected var specialized: Boolean = false
  protected val weightSet: mutable.Set[Int] = mutable.HashSet.empty[Int]
  protected var rescaleGrad: Float = 1
  @transient protected var symbol: Symbol = null
  protected var idx2name: Map[Int, String] = null

  /** Changes a weight by its gradient. */
  def update(index: Int, weight: NDArray, grad: NDArray, state: AnyRef): Unit

  def createState(index: Int, weight: NDArray): AnyRef

  def disposeState(state: AnyRef): Unit

  def serializeState(state: AnyRef): Array[Byte]

  def deserializeState(bytes: Array[Byte]): AnyRef

  @deprecated("Use setLrMult instead.", "0.10.0")
  def setLrScale(lrScale: Map[Int, Float]): Unit = setLrMult(lrScale.map { case (index, scale) => (Left(index): Either[Int, String]) -> scale })

  def setLrMult(argsLrMult: Map[Either[Int, String], Float]): Unit = argsLrMult.foreach { case (key, value) => lrMult(key) = value }

  def setWdMult(argsWdMult: Map[Either[Int, String], Float]): Unit = argsWdMult.foreach { case (key, value) => wdMult(key) = value }

  def setArgNames(argNames: Seq[String]): Unit = if (argNames != null) {
    specialized = true
    weightSet.clear()
    var index = 0
    argNames.foreach { name =>
      if (!name.endsWith("data") && !name.endsWith("label")) {
        if (name.endsWith("weight")) weightSet.add(index)
        index += 1
      }
    }
  }

  def setRescaleGrad(rescaleGrad: Float): Unit = this.rescaleGrad = rescaleGrad

  def setSymbol(sym: Symbol): Unit = symbol = sym

  def setIdx2Name(paramIdx2Name: Map[Int, String]): Unit = idx2name = paramIdx2Name

  protected def updateCount(index: Int): Unit = {
    indexUpdateCount(index) = indexUpdateCount.getOrElse(index, 0) + 1
    numUpdate = Math.max(numUpdate, indexUpdateCount(index))
  }

  protected def getLr(index: Int, lr: Float): Float = lr * multiplier(lrMult, index).getOrElse(1f)

  protected def getWd(index: Int, wd: Float): Float = {
    val decays = !specialized || weightSet.contains(index)
    (if (decays) wd else 0f) * multiplier(wdMult, index).getOrElse(1f)
  }

  private def multiplier(of: mutable.Map[Either[Int, String], Float], index: Int): Option[Float] =
    of.get(Left(index)).orElse(Option(idx2name).flatMap(_.get(index)).flatMap(name => of.get(Right(name))))
}

object Optimizer {
  def getUpdater(optimizer: Optimizer): MXKVStoreUpdater = throw MXNetError.inferenceOnly("update")
}

/** Changes a stored value by a received one. */
trait MXKVStoreUpdater extends NativeResource {
  def update(key: Int, recv: NDArray, local: NDArray): Unit
  override def nativeAddress: Base.CPtrAddress = System.identityHashCode(this).toLong
  override def nativeDeAllocator: Base.CPtrAddress => Int = _ => 0
  override val ref: NativeResourceRef = super.register()
  override val bytesAllocated: Long = 0L
}

/** States of an optimizer that can be stored. */
trait MXKVStoreCachedStates {
  protected val states: mutable.HashMap[Int, AnyRef] = mutable.HashMap.empty[Int, AnyRef]

  def serializeState(): Array[Byte]

  def deserializeState(bytes: Array[Byte]): Unit
}
