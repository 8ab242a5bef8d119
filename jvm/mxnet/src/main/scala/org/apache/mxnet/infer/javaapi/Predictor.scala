package org.apache.mxnet.infer.javaapi

import java.util.AbstractList

import org.apache.mxnet.infer
import org.apache.mxnet.javaapi.{Context, DataDesc, NDArray}

import scala.collection.JavaConverters._

/** Predicts with a checkpoint's files; for Java. One predictor may be used from many threads. */
class Predictor private[mxnet] (val predictor: infer.Predictor) extends AutoCloseable {
  /**
   * Loads the network.
   *
   * @param modelPathPrefix path of the files up to `-symbol.json` and `-EPOCH.params`
   * @param inputDescriptors name, shape, type and layout of each input
   * @param contexts where it runs
   * @param epoch of the parameters
   */
  def this(modelPathPrefix: String,
           inputDescriptors: java.lang.Iterable[DataDesc],
           contexts: java.lang.Iterable[Context],
           epoch: Int) =
    this(new infer.Predictor(modelPathPrefix, inputDescriptors.asScala.map(_.dataDesc).toIndexedSeq,
      contexts.asScala.map(_.context).toArray, Some(epoch)))

  /** Predicts one row: a flat array for each input, and one for each output. */
  def predict(input: Array[Array[Float]]): Array[Array[Float]] = predictor.predict(input.toIndexedSeq).toArray

  def predict(input: Array[Array[Double]]): Array[Array[Double]] = predictor.predict(input.toIndexedSeq).toArray

  def predict(input: java.util.List[java.util.List[java.lang.Float]]): java.util.List[java.util.List[java.lang.Float]] = {
    val rows = input.asScala.map(floats).toIndexedSeq
    predictor.predict(rows).map(listed).asJava
  }

  /** Predicts a batch; the outputs are the caller's to dispose of. */
  def predictWithNDArray(input: java.lang.Iterable[NDArray]): java.util.List[NDArray] =
    predictor.predictWithNDArray(input.asScala.map(_.nd).toIndexedSeq).map(new NDArray(_)).asJava

  /** Gives back what the model holds on its context. */
  override def close(): Unit = predictor.close()

  private def floats(row: java.util.List[java.lang.Float]): Array[Float] = {
    val made = new Array[Float](row.size)
    val each = row.iterator
    var i = 0
    while (each.hasNext) {
      made(i) = each.next().floatValue
      i += 1
    }
    made
  }

  /** A list that boxes what is asked of it. */
  private def listed(values: Array[Float]): java.util.List[java.lang.Float] =
    new AbstractList[java.lang.Float] with java.util.RandomAccess {
      override def get(index: Int): java.lang.Float = Float.box(values(index))
      override def size: Int = values.length
    }
}
