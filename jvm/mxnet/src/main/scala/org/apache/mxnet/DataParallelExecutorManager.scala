package org.apache.mxnet

/** Training over several devices: nothing that runs here trains. */
private[mxnet] class DataParallelExecutorManager(private val symbol: Symbol, ctx: Array[Context], paramNames: IndexedSeq[String], argNames: IndexedSeq[String],
    auxNames: IndexedSeq[String], trainData: DataIter, workLoadList: Seq[Float] = null, symGen: SymbolGenerator = null) {
  throw MXNetError.inferenceOnly("a DataParallelExecutorManager")

  private def refused: Nothing = throw MXNetError.inferenceOnly("a DataParallelExecutorManager")

  def paramArrays: IndexedSeq[Array[NDArray]] = refused
  def gradArrays: IndexedSeq[Array[NDArray]] = refused
  def auxArrays: IndexedSeq[Array[NDArray]] = refused
  def dispose(): Unit = refused
  def installMonitor(monitor: Monitor): Unit = refused
  def setParams(argParams: Map[String, NDArray], auxParams: Map[String, NDArray]): Unit = refused
  def copyTo(argParams: Map[String, NDArray], auxParams: Map[String, NDArray]): Unit = refused
  def loadDataBatch(dataBatch: DataBatch): Unit = refused
  def forward(isTrain: Boolean = false): Unit = refused
  def backward(): Unit = refused
  def updateMetric(metric: EvalMetric, labels: IndexedSeq[NDArray]): Unit = refused
}
