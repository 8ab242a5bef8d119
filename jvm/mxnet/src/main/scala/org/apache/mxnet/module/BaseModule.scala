package org.apache.mxnet.module

import java.io.IOException

import io.offboard.rules.Rules
import org.apache.mxnet._
import org.slf4j.{Logger, LoggerFactory}

import scala.annotation.varargs
import scala.collection.mutable.ArrayBuffer

/**
 * What all modules share: prediction and scoring over iterators, parameter files, and the refusal of training.
 *
 * A module is made from symbols, then bound to shapes, then given parameters; after that it runs batches.
 */
abstract class BaseModule {
  private[module] var binded: Boolean = false
  private[module] var forTraining: Boolean = false
  private[module] var inputsNeedGrad: Boolean = false
  private[module] var paramsInitialized: Boolean = false
  private[module] var optimizerInitialized: Boolean = false
  private[module] var symbol: Symbol = null

  /** Whether any part of the module runs on an accelerator. */
  private[module] def onAccelerator: Boolean

  /** Gives back what the executors hold; the module can be bound again. */
  def dispose(): Unit

  def getSymbol: Symbol = symbol

  /** Names of the data. */
  def dataNames: IndexedSeq[String]

  /** Names of the outputs. */
  def outputNames: IndexedSeq[String]

  /** Bound data shapes. */
  def dataShapes: IndexedSeq[DataDesc]

  /** Bound label shapes; null where there are none. */
  def labelShapes: IndexedSeq[DataDesc]

  /** Name and shape of each output. */
  def outputShapes: IndexedSeq[(String, Shape)]

  /** Copies of the parameters: arguments, and auxiliary states. */
  def getParams: (Map[String, NDArray], Map[String, NDArray])

  /**
   * Sets parameters from the arrays given, or else by the initializer.
   *
   * @param argParams arguments by name; null: all by the initializer
   * @param allowMissing whether the initializer may make what is not given
   * @param forceInit whether parameters that are set already are set again
   * @param allowExtra whether arrays may be given that the symbol does not have
   */
  def initParams(initializer: Initializer = new Uniform(0.01f),
                 argParams: Map[String, NDArray] = null,
                 auxParams: Map[String, NDArray] = null,
                 allowMissing: Boolean = false,
                 forceInit: Boolean = false,
                 allowExtra: Boolean = false): Unit

  /** Sets parameters from the arrays given. */
  def setParams(argParams: Map[String, NDArray],
                auxParams: Map[String, NDArray],
                allowMissing: Boolean = false,
                forceInit: Boolean = true,
                allowExtra: Boolean = false): Unit =
    initParams(null, argParams, auxParams, allowMissing, forceInit, allowExtra)

  /**
   * Makes the executors.
   *
   * @param forTraining must be false on an accelerator
   * @param forceRebind binds again if it is bound already
   * @param sharedModule a bound module that lends its parameters
   * @throws IllegalArgumentException training on an accelerator
   */
  def bind(dataShapes: IndexedSeq[DataDesc],
           labelShapes: Option[IndexedSeq[DataDesc]] = None,
           forTraining: Boolean = true,
           inputsNeedGrad: Boolean = false,
           forceRebind: Boolean = false,
           sharedModule: Option[BaseModule] = None,
           gradReq: String = "write"): Unit

  /** The same for Java. */
  @varargs def bind(forTraining: Boolean, inputsNeedGrad: Boolean, forceRebind: Boolean, dataShape: DataDesc*): Unit =
    bind(dataShape.toIndexedSeq, None, forTraining, inputsNeedGrad, forceRebind, None)

  /** Runs a batch. */
  def forward(dataBatch: DataBatch, isTrain: Option[Boolean] = None): Unit

  def forward(dataBatch: DataBatch, isTrain: Boolean): Unit = forward(dataBatch, Option(isTrain))

  /** Outputs of the last batch, each a list of the contexts' parts. */
  def getOutputs(): IndexedSeq[IndexedSeq[NDArray]]

  /** Outputs of the last batch, each one array. */
  def getOutputsMerged(): IndexedSeq[NDArray]

  /** Counts the last batch's outputs against labels. */
  def updateMetric(evalMetric: EvalMetric, labels: IndexedSeq[NDArray]): Unit

  /** Lets a monitor see the outputs of every forward. */
  def installMonitor(monitor: Monitor): Unit

  private[module] def requireReady(): Unit =
    require(binded && paramsInitialized, "bind() and initParams() must be called first.")

  /** Runs all batches, or some, and counts their outputs against their labels. */
  def score(evalData: DataIter,
            evalMetric: EvalMetric,
            numBatch: Int = Integer.MAX_VALUE,
            batchEndCallback: Option[BatchEndCallback] = None,
            scoreEndCallback: Option[BatchEndCallback] = None,
            reset: Boolean = true,
            epoch: Int = 0): EvalMetric = {
    require(evalData != null && evalMetric != null, "evalData and evalMetric must be defined")
    requireReady()
    evalMetric.reset()
    val count = eachBatch(evalData, numBatch, reset) { (batch, number) =>
      forward(batch, isTrain = Option(false))
      updateMetric(evalMetric, batch.label)
      batchEndCallback.foreach(_.invoke(epoch, number, evalMetric))
    }
    scoreEndCallback.foreach(_.invoke(epoch, count, evalMetric))
    evalMetric
  }

  /** Outputs without padding, batch by batch. */
  def predictEveryBatch(evalData: DataIter, numBatch: Int = -1, reset: Boolean = true): IndexedSeq[IndexedSeq[NDArray]] = {
    requireReady()
    val outputs = ArrayBuffer.empty[IndexedSeq[NDArray]]
    eachBatch(evalData, numBatch, reset)((batch, _) => outputs += predict(batch))
    outputs.toIndexedSeq
  }

