package org.apache.mxnet.module

import org.apache.mxnet._
import org.apache.mxnet.module.BaseModule.logger

import scala.collection.mutable.ArrayBuffer

/** Modules one after the other: the outputs of each are the data of the next. */
class SequentialModule extends BaseModule {
  import SequentialModule.{AutoWiring, Link, TakeLabels}

  private val chain = ArrayBuffer.empty[Link]
  private var boundLabels: Option[IndexedSeq[DataDesc]] = None

  /**
   * Puts a module at the end.
   *
   * @param kwargs `take_labels`: it takes the labels of the batch; `auto_wiring`: its data are named as it names them, whatever
   *               the outputs before it are called
   * @throws IllegalArgumentException for any other name
   */
  def add(module: BaseModule, kwargs: (String, Boolean)*): SequentialModule = {
    kwargs.foreach { case (name, _) => require(name == TakeLabels || name == AutoWiring, s"Unknown meta $name, a typo?") }
    val meta = kwargs.toMap
    chain += new Link(module, meta.getOrElse(TakeLabels, false), meta.getOrElse(AutoWiring, false))
    binded = false
    paramsInitialized = false
    this
  }

  private def modules: IndexedSeq[BaseModule] = chain.map(_.module).toIndexedSeq

  private[module] override def onAccelerator: Boolean = chain.exists(_.module.onAccelerator)

  override def dataNames: IndexedSeq[String] = modules.headOption.map(_.dataNames).getOrElse(IndexedSeq.empty)

  override def outputNames: IndexedSeq[String] = modules.lastOption.map(_.outputNames).getOrElse(IndexedSeq.empty)

  private def bound: IndexedSeq[BaseModule] = {
    require(binded, "bind() must be called first.")
    modules
  }

  override def dataShapes: IndexedSeq[DataDesc] = bound.head.dataShapes

  override def labelShapes: IndexedSeq[DataDesc] = {
    require(binded, "bind() must be called first.")
    boundLabels.orNull
  }

  override def outputShapes: IndexedSeq[(String, Shape)] = bound.last.outputShapes

  /** Names and shapes of the outputs. */
  def outputDesc: IndexedSeq[DataDesc] = describedOutputs(bound.last)

  private def describedOutputs(module: BaseModule): IndexedSeq[DataDesc] =
    module.outputShapes.map { case (name, shape) => DataDesc(name, shape) }

  override def getParams: (Map[String, NDArray], Map[String, NDArray]) = {
    requireReady()
    modules.map(_.getParams).foldLeft((Map.empty[String, NDArray], Map.empty[String, NDArray])) {
      case ((arguments, auxiliary), (moreArguments, moreAuxiliary)) => (arguments ++ moreArguments, auxiliary ++ moreAuxiliary)
    }
  }

  override def initParams(initializer: Initializer = new Uniform(0.01f),
                          argParams: Map[String, NDArray] = null,
                          auxParams: Map[String, NDArray] = null,
                          allowMissing: Boolean = false,
                          forceInit: Boolean = false,
                          allowExtra: Boolean = false): Unit =
    if (!paramsInitialized || forceInit) {
      require(binded, "call bind before initializing the parameters")
      modules.foreach(_.initParams(initializer, argParams, auxParams, allowMissing, forceInit, allowExtra))
      requireDistinctNames()
      paramsInitialized = true
    }

  private def requireDistinctNames(): Unit = {
    val owners = modules.zipWithIndex.flatMap { case (module, layer) =>
      val (arguments, auxiliary) = module.getParams
      (arguments.keys ++ auxiliary.keys).map(_ -> layer)
    }
    owners.groupBy(_._1).foreach { case (name, layers) =>
      require(layers.size == 1, s"Duplicated parameter names: $name is in layers ${layers.map(_._2).mkString(" and ")}")
    }
  }

  override def bind(dataShapes: IndexedSeq[DataDesc],
                    labelShapes: Option[IndexedSeq[DataDesc]] = None,
                    forTraining: Boolean = true,
                    inputsNeedGrad: Boolean = false,
                    forceRebind: Boolean = false,
                    sharedModule: Option[BaseModule] = None,
                    gradReq: String = "write"): Unit =
    if (binded && !forceRebind) {
      logger.warn("Already binded, ignoring bind()")
    } else {
      require(forTraining || !inputsNeedGrad, "inputsNeedGrad can be set only for training")
      require(sharedModule.isEmpty, "Shared module is not supported")
      require(chain.nonEmpty, "Attempting to bind an empty SequentialModule")
      var data = dataShapes
      chain.zipWithIndex.foreach { case (link, layer) =>
        if (link.autoWiring) {
          require(link.module.dataNames.length == data.length,
            s"module $layer takes ${link.module.dataNames.mkString(", ")}, what comes before it gives ${data.length} arrays")
          data = link.module.dataNames.zip(data).map { case (name, each) => DataDesc(name, each.shape, each.dtype, each.layout) }
        }
        val needsGradient = inputsNeedGrad || (forTraining && layer > 0)
        link.module.bind(data, if (link.takeLabels) labelShapes else None, forTraining, needsGradient, forceRebind, None, gradReq)
        data = describedOutputs(link.module)
      }
      this.forTraining = forTraining
      this.inputsNeedGrad = inputsNeedGrad
      boundLabels = if (chain.exists(_.takeLabels)) labelShapes else None
      binded = true
    }

  override def forward(dataBatch: DataBatch, isTrain: Option[Boolean] = None): Unit = {
    requireReady()
    chain.foldLeft(dataBatch) { (batch, link) =>
      link.module.forward(batch, isTrain)
      new DataBatch(link.module.getOutputsMerged(), batch.label, batch.index, batch.pad, batch.bucketKey)
    }
  }

  override def getOutputs(): IndexedSeq[IndexedSeq[NDArray]] = {
    requireReady()
    modules.last.getOutputs()
  }

  override def getOutputsMerged(): IndexedSeq[NDArray] = {
    requireReady()
    modules.last.getOutputsMerged()
  }

  override def updateMetric(evalMetric: EvalMetric, labels: IndexedSeq[NDArray]): Unit = {
    requireReady()
    chain.filter(_.takeLabels).foreach(_.module.updateMetric(evalMetric, labels))
  }

  override def installMonitor(monitor: Monitor): Unit = bound.foreach(_.installMonitor(monitor))

  override def dispose(): Unit = {
    modules.foreach(_.dispose())
    binded = false
    paramsInitialized = false
  }
}

object SequentialModule {
  private val TakeLabels = "take_labels"
  private val AutoWiring = "auto_wiring"

  private final class Link(val module: BaseModule, val takeLabels: Boolean, val autoWiring: Boolean)
}
