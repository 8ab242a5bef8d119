package org.apache.mxnet.infer

import java.awt.image.BufferedImage

import org.apache.mxnet._

/**
 * Finds objects in images with a network whose output is rows of class, score and box, such as MultiBoxDetection's.
 *
 * @param modelPathPrefix path of the files up to `-symbol.json` and `-EPOCH.params`, with a `synset.txt` beside them
 * @param inputDescriptors the image's, of layout NCHW
 * @param contexts where it runs
 * @param epoch of the parameters
 * @throws IllegalArgumentException the network's outputs are no boxes
 */
class ObjectDetector(modelPathPrefix: String,
                     inputDescriptors: IndexedSeq[DataDesc],
                     contexts: Array[Context] = Context.cpu(),
                     epoch: Option[Int] = Some(0)) extends AutoCloseable {
  protected[infer] val imgClassifier: ImageClassifier = getImageClassifier(modelPathPrefix, inputDescriptors, contexts, epoch)

  protected[infer] val inputShape: Shape = imgClassifier.inputShape

  protected[infer] val handler: MXNetHandler = imgClassifier.handler

  protected[infer] val predictor: PredictBase = imgClassifier.predictor

  protected[infer] val synset: IndexedSeq[String] = imgClassifier.synset

  protected[infer] val height: Int = imgClassifier.height

  protected[infer] val width: Int = imgClassifier.width

  /**
   * Finds objects in an image.
   *
   * @param topK how many of the most probable, best first; None: all, in the network's order
   * @return one list of class and (score, left, top, right, bottom), as shares of the image's size
   */
  def imageObjectDetect(inputImage: BufferedImage, topK: Option[Int] = None): IndexedSeq[IndexedSeq[(String, Array[Float])]] =
    imageBatchObjectDetect(Seq(inputImage), topK)

  /** Finds objects in images together: a list for each. */
  def imageBatchObjectDetect(inputBatch: Traversable[BufferedImage],
                             topK: Option[Int] = None): IndexedSeq[IndexedSeq[(String, Array[Float])]] = {
    val pixels = imgClassifier.pixelsOf(inputBatch)
    try objectDetectWithNDArray(IndexedSeq(pixels), topK)
    finally pixels.dispose()
  }

  /** Finds objects in a batch: a list for each row. */
  def objectDetectWithNDArray(input: IndexedSeq[NDArray], topK: Option[Int]): IndexedSeq[IndexedSeq[(String, Array[Float])]] = {
    val outputs = predictor.predictWithNDArray(input)
    try {
      val found = outputs.head
      (0 until found.shape(0)).map { row =>
        val boxes = found.at(row)
        try sortAndReformat(boxes, topK)
        finally boxes.dispose()
      }
    } finally {
      outputs.foreach(_.dispose())
    }
  }

  /** Rows without the empty ones, whose class is -1. */
  private[infer] def sortAndReformat(predictResultND: NDArray, topK: Option[Int]): IndexedSeq[(String, Array[Float])] = {
    val width = predictResultND.shape(1)
    val rows = predictResultND.toArray.grouped(width).filter(_.head != -1f).toIndexedSeq
    val chosen = topK match {
      case Some(count) => rows.sortBy(row => -row(1)).take(count)
      case None => rows
    }
    chosen.map { row =>
      val index = row.head.toInt
      require(index < synset.length, s"The network found class $index, synset.txt has ${synset.length} labels")
      (synset(index), row.takeRight(5))
    }
  }

  /** Gives back what the model holds on its context. */
  override def close(): Unit = imgClassifier.close()

  def dispose(): Unit = close()

  /** Makes the classifier that loads the network; subclasses may bring their own. */
  private[infer] def getImageClassifier(modelPathPrefix: String,
                                        inputDescriptors: IndexedSeq[DataDesc],
                                        contexts: Array[Context] = Context.cpu(),
                                        epoch: Option[Int] = Some(0)): ImageClassifier = {
    val classifier = new ImageClassifier(modelPathPrefix, inputDescriptors, contexts, epoch)
    val shapes = classifier.outputShapes
    if (shapes.length != inputDescriptors.length) {
      throw new IllegalStateException(s"Invalid output shapes, expected: ${inputDescriptors.length}, actual: ${shapes.length}.")
    }
    shapes.foreach { case (name, shape) =>
      require(shape.length == 3, s"Invalid output shapes, the model doesn't support object detection: $name has shape $shape")
      require(shape(2) >= 6, s"Invalid output shapes, the model doesn't support object detection with bounding box: $name has shape $shape")
    }
    classifier
  }
}

object ObjectDetector
