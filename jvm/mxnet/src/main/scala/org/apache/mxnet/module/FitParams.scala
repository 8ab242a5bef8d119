package org.apache.mxnet.module

import org.apache.mxnet._

/** Settings of `fit`, which is refused: they are checked, so that programs compile and fail where they train. */
class FitParams {
  private def defined(value: AnyRef, name: String): FitParams = {
    require(value != null, s"Undefined $name")
    this
  }

  def setEvalMetric(evalMetric: EvalMetric): FitParams = defined(evalMetric, "evalMetric")

  def setEpochEndCallback(epochEndCallback: EpochEndCallback): FitParams = this

  def setBatchEndCallback(batchEndCallback: BatchEndCallback): FitParams = this

  def setKVStore(kvStore: String): FitParams = defined(kvStore, "kvStore")

  def setOptimizer(optimizer: Optimizer): FitParams = defined(optimizer, "optimizer")

  def setEvalEndCallback(evalEndCallback: BatchEndCallback): FitParams = this

  def setEvalBatchEndCallback(evalBatchEndCallback: BatchEndCallback): FitParams = this

  def setInitializer(initializer: Initializer): FitParams = defined(initializer, "Initializer")

  def setArgParams(argParams: Map[String, NDArray]): FitParams = this

  def setAuxParams(auxParams: Map[String, NDArray]): FitParams = this

  def setAllowMissing(allowMissing: Boolean): FitParams = this

  def setForceRebind(forceRebind: Boolean): FitParams = this

  def setForceInit(forceInit: Boolean): FitParams = this

  def setBeginEpoch(beginEpoch: Int): FitParams = {
    require(beginEpoch >= 0, s"Invalid epoch $beginEpoch")
    this
  }

  def setValidationMetric(metric: EvalMetric): FitParams = this

  def setMonitor(monitor: Monitor): FitParams = this
}