  private def eachBatch(data: DataIter, limit: Int, reset: Boolean)(run: (DataBatch, Int) => Unit): Int = {
    if (reset) {
      data.reset()
    }
    var count = 0
    while (count != limit && data.hasNext) {
      val batch = data.next()
      try {
        run(batch, count)
      } finally {
        batch.dispose()
      }
      count += 1
    }
    count
  }

  /** Outputs of one batch without padding. Every forward has memory of its own for them, so they stay as they are. */
  def predict(batch: DataBatch): IndexedSeq[NDArray] = {
    requireReady()
    forward(batch, isTrain = Option(false))
    getOutputsMerged().map(output => output.slice(0, output.shape(0) - batch.pad))
  }

  /** Outputs of all batches, joined. */
  def predict(evalData: DataIter, numBatch: Int = -1, reset: Boolean = true): IndexedSeq[NDArray] = {
    val batches = predictEveryBatch(evalData, numBatch, reset)
    require(batches.nonEmpty, "Cannot predict: the iterator has no batch")
    batches.foreach(outputs => require(outputs.size == batches.head.size,
      s"Cannot merge batches, as num of outputs ${batches.head.size} is not the same in mini-batches (${outputs.size}). " +
        "Maybe bucketing is used?"))
    if (batches.size == 1) {
      batches.head
    } else {
      val joined = batches.head.indices.map(index => NDArray.concatenate(batches.map(_(index))))
      batches.foreach(_.foreach(_.dispose()))
      joined
    }
  }

  /** Writes the parameters. */
  def saveParams(fname: String): Unit = {
    val (arguments, auxiliary) = getParams
    val named = arguments.map { case (name, array) => s"arg:$name" -> array } ++
      auxiliary.map { case (name, array) => s"aux:$name" -> array }
    NDArray.save(fname, named)
  }

  /**
   * Reads parameters.
   *
   * @throws IOException the file holds something else
   */
  @throws(classOf[IOException])
  def loadParams(fname: String): Unit = {
    val (names, arrays) = NDArray.load(fname)
    val (arguments, auxiliary) = names.toIndexedSeq.zip(arrays.toIndexedSeq).partition(_._1.startsWith("arg:"))
    if (names.length != arrays.length || !auxiliary.forall(_._1.startsWith("aux:"))) {
      throw new IOException(s"Invalid param file $fname")
    }
    def plain(named: IndexedSeq[(String, NDArray)]) = named.map { case (name, array) => name.drop(4) -> array }.toMap
    setParams(plain(arguments), plain(auxiliary))
  }

  // Training

  /** Refused: inference only. */
  def forwardBackward(dataBatch: DataBatch): Unit = throw refusal("forward_backward")

  /** Refused: inference only. */
  def fit(trainData: DataIter, evalData: Option[DataIter] = None, numEpoch: Int = 1, fitParams: FitParams = new FitParams): Unit =
    throw refusal("fit")

  /** Refused: inference only. */
  def backward(outGrads: Array[NDArray] = null): Unit = {
    if (!onAccelerator) {
      requireReady()
      require(forTraining, "re-bind with forTraining = true to run backward")
    }
    throw refusal("backward")
  }

  /** Refused: inference only. */
  def getInputGrads(): IndexedSeq[IndexedSeq[NDArray]] = {
    requireReady()
    require(inputsNeedGrad, "Call to getInputGrads() but inputsNeedGrad is false")
    throw refusal("get_input_grads")
  }

  /** Refused: inference only. */
  def getInputGradsMerged(): IndexedSeq[NDArray] = {
    requireReady()
    require(inputsNeedGrad, "Call to getInputGradsMerged() but inputsNeedGrad is false")
    throw refusal("get_input_grads")
  }

  /** Refused: inference only. */
  def update(): Unit = {
    if (!onAccelerator) {
      requireReady()
    }
    throw refusal("update")
  }

  /** Refused: inference only. */
  def initOptimizer(kvstore: String = "local",
                    optimizer: Optimizer = null,
                    resetOptimizer: Boolean = true,
                    forceInit: Boolean = false): Unit = {
    if (!onAccelerator) {
      requireReady()
    }
    throw refusal("init_optimizer")
  }

  private[module] def refusal(operation: String): MXNetError = BaseModule.refusal(operation, onAccelerator)
}

object BaseModule {
  private[module] val logger: Logger = LoggerFactory.getLogger(classOf[BaseModule])
  private val ParameterSuffixes = Seq("_weight", "_bias", "_gamma", "_beta")

  private[module] def refusal(operation: String, onAccelerator: Boolean): MXNetError =
    new MXNetError(Rules.text(if (onAccelerator) "inference_only" else "inference_only_cpu", "operation", operation))

  /**
   * Looks for names that are no arguments of the symbol.
   *
   * @throws IllegalArgumentException there is one and `throws`; else it is logged
   */
  @throws(classOf[IllegalArgumentException])
  private[module] def checkInputNames(symbol: Symbol, names: IndexedSeq[String], kind: String, throws: Boolean): Unit = {
    val arguments = symbol.listArguments()
    names.filterNot(arguments.contains(_)).foreach { name =>
      val candidates = arguments.filterNot(each => ParameterSuffixes.exists(each.endsWith(_)))
      val message = s"You created Module with Module(..., ${kind}_names=${names.mkString("[", ", ", "]")}) but input with name " +
        s"'$name' is not found in symbol.listArguments(). Did you mean one of:\n\t${candidates.mkString("\n\t")}"
      if (throws) {
        throw new IllegalArgumentException(message)
      }
      logger.warn(message)
    }
  }
}
