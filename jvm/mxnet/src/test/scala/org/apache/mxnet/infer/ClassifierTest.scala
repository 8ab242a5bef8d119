package org.apache.mxnet.infer

import java.awt.Color
import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO

import org.apache.mxnet._
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.Executable

/** Classifiers and detectors over predictors that subclasses bring: no files but labels, no accelerator. */
class ClassifierTest {
  private val names = Seq("zero", "one", "two", "three")
  private val rows = IndexedSeq(DataDesc("data", Shape(1, 3), DType.Float32, "NC"))
  private val images = IndexedSeq(DataDesc("data", Shape(1, 3, 2, 2), DType.Float32, "NCHW"))

  private def withLabels[T](labels: Seq[String])(body: Labels => T): T = {
    val made = new Labels(labels: _*)
    try body(made)
    finally made.close()
  }

  private class FixedClassifier(prefix: String, answer: NDArray) extends Classifier(prefix, rows) {
    def labels: IndexedSeq[String] = synset

    override def getPredictor(): PredictBase = new FixedPredictor(answer)
  }

  private class FixedDetector(prefix: String, descriptors: IndexedSeq[DataDesc], answer: NDArray) extends ObjectDetector(prefix, descriptors) {
    override def getImageClassifier(prefix: String, descriptors: IndexedSeq[DataDesc], contexts: Array[Context],
        epoch: Option[Int]): ImageClassifier = new FixedImageClassifier(prefix, descriptors, answer)
  }

  private def refusal(work: => Any): String =
    assertThrows(classOf[IllegalArgumentException], new Executable { override def execute(): Unit = work }).getMessage

  private def scores = NDArray.array(Array(0.1f, 0.4f, 0.2f, 0.4f), Shape(1, 4))

  @Test def labelsAreReadFromTheModelsFolder(): Unit = withLabels(names) { labels =>
    val classifier = new FixedClassifier(labels.prefix, scores)
    assertEquals(names, classifier.labels)
    assertEquals(labels.folder.resolve("synset.txt").toRealPath().toString, classifier.synsetFilePath)
  }

  @Test def withoutLabelsThereIsNoClassifier(): Unit = {
    assertTrue(refusal(new FixedClassifier("/no/such/folder/model", scores)).contains("directory: /no/such/folder/ not found"))
    withLabels(names) { labels =>
      labels.folder.resolve("synset.txt").toFile.delete()
      assertTrue(refusal(new FixedClassifier(labels.prefix, scores)).contains("File synset.txt should exist inside modelPath"))
    }
  }

  @Test def flatArraysAreClassified(): Unit = withLabels(names) { labels =>
    val classifier = new FixedClassifier(labels.prefix, scores)
    val input = IndexedSeq(Array(1f, 2f, 3f))
    assertEquals(names.zip(Seq(0.1f, 0.4f, 0.2f, 0.4f)), classifier.classify(input))
    assertEquals(Seq("one" -> 0.4f, "three" -> 0.4f, "two" -> 0.2f), classifier.classify(input, Some(3)))
    assertEquals(4, classifier.classify(input, Some(10)).size)
    assertEquals(Seq("one" -> 0.4f.toDouble), classifier.classify(IndexedSeq(Array(1.0, 2.0, 3.0)), Some(1)))
  }

  @Test def batchesAreClassifiedRowByRow(): Unit = withLabels(names) { labels =>
    val answer = NDArray.array(Array(0.1f, 0.4f, 0.2f, 0.3f, 0.9f, 0.0f, 0.1f, 0.0f), Shape(2, 4))
    val classifier = new FixedClassifier(labels.prefix, answer)
    val found = classifier.classifyWithNDArray(IndexedSeq(NDArray.ones(2, 3)), Some(2))
    assertEquals(Seq(Seq("one" -> 0.4f, "three" -> 0.3f), Seq("zero" -> 0.9f, "two" -> 0.1f)), found)
    assertEquals(names, classifier.classifyWithNDArray(IndexedSeq(NDArray.ones(2, 3))).head.map(_._1))
  }

  @Test def aClassWithoutLabelIsTold(): Unit = withLabels(names.take(2)) { labels =>
    val classifier = new FixedClassifier(labels.prefix, scores)
    assertTrue(refusal(classifier.classify(IndexedSeq(Array(1f, 2f, 3f)), Some(4))).contains("has 2 labels, the network has 4 outputs"))
  }

