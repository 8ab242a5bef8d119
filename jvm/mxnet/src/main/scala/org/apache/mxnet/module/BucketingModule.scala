package org.apache.mxnet.module

import org.apache.mxnet._
import org.apache.mxnet.module.BaseModule.logger

import scala.collection.mutable

/**
 * Modules for inputs of many lengths: a symbol a length, all over the same parameters.
 *
 * @param symGen gives a length's symbol, and the names of its data and labels
 * @param defaultBucketKey the length that owns the parameters, best the greatest
 * @param contexts where it runs
 * @throws IllegalArgumentException the data's names are no arguments of the symbol
 */
class BucketingModule(symGen: AnyRef => (Symbol, IndexedSeq[String], IndexedSeq[String]),
                      defaultBucketKey: AnyRef,
                      contexts: Array[Context] = Context.cpu(),
                      workLoadList: Option[IndexedSeq[Float]] = None,
                      fixedParamNames: Option[Set[String]] = None) extends BaseModule {
  private val buckets = mutable.LinkedHashMap.empty[AnyRef, Module]
  private var current: Module = null
  private var gradReq = "write"

  locally {
    val (symbol, data, labels) = symGen(defaultBucketKey)
    BaseModule.checkInputNames(symbol, Option(data).getOrElse(IndexedSeq.empty), "data", throws = true)
    BaseModule.checkInputNames(symbol, Option(labels).getOrElse(IndexedSeq.empty), "label", throws = false)
    BaseModule.checkInputNames(symbol, fixedParamNames.toIndexedSeq.flatten, "fixed_param", throws = true)
  }

  private[module] override def onAccelerator: Boolean = contexts.exists(_.deviceType == "eia")

  override def dataNames: IndexedSeq[String] = if (binded) current.dataNames else symGen(defaultBucketKey)._2

  override def outputNames: IndexedSeq[String] = if (binded) current.outputNames else symGen(defaultBucketKey)._1.listOutputs()

  override def dataShapes: IndexedSeq[DataDesc] = bound.dataShapes

  override def labelShapes: IndexedSeq[DataDesc] = bound.labelShapes

  override def outputShapes: IndexedSeq[(String, Shape)] = bound.outputShapes

  private def bound: Module = {
    require(binded, "bind() must be called first.")
    current
  }

  private def ready: Module = {
    requireReady()
    current
  }

  override def getSymbol: Symbol = bound.getSymbol

  override def getParams: (Map[String, NDArray], Map[String, NDArray]) = ready.getParams

  override def initParams(initializer: Initializer = new Uniform(0.01f),
                          argParams: Map[String, NDArray] = null,
                          auxParams: Map[String, NDArray] = null,
                          allowMissing: Boolean = false,
                          forceInit: Boolean = false,
                          allowExtra: Boolean = false): Unit =
    if (!paramsInitialized || forceInit) {
      require(binded, "call bind before initializing the parameters")
      current.initParams(initializer, argParams, auxParams, allowMissing, forceInit, allowExtra)
      paramsInitialized = true
    }

  override def setParams(argParams: Map[String, NDArray],
                         auxParams: Map[String, NDArray],
                         allowMissing: Boolean = false,
                         forceInit: Boolean = true,
                         allowExtra: Boolean = false): Unit =
    if (paramsInitialized && !forceInit) {
      logger.warn("Parameters already initialized and forceInit=false. setParams call ignored.")
    } else {
      require(binded, "call bind before initializing the parameters")
      current.setParams(argParams, auxParams, allowMissing, forceInit, allowExtra)
      paramsInitialized = true
    }

  override def bind(dataShapes: IndexedSeq[DataDesc],
                    labelShapes: Option[IndexedSeq[DataDesc]] = None,
                    forTraining: Boolean = true,
                    inputsNeedGrad: Boolean = false,
                    forceRebind: Boolean = false,
                    sharedModule: Option[BaseModule] = None,
                    gradReq: String = "write"): Unit = {
    require(sharedModule.isEmpty, "sharedModule for BucketingModule is not supported")
    if (binded && !forceRebind) {
      logger.warn("Already bound, ignoring bind()")
    } else {
      val parameters = if (binded && paramsInitialized) Some(getParams) else None
      dispose()
      val module = made(defaultBucketKey)
      module.bind(dataShapes, labelShapes, forTraining, inputsNeedGrad, gradReq = gradReq)
      this.forTraining = forTraining
      this.inputsNeedGrad = inputsNeedGrad
      this.gradReq = gradReq
      current = module
      buckets.put(defaultBucketKey, module)
      binded = true
      parameters.foreach { case (arguments, auxiliary) => setParams(arguments, auxiliary) }
    }
  }

  private def made(key: AnyRef): Module = {
    val (symbol, data, labels) = symGen(key)
    new Module(symbol, data, labels, contexts, workLoadList, fixedParamNames)
  }

  /** Makes a length's module the current one, bound if it was not. */
  def switchBucket(bucketKey: AnyRef, dataShapes: IndexedSeq[DataDesc], labelShapes: Option[IndexedSeq[DataDesc]] = None): Unit = {
    require(binded, "call bind before switching bucket")
    current = buckets.getOrElseUpdate(bucketKey, {
      val module = made(bucketKey)
      module.bind(dataShapes, labelShapes, forTraining, inputsNeedGrad, sharedModule = buckets.get(defaultBucketKey), gradReq = gradReq)
      module
    })
  }

  /** Binds what a batch will need. */
  def prepare(dataBatch: DataBatch): Unit = {
    requireReady()
    val before = current
    switchTo(dataBatch)
    current = before
  }

  private def switchTo(batch: DataBatch): Unit =
    switchBucket(batch.bucketKey, batch.provideDataDesc, Option(batch.provideLabelDesc).filter(_.nonEmpty))

  override def forward(dataBatch: DataBatch, isTrain: Option[Boolean] = None): Unit = {
    requireReady()
    switchTo(dataBatch)
    current.forward(dataBatch, isTrain)
  }

  override def getOutputs(): IndexedSeq[IndexedSeq[NDArray]] = ready.getOutputs()

  override def getOutputsMerged(): IndexedSeq[NDArray] = ready.getOutputsMerged()

  override def updateMetric(evalMetric: EvalMetric, labels: IndexedSeq[NDArray]): Unit = ready.updateMetric(evalMetric, labels)

  override def installMonitor(monitor: Monitor): Unit = {
    require(binded, "bind() must be called first.")
    buckets.values.foreach(_.installMonitor(monitor))
  }

  override def dispose(): Unit = {
    buckets.values.foreach(_.dispose())
    buckets.clear()
    current = null
    binded = false
    paramsInitialized = false
  }
}

object BucketingModule
