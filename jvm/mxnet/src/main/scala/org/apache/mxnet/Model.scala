package org.apache.mxnet

import org.slf4j.{Logger, LoggerFactory}

/** Checkpoints: a symbol file and a parameter file. */
class Model

object Model {
  private val logger: Logger = LoggerFactory.getLogger(classOf[Model])

  /** Writes `PREFIX-symbol.json` and `PREFIX-EPOCH.params`. */
  def saveCheckpoint(prefix: String, epoch: Int, symbol: Symbol, argParams: Map[String, NDArray], auxParams: Map[String, NDArray]): Unit = {
    symbol.save(s"$prefix-symbol.json")
    NDArray.save(parameterFile(prefix, epoch),
      argParams.map { case (name, array) => s"arg:$name" -> array } ++ auxParams.map { case (name, array) => s"aux:$name" -> array })
    logger.info("Saved checkpoint to \"{}\"", parameterFile(prefix, epoch))
  }

  /** Reads what `saveCheckpoint` wrote: the symbol, the arguments and the auxiliary states. */
  def loadCheckpoint(prefix: String, epoch: Int): (Symbol, Map[String, NDArray], Map[String, NDArray]) = {
    val symbol = Symbol.load(s"$prefix-symbol.json")
    val (args, aux) = parameters(NDArray.load2Map(parameterFile(prefix, epoch)))
    (symbol, args, aux)
  }

  /** Arguments and auxiliary states by the prefixes of their names. */
  private[mxnet] def parameters(saved: Map[String, NDArray]): (Map[String, NDArray], Map[String, NDArray]) = {
    def of(kind: String) = saved.collect { case (name, array) if name.startsWith(kind) => name.stripPrefix(kind) -> array }
    (of("arg:"), of("aux:"))
  }

  /** A checkpoint as bytes. */
  private[mxnet] def serialize(symbol: Symbol, argParams: Map[String, NDArray], auxParams: Map[String, NDArray]): Array[Byte] = {
    def bytes(arrays: Map[String, NDArray]) = arrays.map { case (name, array) => name -> array.serialize() }
    Serializer.getSerializer.serialize(new SerializedModel(symbol.toJson, bytes(argParams), bytes(auxParams))).array
  }

  /** The checkpoint of such bytes. */
  private[mxnet] def deserialize(bytes: Array[Byte]): (Symbol, Map[String, NDArray], Map[String, NDArray]) = {
    val model = Serializer.getSerializer.deserialize[SerializedModel](java.nio.ByteBuffer.wrap(bytes))
    def arrays(of: Map[String, Array[Byte]]) = of.map { case (name, each) => name -> NDArray.deserialize(each) }
    (Symbol.loadJson(model.symbol), arrays(model.argParams), arrays(model.auxParams))
  }

  private def parameterFile(prefix: String, epoch: Int): String = f"$prefix%s-$epoch%04d.params"

  private[mxnet] def createKVStore(kvStore: KVStore): (Option[KVStore], Boolean) = (Option(kvStore), true)

  private[mxnet] def initializeKVStore(kvStore: KVStore, paramArrays: IndexedSeq[Array[NDArray]], argParams: Map[String, NDArray],
      paramNames: IndexedSeq[String], updateOnKVStore: Boolean): Unit = throw MXNetError.inferenceOnly("a KVStore")

  private[mxnet] def updateParams(paramArrays: IndexedSeq[Array[NDArray]], gradArrays: IndexedSeq[Array[NDArray]], updater: MXKVStoreUpdater,
      numDevice: Int, paramNames: IndexedSeq[String], kvStore: Option[KVStore] = None): Unit = throw MXNetError.inferenceOnly("update")

  private[mxnet] def trainMultiDevice(symbol: Symbol, ctx: Array[Context], argNames: IndexedSeq[String], paramNames: IndexedSeq[String],
      auxNames: IndexedSeq[String], argParams: Map[String, NDArray], auxParams: Map[String, NDArray], beginEpoch: Int, endEpoch: Int,
      epochSize: Int, optimizer: Optimizer, kvStore: Option[KVStore], updateOnKVStore: Boolean, trainData: DataIter,
      evalData: Option[DataIter] = None, evalMetric: EvalMetric, epochEndCallback: Option[EpochEndCallback] = None,
      batchEndCallback: Option[BatchEndCallback] = None, logger: Logger = logger, workLoadList: Seq[Float] = Nil,
      monitor: Option[Monitor] = None, symGen: SymbolGenerator): Unit = throw MXNetError.inferenceOnly("fit")

  /** A checkpoint as bytes. */
  class SerializedModel private[mxnet] (
      val symbol: String, val argParams: Map[String, Array[Byte]], val auxParams: Map[String, Array[Byte]]) extends Serializable
}

trait EpochEndCallback {
  def invoke(epoch: Int, symbol: Symbol, argParams: Map[String, NDArray], auxStates: Map[String, NDArray]): Unit
}

trait BatchEndCallback {
  def invoke(epoch: Int, nBatch: Int, evalMetric: EvalMetric): Unit
}

/** Makes the symbol of a bucket. */
trait SymbolGenerator {
  def generate(key: AnyRef): Symbol
}