  private def coloured(colour: Color, width: Int = 2, height: Int = 2): BufferedImage = {
    val image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB)
    for (x <- 0 until width; y <- 0 until height) image.setRGB(x, y, colour.getRGB)
    image
  }

  @Test def pixelsAreOneColourAfterTheOther(): Unit = {
    val image = coloured(new Color(1, 2, 3))
    image.setRGB(1, 0, new Color(10, 20, 30).getRGB)
    val pixels = ImageClassifier.bufferedImageToPixels(image, Shape(1, 3, 2, 2))
    assertEquals((Shape(1, 3, 2, 2), DType.Float32), (pixels.shape, pixels.dtype))
    assertArrayEquals(Array[Float](1, 10, 1, 1, 2, 20, 2, 2, 3, 30, 3, 3), pixels.toArray)
    assertEquals(DType.Float64, ImageClassifier.bufferedImageToPixels(image, Shape(3, 2, 2), DType.Float64).dtype)
  }

  @Test def imagesAreScaledAndClassifiedTogether(): Unit = withLabels(names) { labels =>
    val answer = NDArray.array(Array(0.1f, 0.4f, 0.2f, 0.3f, 0.9f, 0.0f, 0.1f, 0.0f), Shape(2, 4))
    val classifier = new FixedImageClassifier(labels.prefix, images, answer)
    val found = classifier.classifyImageBatch(Seq(coloured(Color.RED, 5, 7), coloured(Color.BLUE, 1, 1)), Some(1))
    assertEquals(Seq(Seq("one" -> 0.4f), Seq("zero" -> 0.9f)), found)
    assertArrayEquals(Array.fill(4)(255f) ++ Array.fill(8)(0f) ++ Array.fill(8)(0f) ++ Array.fill(4)(255f),
      classifier.fixed.asked.head.toArray)
    assertEquals(Shape(2, 3, 2, 2), classifier.fixed.asked.head.shape)
    assertEquals(1, classifier.classifyImage(coloured(Color.RED), Some(1), DType.Float64).size)
    assertEquals(DType.Float64, classifier.fixed.asked.head.dtype)
  }

  @Test def otherLayoutsAreRefused(): Unit = withLabels(names) { labels =>
    val other = IndexedSeq(DataDesc("data", Shape(1, 2, 2, 3), DType.Float32, "NHWC"))
    assertTrue(refusal(new FixedImageClassifier(labels.prefix, other, scores)).contains("Provided layout doesn't match NCHW format"))
    val grey = IndexedSeq(DataDesc("data", Shape(1, 1, 2, 2), DType.Float32, "NCHW"))
    assertTrue(refusal(new FixedImageClassifier(labels.prefix, grey, scores).classifyImage(coloured(Color.RED))).contains("takes 1 channels"))
  }

  @Test def imagesAreReadByJava(): Unit = withLabels(names) { labels =>
    val path = labels.folder.resolve("red.png").toString
    ImageIO.write(coloured(Color.RED, 3, 4), "png", new File(path))
    val image = ImageClassifier.loadImageFromFile(path)
    assertEquals((3, 4, Color.RED.getRGB), (image.getWidth, image.getHeight, image.getRGB(1, 1)))
    assertEquals(2, ImageClassifier.loadInputBatch(List(path, path)).size)
    assertTrue(refusal(ImageClassifier.loadImageFromFile(labels.folder.resolve("synset.txt").toString)).contains("holds no image"))
  }

  @Test def objectsAreSortedAndNamed(): Unit = withLabels(names) { labels =>
    val boxes = Array(1f, 0.4f, 0.1f, 0.2f, 0.3f, 0.5f, -1f, 0f, 0f, 0f, 0f, 0f, 3f, 0.9f, 0.2f, 0.3f, 0.4f, 0.6f)
    val detector = new FixedDetector(labels.prefix, images, NDArray.array(boxes, Shape(1, 3, 6)))
    val found = detector.imageObjectDetect(coloured(Color.RED), Some(5)).head
    assertEquals(Seq("three", "one"), found.map(_._1))
    assertArrayEquals(Array(0.9f, 0.2f, 0.3f, 0.4f, 0.6f), found.head._2)
    assertEquals(Seq("one", "three"), detector.objectDetectWithNDArray(IndexedSeq(NDArray.ones(1, 3, 2, 2)), None).head.map(_._1))
    assertEquals(1, detector.imageObjectDetect(coloured(Color.RED), Some(1)).head.size)
  }

  @Test def javaSeesTheCornersOfBoxes(): Unit = withLabels(names) { labels =>
    val box = NDArray.array(Array(3f, 0.9f, 0.1f, 0.2f, 0.3f, 0.4f), Shape(1, 1, 6))
    val detector = new infer.javaapi.ObjectDetector(new FixedDetector(labels.prefix, images, box))
    val found = detector.imageObjectDetect(coloured(Color.RED), 1).get(0).get(0)
    assertEquals(("three", 0.9f), (found.getClassName, found.getProbability))
    assertEquals((0.1f, 0.2f, 0.3f, 0.4f), (found.getXMin, found.getYMin, found.getXMax, found.getYMax))
  }

  @Test def workRunsInTheCallersThread(): Unit = {
    val handler = MXNetHandler()
    assertEquals(Thread.currentThread, handler.execute(Thread.currentThread))
    assertEquals(Thread.currentThread,
      handler.executor.submit(new java.util.concurrent.Callable[Thread] { override def call(): Thread = Thread.currentThread }).get)
    assertTrue(refusal(new MXNetThreadPoolHandler(0)).contains("Invalid numThreads 0"))
  }
}
