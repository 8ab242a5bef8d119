package org.apache.mxnet

import org.apache.mxnet.Base.CPtrAddress
import org.apache.mxnet.optimizer.SGD
import org.slf4j.{Logger, LoggerFactory}

import scala.collection.mutable.ArrayBuffer

/** A model that predicts whole iterators. */
class FeedForward private (
    symbol: Symbol,
    symGen: SymbolGenerator,
    ctx: Array[Context],
    numEpoch: Int,
    val epochSize: Int,
    private[mxnet] val optimizer: Optimizer,
    private[mxnet] val initializer: Initializer,
    private[mxnet] val batchSize: Int,
    argParams: Map[String, NDArray],
    auxParams: Map[String, NDArray],
    allowExtraParams: Boolean,
    val beginEpoch: Int) extends NativeResource {

  def this(symbol: Symbol, ctx: Array[Context] = Array(Context.cpu()), numEpoch: Int = -1, epochSize: Int = -1,
      optimizer: Optimizer = new SGD(), initializer: Initializer = new Uniform(0.01f), batchSize: Int = 128,
      argParams: Map[String, NDArray] = null, auxParams: Map[String, NDArray] = null, allowExtraParams: Boolean = false,
      beginEpoch: Int = 0) =
    this(symbol, null, ctx, numEpoch, epochSize, optimizer, initializer, batchSize, argParams, auxParams, allowExtraParams, beginEpoch)

  def this(symbol: SymbolGenerator, ctx: Array[Context], numEpoch: Int, epochSize: Int, optimizer: Optimizer, initializer: Initializer,
      batchSize: Int, argParams: Map[String, NDArray], auxParams: Map[String, NDArray], allowExtraParams: Boolean, beginEpoch: Int) =
    this(null, symbol, ctx, numEpoch, epochSize, optimizer, initializer, batchSize, argParams, auxParams, allowExtraParams, beginEpoch)

  val logger: Logger = LoggerFactory.getLogger(classOf[FeedForward])
  private var arguments = argParams
  private var auxiliary = auxParams
  var predExec: Executor = null
  private var boundShapes: Map[String, Shape] = Map.empty
  private var monitor: Option[Monitor] = None

  private def graph: Symbol = if (symbol != null) symbol else symGen.generate(null)

  def getArgParams: Map[String, NDArray] = arguments
  def getAuxParams: Map[String, NDArray] = auxiliary

  /** Leaves out parameters that the symbol does not have, if that is allowed. */
  def checkArguments(): Unit = {
    require(symbol != null, "Symbol must not be null")
    if (allowExtraParams) {
      val (names, states) = (symbol.listArguments().toSet, symbol.listAuxiliaryStates().toSet)
      if (arguments != null) arguments = arguments.filter(each => names.contains(each._1))
      if (auxiliary != null) auxiliary = auxiliary.filter(each => states.contains(each._1))
    }
  }

  def setMonitor(m: Monitor): Unit = monitor = Option(m)

  def unsetMonitor(): Unit = monitor = None

  /**
   * Predicts every batch: the outputs, one after the other and without what only fills batches.
   *
   * @param numBatch how many batches, or -1 for all
   */
  def predict(data: DataIter, numBatch: Int = -1): Array[NDArray] = {
    data.reset()
    bind(data)
    val outputs = Array.fill(predExec.outputs.length)(ArrayBuffer.empty[NDArray])
    val names = data.provideDataDesc.map(_.name)
    var seen = 0
    while (data.hasNext && seen != numBatch) {
      val batch = data.next()
      names.zip(batch.data).foreach { case (name, array) => array.copyTo(predExec.argDict(name)) }
      predExec.forward(isTrain = false)
      predExec.outputs.zip(outputs).foreach { case (output, kept) =>
        kept += (if (batch.pad == 0) output.copy() else output.slice(0, output.shape(0) - batch.pad).copy())
      }
      seen += 1
    }
    val joined = outputs.map(each => NDArray.concatenate(each.toSeq))
    outputs.foreach(_.foreach(_.dispose()))
    joined
  }

  private def bind(data: DataIter): Unit = {
    val shapes = data.provideDataDesc.map(each => each.name -> each.shape).toMap
    if (predExec == null || shapes != boundShapes) {
      require(arguments != null, "the model has no parameters: load a checkpoint")
      if (predExec != null) predExec.dispose()
      predExec = graph.simpleBind(ctx(0), "null", shapes)
      predExec.copyParamsFrom(arguments, auxiliary, allowExtraParams = true)
      boundShapes = shapes
    }
    monitor.foreach(_.install(predExec))
  }

  private def refused: Nothing = throw MXNetError.inferenceOnly("fit")

  def fit(trainData: DataIter, evalData: DataIter, evalMetric: EvalMetric, kvStoreType: String, epochEndCallback: EpochEndCallback,
      batchEndCallback: BatchEndCallback, logger: Logger, workLoadList: Seq[Float]): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter, evalMetric: EvalMetric, kvStoreType: String, epochEndCallback: EpochEndCallback,
      batchEndCallback: BatchEndCallback): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter, evalMetric: EvalMetric, kvStoreType: String): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter, evalMetric: EvalMetric): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter, evalMetric: EvalMetric, kv: KVStore, epochEndCallback: EpochEndCallback,
      batchEndCallback: BatchEndCallback, logger: Logger, workLoadList: Seq[Float]): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter, evalMetric: EvalMetric, kvStore: KVStore, epochEndCallback: EpochEndCallback,
      batchEndCallback: BatchEndCallback): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter, evalMetric: EvalMetric, kvStore: KVStore): Unit = refused
  def fit(trainData: DataIter, evalData: DataIter, kvStore: KVStore): Unit = refused

  /** Writes a checkpoint. */
  def save(prefix: String, epoch: Int = numEpoch): Unit = {
    require(epoch >= 0, s"a checkpoint's epoch is not negative: $epoch")
    Model.saveCheckpoint(prefix, epoch, graph, arguments, auxiliary)
  }

  /** The model as bytes. */
  def serialize(): Array[Byte] = Model.serialize(graph, arguments, auxiliary)

  override def nativeAddress: CPtrAddress = System.identityHashCode(this).toLong
  override def nativeDeAllocator: CPtrAddress => Int = FeedForward.release
  override val bytesAllocated: Long = 0L
  override val ref: NativeResourceRef = super.register()

  override def dispose(): Unit = {
    if (predExec != null) predExec.dispose()
    super.dispose()
  }
}

