package org.apache.mxnet.infer

import org.apache.mxnet._
import org.apache.mxnet.io.NDArrayIter
import org.apache.mxnet.module.Module
import org.slf4j.LoggerFactory

import scala.util.Try

/** Predicts from flat arrays or from NDArrays. */
private[infer] trait PredictBase {
  /**
   * Predicts one row of a batch.
   *
   * @tparam T Float or Double
   * @param input a flat array for each input of the network
   * @return a flat array for each output
   */
  def predict[T](input: IndexedSeq[Array[T]]): IndexedSeq[Array[T]]

  /**
   * Predicts a batch.
   *
   * @param input an array for each input of the network; the caller's
   * @return an array for each output, the caller's to dispose of
   */
  def predictWithNDArray(input: IndexedSeq[NDArray]): IndexedSeq[NDArray]

  /** Name and shape of each output. */
  def outputShapes: IndexedSeq[(String, Shape)]
}

/**
 * Predicts with a checkpoint's files. One predictor may be used from many threads.
 *
 * @param modelPathPrefix path of the files up to `-symbol.json` and `-EPOCH.params`
 * @param inputDescriptors name, shape, type and layout of each input; a layout without `N` counts as one row
 * @param contexts where it runs
 * @param epoch of the parameters
 * @throws IllegalArgumentException the descriptors contradict each other
 */
