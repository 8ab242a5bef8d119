package org.apache.mxnet.module

import org.apache.mxnet._

import scala.collection.mutable

/**
 * The executors of one module: one a context, each with its share of a batch.
 *
 * @param workLoadList how large each context's share is
 * @param paramNames arguments that are parameters; the others are fed
 * @param given parameters by name that are copied in; the others are zero until they are set
 */
class DataParallelExecutorGroup private[module] (
    symbol: Symbol,
    contexts: Array[Context],
    workLoadList: IndexedSeq[Float],
    var dataShapes: IndexedSeq[DataDesc],
    var labelShapes: Option[IndexedSeq[DataDesc]] = None,
    private[module] val paramNames: IndexedSeq[String],
    forTraining: Boolean,
    sharedGroup: Option[DataParallelExecutorGroup] = None,
    given: Map[String, NDArray] = Map.empty) {
  import DataParallelExecutorGroup.{axisOf, rows, split, Inputs}

  private val outputAxes = symbol.listOutputs().indices.map { index =>
    val output = symbol.get(index)
    try DataDesc.getBatchAxis(output.attr("__layout__"))
    finally output.dispose()
  }
  private var batchSize = 0
  private var shares: IndexedSeq[(Int, Int)] = IndexedSeq.empty
  private var executors: IndexedSeq[Executor] = IndexedSeq.empty
  /** What other shapes of the inputs make of the arrays, as far as it was asked for. */
  private val known = mutable.HashMap.empty[Inputs, ModuleBinding.Resizing]

  bindExec(dataShapes, labelShapes, sharedGroup)

  def getBatchSize: Int = batchSize

  /** Makes the executors for input shapes; `reshape` gives those that are there other shapes. */
  def bindExec(dataShapes: IndexedSeq[DataDesc],
               labelShapes: Option[IndexedSeq[DataDesc]],
               sharedGroup: Option[DataParallelExecutorGroup],
               reshape: Boolean = false): Unit = {
    val described = dataShapes ++ labelShapes.getOrElse(IndexedSeq.empty).filter(each => isArgument(each.name))
    val (size, slices) = sliced(described)
    val inputs = slices.map(slice => described.map(each => each.name -> shareOf(each, slice)).toMap)
    if (reshape) {
      executors.zip(inputs).foreach { case (executor, shapes) => resize(executor, shapes) }
    } else {
      val types = described.map(each => each.name -> each.dtype).toMap
      executors = contexts.toIndexedSeq.zip(inputs).zipWithIndex.map { case ((context, shapes), index) =>
        val lent = sharedGroup.map(_.parametersOf(index)).getOrElse(Map.empty)
        ModuleBinding.bind(symbol, context, shapes, types, new ModuleParameters(lent, given))
      }
    }
    batchSize = size
    shares = slices
    this.dataShapes = dataShapes
    this.labelShapes = labelShapes
  }

  private lazy val argumentNames = symbol.listArguments().toSet

  private def isArgument(name: String): Boolean = argumentNames(name)

  private def resize(executor: Executor, inputs: Inputs): Unit =
    ModuleBinding.resize(executor, known.getOrElseUpdate(inputs, ModuleBinding.resizing(executor, inputs, paramNames.toSet)))

  private def sliced(described: IndexedSeq[DataDesc]): (Int, IndexedSeq[(Int, Int)]) = {
    require(described.nonEmpty, "Please provide the shapes of the data")
    val sizes = described.filter(axisOf(_) >= 0).map(each => each -> each.shape(axisOf(each)))
    val size = sizes.headOption.map(_._2).getOrElse(0)
    sizes.foreach { case (each, rows) =>
      require(rows == size, s"all data must have the same batch size: $size, but ${each.name} has shape ${each.shape}")
    }
    (size, if (contexts.length == 1) IndexedSeq((0, size)) else split(size, workLoadList))
  }

  private def shareOf(described: DataDesc, share: (Int, Int)): Shape = axisOf(described) match {
    case -1 => described.shape
    case axis => Shape(described.shape.toVector.updated(axis, share._2 - share._1))
  }

  /** Whether inputs of these names and types can be had by other shapes alone. */
  private[module] def fits(dataShapes: IndexedSeq[DataDesc], labelShapes: Option[IndexedSeq[DataDesc]]): Boolean = {
    def typed(data: IndexedSeq[DataDesc], labels: Option[IndexedSeq[DataDesc]]) =
      (data ++ labels.getOrElse(IndexedSeq.empty)).map(each => (each.name, each.dtype)).toSet
    typed(dataShapes, labelShapes) == typed(this.dataShapes, this.labelShapes)
  }

  /** Other input shapes over the same parameters. */
  def reshape(dataShapes: IndexedSeq[DataDesc], labelShapes: Option[IndexedSeq[DataDesc]]): Unit =
    if (dataShapes != this.dataShapes || labelShapes != this.labelShapes) {
      bindExec(dataShapes, labelShapes, None, reshape = true)
    }

  /** The first context's parameters, the arrays themselves. */
  private[module] def arguments: Map[String, NDArray] = parametersOf(0) -- executors.head.auxDict.keys

  private[module] def auxiliary: Map[String, NDArray] = executors.head.auxDict

  private[module] def parameters: Map[String, NDArray] = parametersOf(0)

  private def parametersOf(index: Int): Map[String, NDArray] = {
    val all = executors(index).argDict
    paramNames.map(name => name -> all(name)).toMap ++ executors(index).auxDict
  }

  /** Gives every context the first one's parameters. */
  private[module] def spread(): Unit = if (executors.size > 1) setParams(arguments, auxiliary)

  /** Copies parameters into every context's. */
  def setParams(argParams: Map[String, NDArray], auxParams: Map[String, NDArray], allowExtra: Boolean = false): Unit =
    executors.foreach { executor =>
      ModuleBinding.fill(executor.argDict, argParams, allowExtra)
      ModuleBinding.fill(executor.auxDict, auxParams, allowExtra)
    }

  /** Copies the parameters out. */
  def getParams(argParams: Map[String, NDArray], auxParams: Map[String, NDArray]): Unit = {
    arguments.foreach { case (name, array) => array.copyTo(argParams(name)) }
    auxiliary.foreach { case (name, array) => array.copyTo(auxParams(name)) }
  }

  /** Runs a batch, each context its share; labels may be left out. */
  def forward(dataBatch: DataBatch, isTrain: Option[Boolean] = None): Unit = {
    require(dataBatch.data.length == dataShapes.length,
      s"a batch of ${dataBatch.data.length} arrays for ${dataShapes.length} inputs")
    dataShapes.zip(dataBatch.data).foreach { case (described, array) => load(described, array) }
    for (described <- labelShapes; arrays <- Option(dataBatch.label)) {
      described.zip(arrays).filter(each => isArgument(each._1.name)).foreach { case (each, array) => load(each, array) }
    }
    executors.foreach(_.forward(isTrain.getOrElse(forTraining)))
  }

  private def load(described: DataDesc, array: NDArray): Unit = {
    val axis = axisOf(described)
    executors.zip(shares).foreach { case (executor, share) =>
      val target = executor.argDict(described.name)
      if (executors.size == 1 || axis < 0) target.show(array) else rows(array, axis, share)(_.copyTo(target))
    }
  }

  /** Names and shapes of the outputs of a whole batch. */
  def getOutputShapes: IndexedSeq[(String, Shape)] =
    symbol.listOutputs().zip(executors.head.outputs).zip(outputAxes).map { case ((name, output), axis) =>
      val shape = output.shape
      name -> (if (axis >= 0 && executors.size > 1) Shape(shape.toVector.updated(axis, batchSize)) else shape)
    }

  /** Outputs of the last forward, each a list of the contexts' parts. */
  def getOutputs(): IndexedSeq[IndexedSeq[NDArray]] = outputAxes.indices.map(index => executors.map(_.outputs(index)))

  /** Outputs of the last forward, each one array. */
  def getOutputsMerged(): IndexedSeq[NDArray] = getOutputs().zip(outputAxes).map { case (parts, axis) =>
    if (parts.size == 1 || axis < 0) parts.head else NDArray.concatenate(parts, axis)
  }

  /** Counts every context's outputs against its share of the labels. */
  def updateMetric(evalMetric: EvalMetric, labels: IndexedSeq[NDArray]): Unit = {
    val axes = labelShapes.map(_.map(axisOf)).getOrElse(labels.map(_ => 0))
    executors.zip(shares).foreach { case (executor, share) =>
      val own =
        if (executors.size == 1) labels
        else labels.zip(axes).map { case (label, axis) => if (axis < 0) label else rows(label, axis, share)(_.copy()) }
      evalMetric.update(own, executor.outputs.toIndexedSeq)
    }
  }

  /** Lets a monitor see every context's outputs. */
  def installMonitor(monitor: Monitor): Unit = executors.foreach(monitor.install)

  /** Refused: inference only. */
  def backward(outGrads: Array[NDArray] = null): Unit = throw refusal("backward")

  /** Refused: inference only. */
  def getInputGrads(): IndexedSeq[IndexedSeq[NDArray]] = throw refusal("get_input_grads")

  /** Refused: inference only. */
  def getInputGradsMerged(): IndexedSeq[NDArray] = throw refusal("get_input_grads")

  private def refusal(operation: String): MXNetError = BaseModule.refusal(operation, contexts.exists(_.deviceType == "eia"))

  private[module] def dispose(): Unit = executors.foreach(_.dispose())
}

private[module] object DataParallelExecutorGroup {
  private type Inputs = Map[String, Shape]

  private def axisOf(described: DataDesc): Int = DataDesc.getBatchAxis(Option(described.layout))

  /** The rows of each context in proportion to its work load; the last takes what rounding leaves. */
  private[module] def split(batchSize: Int, workLoads: IndexedSeq[Float]): IndexedSeq[(Int, Int)] = {
    val counts = workLoads.map(load => Math.round(load * batchSize / workLoads.sum))
    val ends = counts.updated(counts.length - 1, batchSize).scanLeft(0)((sum, count) => Math.min(sum + count, batchSize))
    val slices = ends.zip(ends.tail)
    require(slices.forall { case (begin, end) => begin < end }, "Too many slices. Some splits are empty.")
    slices
  }

  /** Does something with the rows of an array along an axis. */
  private def rows[T](array: NDArray, axis: Int, share: (Int, Int))(use: NDArray => T): T = {
    val part: NDArray =
      if (axis == 0) array.slice(share) else NDArray.api.slice_axis(array, axis, share._1, share._2).head
    try use(part)
    finally part.dispose()
  }
}
