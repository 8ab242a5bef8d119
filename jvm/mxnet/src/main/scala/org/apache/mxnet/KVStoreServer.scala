package org.apache.mxnet

/** A server of parameters in distributed training: nothing that runs here trains. */
private[mxnet] class KVStoreServer(private val kvStore: KVStore) {
  def run(): Unit = throw MXNetError.inferenceOnly("a KVStoreServer")
}

object KVStoreServer {
  def start(dieIfOthersGoOutTimeout: Int = 0): Unit = throw MXNetError.inferenceOnly("a KVStoreServer")

  def init(env: Map[String, String]): Unit = throw MXNetError.inferenceOnly("a KVStoreServer")
}

private[mxnet] trait KVServerControllerCallback {
  def invoke(cmdId: Int, cmdBody: String): Unit
}