class Predictor(modelPathPrefix: String,
                protected val inputDescriptors: IndexedSeq[DataDesc],
                protected val contexts: Array[Context] = Context.cpu(),
                protected val epoch: Option[Int] = Some(0)) extends PredictBase with AutoCloseable {
  import Predictor.logger

  // Subclasses read what is initialized here while they are made, so the order below is part of the interface.
  require(inputDescriptors.nonEmpty, "Please provide input descriptor")
  require(inputDescriptors.head.layout.nonEmpty, "layout size should not be zero")

  protected[infer] var batchIndex: Int = Predictor.batchAxis(inputDescriptors.head)
  protected[infer] var batchSize: Int = if (batchIndex == -1) 1 else inputDescriptors.head.shape(batchIndex)
  protected[infer] var iDescriptors: IndexedSeq[DataDesc] = inputDescriptors

  inputDescriptors.foreach(each => require(Predictor.batchAxis(each) == batchIndex,
    "batch size should be in the same index for all inputs"))

  if (batchIndex == -1) {
    logger.warn("InputDescriptor does not have batchSize, using 1 as the default batchSize")
    iDescriptors = inputDescriptors.map(each => DataDesc(each.name, Shape(1 +: each.shape.toVector), each.dtype, "N" + each.layout))
    batchIndex = 0
  } else {
    inputDescriptors.foreach(each => require(each.shape(batchIndex) == batchSize, "batch size should be same for all inputs"))
  }

  protected[infer] val mxNetHandler: MXNetHandler = MXNetHandler()

  protected[infer] val mod: Module = loadModule()

  override def outputShapes: IndexedSeq[(String, Shape)] = mod.outputShapes

  override def predict[T](input: IndexedSeq[Array[T]]): IndexedSeq[Array[T]] = {
    require(input.length == inputDescriptors.length,
      s"number of inputs provided: ${input.length} does not match number of inputs in inputDescriptors: ${inputDescriptors.length}")
    input.zip(inputDescriptors).foreach { case (values, descriptor) =>
      require(values.length == descriptor.shape.product / batchSize,
        s"number of elements: ${values.length} in the input does not match the shape: ${descriptor.shape}")
    }
    val arrays = input.zip(iDescriptors).map { case (values, descriptor) => row(values, withBatch(descriptor, 1).shape) }
    try {
      run(arrays, iDescriptors.map(withBatch(_, 1)), 1).map { output =>
        val values = input.head match {
          case _: Array[Double] if output.dtype == DType.Float64 => output.toFloat64Array
          case _: Array[Double] => output.toArray.map(_.toDouble)
          case _ => output.toArray
        }
        output.dispose()
        values.asInstanceOf[Array[T]]
      }
    } finally {
      arrays.foreach(_.dispose())
    }
  }

  private def row(values: Array[_], shape: Shape): NDArray = values match {
    case floats: Array[Float] => NDArray.array(floats, shape)
    case doubles: Array[Double] => NDArray.array(doubles, shape)
    case other => throw new IllegalArgumentException(s"Inputs are arrays of Float or Double, not of ${other.getClass.getComponentType}")
  }

  override def predictWithNDArray(inputBatch: IndexedSeq[NDArray]): IndexedSeq[NDArray] = {
    require(inputBatch.length == inputDescriptors.length,
      s"number of inputs provided: ${inputBatch.length} do not match number of inputs in inputDescriptors: ${inputDescriptors.length}")
    inputBatch.zip(iDescriptors).foreach { case (array, descriptor) =>
      require(array.shape.length > batchIndex && array.shape(batchIndex) == inputBatch.head.shape(batchIndex),
        "All inputs should be of same batch size")
      if (!shapeCheckDisabled) {
        require(array.shape.drop(batchIndex + 1) == descriptor.shape.drop(batchIndex + 1),
          s"Input Data Shape: ${array.shape} should match the inputDescriptor shape: ${descriptor.shape} except batchSize")
      }
    }
    val rows = inputBatch.head.shape(batchIndex)
    val described = inputBatch.zip(iDescriptors).map { case (array, descriptor) =>
      DataDesc(descriptor.name, array.shape, descriptor.dtype, descriptor.layout)
    }
    run(inputBatch, described, rows)
  }

  /** A network that takes other shapes than its descriptors', such as sequences of any length, needs no check. */
  private lazy val shapeCheckDisabled: Boolean = {
    val disabled = Try(System.getProperty(Predictor.ShapeCheckProperty).toBoolean).getOrElse(false)
    if (disabled) {
      logger.warn("Shape check is disabled (property {} is set)", Predictor.ShapeCheckProperty)
    }
    disabled
  }

  private def withBatch(descriptor: DataDesc, rows: Int): DataDesc =
    if (descriptor.shape(batchIndex) == rows) descriptor
    else DataDesc(descriptor.name, Shape(descriptor.shape.toVector.updated(batchIndex, rows)), descriptor.dtype, descriptor.layout)

  /** One caller at a time: the module has one set of arrays. */
  private def run(arrays: IndexedSeq[NDArray], described: IndexedSeq[DataDesc], rows: Int): IndexedSeq[NDArray] = mod.synchronized {
    require(!closed, s"The predictor of $modelPathPrefix was closed")
    // One batch of all, whatever axis the batch is.
    def predicted = mod.predict(new NDArrayIter(arrays, dataBatchSize = arrays.head.shape(0)))
    mxNetHandler.execute {
      if (rows == batchSize) {
        predicted
      } else {
        mod.bind(described, forTraining = false, forceRebind = true)
        try predicted
        finally mod.bind(iDescriptors, forTraining = false, forceRebind = true)
      }
    }
  }

  private var closed = false

  /** Gives back what the model holds on its context. */
  override def close(): Unit = mod.synchronized {
    closed = true
    mod.dispose()
  }

  def dispose(): Unit = close()

  /** Loads and binds the module; subclasses may bring their own. */
  private[infer] def loadModule(): Module = mxNetHandler.execute {
    require(epoch.isDefined, "Please provide the epoch of the parameters")
    val made = Module.loadCheckpoint(modelPathPrefix, epoch.get, contexts = contexts, dataNames = iDescriptors.map(_.name))
    made.bind(iDescriptors, forTraining = false)
    made
  }
}

object Predictor {
  private val logger = LoggerFactory.getLogger(classOf[Predictor])
  private val ShapeCheckProperty = "mxnet.disableShapeCheck"

  /** -1 without one; a layout that is not told has batches first. */
  private def batchAxis(descriptor: DataDesc): Int =
    if (descriptor.layout == Layout.UNDEFINED) 0 else descriptor.layout.indexOf('N')
}
