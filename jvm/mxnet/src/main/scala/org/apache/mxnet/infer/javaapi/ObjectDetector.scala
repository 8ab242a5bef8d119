package org.apache.mxnet.infer.javaapi

import java.awt.image.BufferedImage

import org.apache.mxnet.infer
import org.apache.mxnet.infer.ImageClassifier
import org.apache.mxnet.javaapi.{Context, DataDesc, NDArray, Shape}

import scala.collection.JavaConverters._
import scala.language.implicitConversions

/** Finds objects in images; for Java. */
class ObjectDetector private[mxnet] (val objDetector: infer.ObjectDetector) extends AutoCloseable {
  /**
   * Loads the network.
   *
   * @param modelPathPrefix path of the files up to `-symbol.json` and `-EPOCH.params`, with a `synset.txt` beside them
   * @param inputDescriptors the image's, of layout NCHW
   * @param contexts where it runs
   * @param epoch of the parameters
   */
  def this(modelPathPrefix: String,
           inputDescriptors: java.lang.Iterable[DataDesc],
           contexts: java.lang.Iterable[Context],
           epoch: Int) =
    this(new infer.ObjectDetector(modelPathPrefix, inputDescriptors.asScala.map(_.dataDesc).toIndexedSeq,
      contexts.asScala.map(_.context).toArray, Some(epoch)))

  /** The most probable objects in an image: one list. */
  def imageObjectDetect(inputImage: BufferedImage, topK: Int): java.util.List[java.util.List[ObjectDetectorOutput]] =
    outputs(objDetector.imageObjectDetect(inputImage, Some(topK)))

  /** The most probable objects in each row of a batch. */
  def objectDetectWithNDArray(input: java.lang.Iterable[NDArray], topK: Int): java.util.List[java.util.List[ObjectDetectorOutput]] =
    outputs(objDetector.objectDetectWithNDArray(input.asScala.map(_.nd).toIndexedSeq, Some(topK)))

  /** The most probable objects in each image. */
  def imageBatchObjectDetect(inputBatch: java.lang.Iterable[BufferedImage],
                             topK: Int): java.util.List[java.util.List[ObjectDetectorOutput]] =
    outputs(objDetector.imageBatchObjectDetect(inputBatch.asScala.toIndexedSeq, Some(topK)))

  private def outputs(found: IndexedSeq[IndexedSeq[(String, Array[Float])]]): java.util.List[java.util.List[ObjectDetectorOutput]] =
    found.map(_.map { case (name, Array(score, left, top, right, bottom)) =>
      new ObjectDetectorOutput(name, Array(score, left, right, top, bottom))
    }.asJava).asJava

  /** Converts each element. */
  def convert[B, A](l: IndexedSeq[A])(implicit view: A => B): IndexedSeq[B] = l.map(view)

  /** Gives back what the model holds on its context. */
  override def close(): Unit = objDetector.close()
}

object ObjectDetector {
  /** Reads an image. */
  def loadImageFromFile(inputImagePath: String): BufferedImage = ImageClassifier.loadImageFromFile(inputImagePath)

  /** The image in another size. */
  def reshapeImage(img: BufferedImage, newWidth: Int, newHeight: Int): BufferedImage =
    ImageClassifier.reshapeImage(img, newWidth, newHeight)

  /** The pixels of an image, all red ones first, then green, then blue. */
  def bufferedImageToPixels(resizedImage: BufferedImage, inputImageShape: Shape): NDArray =
    new NDArray(ImageClassifier.bufferedImageToPixels(resizedImage, inputImageShape.shape))

  /** Reads images. */
  def loadInputBatch(inputImagePaths: java.lang.Iterable[String]): java.util.List[BufferedImage] =
    ImageClassifier.loadInputBatch(inputImagePaths.asScala.toList).toList.asJava

  implicit def fromObjectDetector(OD: infer.ObjectDetector): ObjectDetector = new ObjectDetector(OD)

  implicit def toObjectDetector(jOD: ObjectDetector): infer.ObjectDetector = jOD.objDetector
}
