package org.apache.mxnet.module

import io.offboard.rules.Rules
import org.apache.mxnet._
import org.apache.mxnet.module.BaseModule.logger

import scala.annotation.varargs

/**
 * A symbol that is bound on one context or several and runs batches.
 *
 * @param symbolVar the symbol
 * @param dataNames names of its data
 * @param labelNames names of its labels, null for none; those that the symbol lacks do no harm
 * @param contexts where it runs: each takes its share of a batch
 * @param workLoadList how large each context's share is; all the same unless given
 * @param fixedParamNames parameters that training would not change
 */
class Module(symbolVar: Symbol,
             val dataNames: IndexedSeq[String] = IndexedSeq("data"),
             labelNames: IndexedSeq[String] = IndexedSeq("softmax_label"),
             contexts: Array[Context] = Context.cpu(),
             workLoadList: Option[IndexedSeq[Float]] = None,
             fixedParamNames: Option[Set[String]] = None) extends BaseModule {
  require(symbolVar != null, "Undefined symbol")
  this.symbol = symbolVar

  private val workLoads = workLoadList.getOrElse(contexts.toIndexedSeq.map(_ => 1f))
  require(workLoads.size == contexts.length,
    s"workloads size (${workLoads.size}) do not match number of contexts ${contexts.length}")

  private val labels = Option(labelNames).getOrElse(IndexedSeq.empty)
  private val paramNames = symbol.listArguments().filterNot((dataNames ++ labels).toSet)
  private val outputs = symbol.listOutputs()
  private var boundData: IndexedSeq[DataDesc] = IndexedSeq.empty
  private var boundLabels: Option[IndexedSeq[DataDesc]] = None
  private var group: DataParallelExecutorGroup = null
  /** A checkpoint's parameters, which wait for a bind. */
  private var waiting: Option[Map[String, NDArray]] = None

  private[module] override def onAccelerator: Boolean = contexts.exists(_.deviceType == "eia")

  override def outputNames: IndexedSeq[String] = outputs

  override def dataShapes: IndexedSeq[DataDesc] = {
    requireBound()
    boundData
  }

  override def labelShapes: IndexedSeq[DataDesc] = {
    requireBound()
    boundLabels.orNull
  }

  override def outputShapes: IndexedSeq[(String, Shape)] = {
    requireBound()
    group.getOutputShapes
  }

  private def requireBound(): Unit = require(binded, "bind() must be called first.")

  override def bind(dataShapes: IndexedSeq[DataDesc],
                    labelShapes: Option[IndexedSeq[DataDesc]] = None,
                    forTraining: Boolean = true,
                    inputsNeedGrad: Boolean = false,
                    forceRebind: Boolean = false,
                    sharedModule: Option[BaseModule] = None,
                    gradReq: String = "write"): Unit = {
    if (onAccelerator && forTraining) {
      throw new IllegalArgumentException(Rules.text("training_bind"))
    }
    require(forTraining || !inputsNeedGrad, "Invalid inputsNeedGrad (cannot be true if not forTraining)")
    BaseModule.checkInputNames(symbol, dataShapes.map(_.name), "data", throws = true)
    if (binded && !forceRebind) {
      logger.warn("Already binded, ignoring bind()")
    } else if (binded && sharedModule.isEmpty && group.fits(dataShapes, labelShapes)) {
      // Only shapes are new: the parameters stay where they are, on the accelerator too.
      group.reshape(dataShapes, labelShapes)
      bound(dataShapes, labelShapes, forTraining, inputsNeedGrad)
    } else {
      val lender = sharedModule.map(lendersGroup)
      val before = Option(group)
      val given = if (lender.isEmpty) before.filter(_ => paramsInitialized).map(_.parameters).orElse(waiting) else None
      given.foreach(requireKnown)
      group = new DataParallelExecutorGroup(symbol, contexts, workLoads, dataShapes, labelShapes, paramNames, forTraining, lender,
        given.getOrElse(Map.empty))
      bound(dataShapes, labelShapes, forTraining, inputsNeedGrad)
      paramsInitialized = paramsInitialized || lender.isDefined
      waiting = None
      before.foreach(_.dispose())
    }
  }

  private def lendersGroup(lender: BaseModule): DataParallelExecutorGroup = lender match {
    case module: Module =>
      require(module.binded && module.paramsInitialized, "bind() and initParams() must be called first on shared module.")
      module.group
    case other => throw new IllegalArgumentException(s"A Module shares a Module's parameters, not those of ${other.getClass.getName}")
  }

  private def requireKnown(given: Map[String, NDArray]): Unit = {
    val own = paramNames ++ symbol.listAuxiliaryStates()
    val extra = given.keys.filterNot(own.contains)
    require(extra.isEmpty, s"The checkpoint has parameters that the symbol does not have: ${extra.mkString(", ")}")
    val missing = own.filterNot(name => given.contains(name) || ModuleBinding.isLabel(name))
    if (missing.nonEmpty) {
      logger.warn("parameters that were not loaded stay zero: {}", missing.mkString(", "))
    }
  }

  private def bound(data: IndexedSeq[DataDesc], labels: Option[IndexedSeq[DataDesc]], training: Boolean, gradients: Boolean): Unit = {
    boundData = data
    boundLabels = labels
    forTraining = training
    inputsNeedGrad = gradients
    binded = true
  }

  /** Binds to other input shapes. */
  def reshape(dataShapes: IndexedSeq[DataDesc], labelShapes: Option[IndexedSeq[DataDesc]] = None): Unit = {
    requireBound()
    requireNames(dataNames, dataShapes, "data")
    if (labelShapes.exists(_.map(_.name).sorted != labels.sorted)) {
      logger.warn(mismatch(labels, labelShapes.get, "label"))
    }
    group.reshape(dataShapes, labelShapes)
    bound(dataShapes, labelShapes, forTraining, inputsNeedGrad)
  }

  private def requireNames(names: IndexedSeq[String], described: IndexedSeq[DataDesc], kind: String): Unit =
    if (described.map(_.name).sorted != names.sorted) {
      throw new IllegalArgumentException(mismatch(names, described, kind))
    }

  private def mismatch(names: IndexedSeq[String], described: IndexedSeq[DataDesc], kind: String): String =
    s"Data provided by ${kind}_shapes don't match names specified by ${kind}_names " +
      s"(${described.mkString(", ")} vs. ${names.mkString(", ")})"

  // Parameters

  override def getParams: (Map[String, NDArray], Map[String, NDArray]) = {
    requireReady()
    (copies(group.arguments), copies(group.auxiliary))
  }

  private def copies(arrays: Map[String, NDArray]): Map[String, NDArray] = arrays.map { case (name, array) => name -> array.copy() }

  override def initParams(initializer: Initializer = new Uniform(0.01f),
                          argParams: Map[String, NDArray] = null,
                          auxParams: Map[String, NDArray] = null,
                          allowMissing: Boolean = false,
                          forceInit: Boolean = false,
                          allowExtra: Boolean = false): Unit =
    if (!paramsInitialized || forceInit) {
      require(binded, "call bind before initializing the parameters")
      fill(group.arguments, argParams, initializer, allowMissing)
      fill(group.auxiliary, auxParams, initializer, allowMissing)
      group.spread()
      paramsInitialized = true
    }

  private def fill(bound: Map[String, NDArray], given: Map[String, NDArray], initializer: Initializer, allowMissing: Boolean): Unit =
    bound.foreach { case (name, array) =>
      Option(given).flatMap(_.get(name)) match {
        case Some(value) => ModuleBinding.fill(array, value)
        case None =>
          require(given == null || allowMissing, s"$name is not presented")
          Option(initializer).foreach(_.apply(name, array))
      }
    }

  override def setParams(argParams: Map[String, NDArray],
                         auxParams: Map[String, NDArray],
                         allowMissing: Boolean = false,
                         forceInit: Boolean = true,
                         allowExtra: Boolean = false): Unit =
    if (!allowMissing) {
      initParams(null, argParams, auxParams, allowMissing, forceInit, allowExtra)
    } else if (paramsInitialized && !forceInit) {
      logger.warn("Parameters already initialized and forceInit=false. setParams call ignored.")
    } else {
      require(binded, "call bind before initializing the parameters")
      group.setParams(argParams, auxParams, allowExtra)
      paramsInitialized = true
    }

  // Running

  override def forward(dataBatch: DataBatch, isTrain: Option[Boolean] = None): Unit = {
    requireReady()
    val shapes = dataBatch.data.map(_.shape)
    if (boundData.map(_.shape) != shapes) {
      val data = Option(dataBatch.provideDataDesc).filter(_.nonEmpty).getOrElse(described(boundData, dataBatch.data))
      val given = Option(dataBatch.label).filter(_.nonEmpty)
      val labels = Option(dataBatch.provideLabelDesc).filter(_.nonEmpty)
        .orElse(for (known <- boundLabels; each <- given) yield described(known, each))
      reshape(data, labels)
    }
    group.forward(dataBatch, isTrain)
  }

  private def described(known: IndexedSeq[DataDesc], arrays: IndexedSeq[NDArray]): IndexedSeq[DataDesc] =
    known.zip(arrays).map { case (each, array) => DataDesc(each.name, array.shape, each.dtype, each.layout) }

  override def getOutputs(): IndexedSeq[IndexedSeq[NDArray]] = {
    requireReady()
    group.getOutputs()
  }

  override def getOutputsMerged(): IndexedSeq[NDArray] = {
    requireReady()
    group.getOutputsMerged()
  }

  override def updateMetric(evalMetric: EvalMetric, labels: IndexedSeq[NDArray]): Unit = group.updateMetric(evalMetric, labels)

  override def installMonitor(monitor: Monitor): Unit = {
    requireBound()
    group.installMonitor(monitor)
  }

  /** Writes the symbol and the parameters: `PREFIX-symbol.json` and `PREFIX-EPOCH.params`. */
  def saveCheckpoint(prefix: String, epoch: Int, saveOptStates: Boolean = false): Unit = {
    if (saveOptStates) {
      throw refusal("save_optimizer_states")
    }
    val (arguments, auxiliary) = getParams
    Model.saveCheckpoint(prefix, epoch, symbol, arguments, auxiliary)
    (arguments.values ++ auxiliary.values).foreach(_.dispose())
  }

  override def dispose(): Unit = {
    Option(group).foreach(_.dispose())
    group = null
    binded = false
    paramsInitialized = false
  }

  // Training

  /** Refused: inference only. */
  def borrowOptimizer(sharedModule: Module): Unit = throw refusal("borrow_optimizer")

  /** Refused: inference only. */
  def saveOptimizerStates(fname: String): Unit = throw refusal("save_optimizer_states")

  /** Refused: inference only. */
  def loadOptimizerStates(fname: String): Unit = throw refusal("load_optimizer_states")
}

