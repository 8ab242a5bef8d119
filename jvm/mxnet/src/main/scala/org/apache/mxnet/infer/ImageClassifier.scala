package org.apache.mxnet.infer

import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO

import org.apache.mxnet._
import org.apache.mxnet.DType.DType

/**
 * Classifies images: it scales them to the network's size and reads their pixels as they are, from 0 to 255, red first.
 *
 * @param modelPathPrefix path of the files up to `-symbol.json` and `-EPOCH.params`
 * @param inputDescriptors the image's, of layout NCHW
 * @param contexts where it runs
 * @param epoch of the parameters
 */
class ImageClassifier(modelPathPrefix: String,
                      inputDescriptors: IndexedSeq[DataDesc],
                      contexts: Array[Context] = Context.cpu(),
                      epoch: Option[Int] = Some(0)) extends Classifier(modelPathPrefix, inputDescriptors, contexts, epoch) {
  protected[infer] val inputLayout: String = inputDescriptors.head.layout

  require(inputLayout == Layout.NCHW, "Provided layout doesn't match NCHW format")

  protected[infer] val inputShape: Shape = inputDescriptors.head.shape

  protected[infer] val batch: Int = inputShape(inputLayout.indexOf('N'))
  protected[infer] val channel: Int = inputShape(inputLayout.indexOf('C'))
  protected[infer] val height: Int = inputShape(inputLayout.indexOf('H'))
  protected[infer] val width: Int = inputShape(inputLayout.indexOf('W'))

  /** Name and shape of each output. */
  def outputShapes: IndexedSeq[(String, Shape)] = predictor.outputShapes

  /**
   * Classifies an image.
   *
   * @param topK how many of the best labels, best first; None: all, in the order of the labels
   * @param dType of the pixels: Float64, or Float32 for any other
   * @return one list of labels with their scores
   */
  def classifyImage(inputImage: BufferedImage,
                    topK: Option[Int] = None,
                    dType: DType = DType.Float32): IndexedSeq[IndexedSeq[(String, Float)]] =
    classifyImageBatch(Seq(inputImage), topK, dType).take(1)

  /** Classifies images together: a list of labels with their scores for each. */
  def classifyImageBatch(inputBatch: Traversable[BufferedImage],
                         topK: Option[Int] = None,
                         dType: DType = DType.Float32): IndexedSeq[IndexedSeq[(String, Float)]] = {
    val pixels = pixelsOf(inputBatch, dType)
    try classifyWithNDArray(IndexedSeq(pixels), topK)
    finally pixels.dispose()
  }

  /** Images scaled to the network's size, as one array. */
  private[infer] def pixelsOf(images: Traversable[BufferedImage], dType: DType = DType.Float32): NDArray = {
    require(images.nonEmpty, "Please provide an image")
    require(channel == 3, s"The images' pixels are red, green and blue, the network takes $channel channels")
    val scaled = images.toIndexedSeq.map { image =>
      require(image != null, "Please provide an image, not null")
      val made = ImageClassifier.reshapeImage(image, width, height)
      image.flush()
      made
    }
    ImageClassifier.pixels(scaled, Shape(scaled.length, channel, height, width), dType)
  }

  private[infer] def getClassifier(modelPathPrefix: String,
                                   inputDescriptors: IndexedSeq[DataDesc],
                                   contexts: Array[Context] = Context.cpu(),
                                   epoch: Option[Int] = Some(0)): Classifier =
    new Classifier(modelPathPrefix, inputDescriptors, contexts, epoch)
}

object ImageClassifier {
  /** The image in another size. */
  def reshapeImage(img: BufferedImage, newWidth: Int, newHeight: Int): BufferedImage = {
    val scaled = new BufferedImage(newWidth, newHeight, BufferedImage.TYPE_INT_RGB)
    val graphics = scaled.createGraphics()
    try graphics.drawImage(img, 0, 0, newWidth, newHeight, null)
    finally graphics.dispose()
    scaled
  }

  /**
   * The pixels of an image, all red ones first, then green, then blue.
   *
   * @param inputImageShape of the result, such as (3, 224, 224) or (1, 3, 224, 224)
   * @param dType Float64, or Float32 for any other
   * @return an array that the caller disposes of
   */
  def bufferedImageToPixels(resizedImage: BufferedImage, inputImageShape: Shape, dType: DType = DType.Float32): NDArray =
    pixels(IndexedSeq(resizedImage), inputImageShape, dType)

  /** Images of one size, one after the other. */
  private def pixels(images: IndexedSeq[BufferedImage], shape: Shape, dType: DType): NDArray = {
    val size = 3 * images.head.getWidth * images.head.getHeight
    val values = new Array[Float](images.length * size)
    images.zipWithIndex.foreach { case (image, index) => planes(image, values, index * size) }
    if (dType == DType.Float64) NDArray.array(values.map(_.toDouble), shape) else NDArray.array(values, shape)
  }

  private def planes(image: BufferedImage, values: Array[Float], start: Int): Unit = {
    val area = image.getWidth * image.getHeight
    val colours = image.getRGB(0, 0, image.getWidth, image.getHeight, null, 0, image.getWidth)
    var at = 0
    while (at < area) {
      val colour = colours(at)
      values(start + at) = ((colour >> 16) & 0xff).toFloat
      values(start + area + at) = ((colour >> 8) & 0xff).toFloat
      values(start + 2 * area + at) = (colour & 0xff).toFloat
      at += 1
    }
    image.flush()
  }

  /**
   * Reads an image.
   *
   * @throws java.io.IOException the file cannot be read
   * @throws IllegalArgumentException it holds no image
   */
  def loadImageFromFile(inputImagePath: String): BufferedImage = {
    val image = ImageIO.read(new File(inputImagePath))
    require(image != null, s"$inputImagePath holds no image of a format that Java reads")
    image
  }

  /** Reads images. */
  def loadInputBatch(inputImagePaths: List[String]): Traversable[BufferedImage] = inputImagePaths.map(loadImageFromFile)
}
