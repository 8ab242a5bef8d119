package org.apache.mxnet

import org.apache.mxnet.Base.{CPtrAddress, KVStoreHandle, MXUint}

/** Where training keeps parameters: nothing that runs here trains, so every use is refused. */
object KVStore {
  val GROUP_NODE_SCHEDULER: Int = 1
  val GROUP_NODE_SERVER: Int = 2
  val GROUP_NODE_WORKER: Int = 4

  def create(name: String = "local"): KVStore = throw MXNetError.inferenceOnly(s"KVStore.create($name)")
}

class KVStore(private val handle: KVStoreHandle) extends NativeResource {
  throw MXNetError.inferenceOnly("a KVStore")

  override def nativeAddress: CPtrAddress = handle
  override def nativeDeAllocator: CPtrAddress => MXUint = _ => 0
  override val ref: NativeResourceRef = super.register()
  override val bytesAllocated: Long = 0L

  private def refused[T]: T = throw MXNetError.inferenceOnly("a KVStore")

  def init(keys: Array[String], values: Array[NDArray]): Unit = refused
  def init(key: String, value: NDArray): Unit = refused
  def push(keys: Array[String], values: Array[NDArray], priority: Int): Unit = refused
  def push(keys: Array[String], values: Array[NDArray]): Unit = refused
  def push(key: String, value: NDArray, priority: Int = 0): Unit = refused
  def push(key: String, values: Array[NDArray], priority: Int): Unit = refused
  def push(key: String, values: Array[NDArray]): Unit = refused
  def pull(keys: Array[String], outs: Array[NDArray], priority: Int): Unit = refused
  def pull(keys: Array[String], outs: Array[NDArray]): Unit = refused
  def pull(key: String, out: NDArray, priority: Int = 0): Unit = refused
  def pull(key: String, outs: Array[NDArray], priority: Int): Unit = refused
  def pull(key: String, outs: Array[NDArray]): Unit = refused
  def `type`: String = refused
  def numWorkers: Int = refused
  def rank: Int = refused
  def setOptimizer(optimizer: Optimizer): Unit = refused
  def setUpdater(updater: MXKVStoreUpdater): Unit = refused
  def barrier(): Unit = refused
  def numDeadNode(nodeId: Int): Int = refused
  def setBarrierBeforeExit(barrierBeforeExit: Boolean): Unit = refused
  def saveOptimizerStates(fname: String): Unit = refused
  def loadOptimizerStates(fname: String): Unit = refused
}