object Module {
  /** A module over a checkpoint; its parameters are there once it is bound. */
  def loadCheckpoint(prefix: String,
                     epoch: Int,
                     loadOptimizerStates: Boolean = false,
                     dataNames: IndexedSeq[String] = IndexedSeq("data"),
                     labelNames: IndexedSeq[String] = IndexedSeq("softmax_label"),
                     contexts: Array[Context] = Context.cpu(),
                     workLoadList: Option[IndexedSeq[Float]] = None,
                     fixedParamNames: Option[Set[String]] = None): Module = {
    val (symbol, arguments, auxiliary) = Model.loadCheckpoint(prefix, epoch)
    val module = new Module(symbol, dataNames, labelNames, contexts, workLoadList, fixedParamNames)
    if (loadOptimizerStates) {
      throw module.refusal("load_optimizer_states")
    }
    module.waiting = Some(arguments ++ auxiliary)
    module.paramsInitialized = true
    module
  }

  /** Makes a module step by step. */
  class Builder(modelDef: Symbol) {
    private var contexts = Array(Context.cpu())
    private var dataNames = IndexedSeq("data")
    private var labelNames = IndexedSeq("softmax_label")
    private var workLoads: Option[IndexedSeq[Float]] = None
    private var fixedParamNames: Option[Set[String]] = None

    @varargs def setContext(ctx: Context*): Builder = {
      contexts = ctx.toArray
      this
    }

    @varargs def setDataNames(name: String*): Builder = {
      dataNames = name.toIndexedSeq
      this
    }

    /** Names of the labels; null for none. */
    @varargs def setLabelNames(name: String*): Builder = {
      labelNames = if (name == null) IndexedSeq.empty else name.toIndexedSeq
      this
    }

    @varargs def setWorkLoadList(workloads: Float*): Builder = {
      workLoads = Some(workloads.toIndexedSeq)
      this
    }

    @varargs def setFixedParamNames(name: String*): Builder = {
      fixedParamNames = Some(name.toSet)
      this
    }

    def build(): Module = new Module(modelDef, dataNames, labelNames, contexts, workLoads, fixedParamNames)
  }
}
