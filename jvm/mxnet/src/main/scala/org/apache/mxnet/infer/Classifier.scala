package org.apache.mxnet.infer

import java.io.File

import org.apache.mxnet._

import scala.io.Source

/** Labels with their scores. */
trait ClassifierBase {
  /**
   * Classifies flat arrays.
   *
   * @tparam T Float or Double
   * @param input an array for each input of the network
   * @param topK how many of the best labels, best first; None: all, in the order of the labels
   */
  def classify[T](input: IndexedSeq[Array[T]], topK: Option[Int] = None): IndexedSeq[(String, T)]

  /** Classifies a batch: labels and scores of each row. */
  def classifyWithNDArray(input: IndexedSeq[NDArray], topK: Option[Int] = None): IndexedSeq[IndexedSeq[(String, Float)]]
}

/**
 * Classifies with a checkpoint's files and a `synset.txt` beside them, a label a line.
 *
 * @param modelPathPrefix path of the files up to `-symbol.json` and `-EPOCH.params`
 * @param inputDescriptors name, shape, type and layout of each input
 * @param contexts where it runs
 * @param epoch of the parameters
 * @throws IllegalArgumentException there is no `synset.txt`
 */
class Classifier(modelPathPrefix: String,
                 protected val inputDescriptors: IndexedSeq[DataDesc],
                 protected val contexts: Array[Context] = Context.cpu(),
                 protected val epoch: Option[Int] = Some(0)) extends ClassifierBase with AutoCloseable {
  protected[infer] val predictor: PredictBase = getPredictor()

  protected[infer] val synsetFilePath: String = getSynsetFilePath(modelPathPrefix)

  protected[infer] val synset: IndexedSeq[String] = readSynsetFile(synsetFilePath)

  protected[infer] val handler: MXNetHandler = MXNetHandler()

  override def classify[T](
      input: IndexedSeq[Array[T]], topK: Option[Int] = None): IndexedSeq[(String, T)] =
    labelled(predictor.predict(input).head, topK)

  override def classifyWithNDArray(input: IndexedSeq[NDArray], topK: Option[Int] = None): IndexedSeq[IndexedSeq[(String, Float)]] = {
    val outputs = predictor.predictWithNDArray(input)
    try {
      val rows = outputs.head.shape(0)
      val scores = outputs.head.toArray
      val width = if (rows == 0) 0 else scores.length / rows
      (0 until rows).map(row => labelled(scores.slice(row * width, (row + 1) * width), topK))
    } finally {
      outputs.foreach(_.dispose())
    }
  }

  /** Of equal scores the label that comes first. */
  private def labelled[T](scores: Array[T], topK: Option[Int]): IndexedSeq[(String, T)] = topK match {
    case None => synset.zip(scores)
    case Some(count) =>
      val best = scores.indices.sortBy(index => -number(scores(index))).take(count)
      best.foreach(index => require(index < synset.length,
        s"$synsetFilePath has ${synset.length} labels, the network has ${scores.length} outputs"))
      best.map(index => (synset(index), scores(index)))
  }

  private def number(score: Any): Double = score match {
    case value: Float => value
    case value: Double => value
  }

  /** Gives back what the model holds on its context. */
  override def close(): Unit = predictor match {
    case owned: AutoCloseable => owned.close()
    case _ =>
  }

  def dispose(): Unit = close()

  private[infer] def getSynsetFilePath(modelPathPrefix: String): String = {
    val folder = modelPathPrefix.substring(0, 1 + modelPathPrefix.lastIndexOf(File.separator))
    val directory = new File(folder)
    require(directory.exists && directory.isDirectory, s"directory: $folder not found")
    val labels = new File(folder + "synset.txt")
    require(labels.exists && labels.isFile, s"File synset.txt should exist inside modelPath: ${folder}synset.txt")
    labels.getCanonicalPath
  }

  private[infer] def readSynsetFile(synsetFilePath: String): IndexedSeq[String] = {
    val source = Source.fromFile(synsetFilePath, "UTF-8")
    try source.getLines().toIndexedSeq
    finally source.close()
  }

  /** Makes the predictor; subclasses may bring their own. */
  private[infer] def getPredictor(): PredictBase = new Predictor(modelPathPrefix, inputDescriptors, contexts, epoch)
}

object Classifier