object FeedForward {
  private val release: CPtrAddress => Int = _ => 0

  /** The model of a checkpoint. */
  def load(prefix: String, epoch: Int, ctx: Array[Context] = Array(Context.cpu()), numEpoch: Int = -1, epochSize: Int = -1,
      optimizer: Optimizer = new SGD(), initializer: Initializer = new Uniform(0.01f), batchSize: Int = 128,
      allowExtraParams: Boolean = false): FeedForward = {
    val (symbol, argParams, auxParams) = Model.loadCheckpoint(prefix, epoch)
    new FeedForward(symbol, ctx, numEpoch, epochSize, optimizer, initializer, batchSize, argParams, auxParams, allowExtraParams, epoch)
  }

  /** The model of bytes that `serialize` made. */
  def deserialize(bytes: Array[Byte], epoch: Int = 0, ctx: Array[Context] = Array(Context.cpu()), numEpoch: Int = -1,
      epochSize: Int = -1, optimizer: Optimizer = new SGD(), initializer: Initializer = new Uniform(0.01f), batchSize: Int = 128,
      allowExtraParams: Boolean = false): FeedForward = {
    val (symbol, argParams, auxParams) = Model.deserialize(bytes)
    new FeedForward(symbol, ctx, numEpoch, epochSize, optimizer, initializer, batchSize, argParams, auxParams, allowExtraParams, epoch)
  }

  def newBuilder(modelDef: Symbol): Builder = new Builder(modelDef, null)

  def newBuilder(symGen: SymbolGenerator): Builder = new Builder(null, symGen)

  /** Makes a model step by step. */
  class Builder private[FeedForward] (private val modelDef: Symbol, private val symGen: SymbolGenerator) {
    private var ctx: Array[Context] = Array(Context.cpu())
    private var numEpoch: Int = -1
    private var epochSize: Int = -1
    private var optimizer: Optimizer = new SGD()
    private var initializer: Initializer = new Uniform(0.01f)
    private var batchSize: Int = 128
    private var argParams: Map[String, NDArray] = null
    private var auxParams: Map[String, NDArray] = null
    private var allowExtraParams: Boolean = false
    private var beginEpoch: Int = 0
    private var trainData: DataIter = null

    private def configured(change: => Unit): Builder = {
      change
      this
    }

    def setContext(ctx: Array[Context]): Builder = configured(this.ctx = ctx)
    def setNumEpoch(numEpoch: Int): Builder = configured(this.numEpoch = numEpoch)
    def setEpochSize(epochSize: Int): Builder = configured(this.epochSize = epochSize)
    def setOptimizer(opt: Optimizer): Builder = configured(this.optimizer = opt)
    def setInitializer(initializer: Initializer): Builder = configured(this.initializer = initializer)
    def setBatchSize(batchSize: Int): Builder = configured(this.batchSize = batchSize)
    def setArgParams(argParams: Map[String, NDArray]): Builder = configured(this.argParams = argParams)
    def setAuxParams(auxParams: Map[String, NDArray]): Builder = configured(this.auxParams = auxParams)
    def setAllowExtraParams(allowExtraParams: Boolean): Builder = configured(this.allowExtraParams = allowExtraParams)
    def setBeginEpoch(beginEpoch: Int): Builder = configured(this.beginEpoch = beginEpoch)
    def setTrainData(trainData: DataIter): Builder = configured(this.trainData = trainData)
    def setEvalData(evalData: DataIter): Builder = this
    def setEvalMetric(metric: EvalMetric): Builder = this
    def setKVStore(kv: KVStore): Builder = this
    def setKVStore(kv: String): Builder = this
    def setEpochEndCallback(epochEndCallback: EpochEndCallback): Builder = this
    def setBatchEndCallback(batchEndCallback: BatchEndCallback): Builder = this
    def setLogger(logger: Logger): Builder = this
    def setWorkLoadList(workLoadList: Seq[Float]): Builder = this

    /** The model, trained if there is data to train with, which is refused. */
    def build(): FeedForward = {
      val model = setup()
      if (trainData != null) model.fit(trainData, null)
      model
    }

    /** The model as it is configured. */
    def setup(): FeedForward =
      if (modelDef != null) {
        new FeedForward(modelDef, ctx, numEpoch, epochSize, optimizer, initializer, batchSize, argParams, auxParams, allowExtraParams, beginEpoch)
      } else {
        new FeedForward(symGen, ctx, numEpoch, epochSize, optimizer, initializer, batchSize, argParams, auxParams, allowExtraParams, beginEpoch)
      }
  }
}
