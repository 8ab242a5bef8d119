package org.apache.mxnet.infer

import java.awt.image.BufferedImage
import java.nio.file.{Files, Path, Paths}

import io.offboard.testing.{Daemon, Npz}
import org.apache.mxnet
import org.apache.mxnet._
import org.apache.mxnet.module.Module
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertTrue}
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.{AfterAll, BeforeAll, Test, TestInstance}

import scala.collection.JavaConverters._

/** Networks of real MXNet on an accelerator: what it made of them, through every interface. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GoldenNetworksTest {
  private var daemon: Daemon = null

  @BeforeAll def start(): Unit = daemon = new Daemon()

  @AfterAll def stop(): Unit = daemon.close()

  /** A file of the facts about MXNet; without them (`OFFBOARD_TEST_DATA`) the test is left out. */
  private def shared(file: String): Path = {
    val given = System.getenv("OFFBOARD_TEST_DATA")
    val folder = if (given == null || given.isEmpty) Daemon.root.resolve("../shared") else Paths.get(given)
    val path = folder.resolve(file)
    assumeTrue(Files.exists(path), s"no test data at $path; set OFFBOARD_TEST_DATA")
    path
  }

  private def array(golden: Npz, name: String): NDArray = NDArray.ofTensor(golden.get(name))

  private def equal(expected: NDArray, actual: NDArray, name: String): Unit = {
    assertEquals(expected.shape, actual.shape, name)
    assertArrayEquals(expected.toArray, actual.toArray, 2e-4f, name)
  }

  /** By a Predictor of each language and by a Module: outputs by their names in the golden file. */
  private def networkEqualsItsGolden(prefix: Path, epoch: Int, golden: Npz): Unit = {
    val data = array(golden, "data")
    val inputs = IndexedSeq(DataDesc("data", data.shape, DType.Float32, "NCHW"))
    val predictor = new Predictor(prefix.toString, inputs, Context.eia(), Some(epoch))
    val names = predictor.outputShapes.map(_._1)
    def check(outputs: Seq[NDArray], by: String): Unit =
      names.zip(outputs).foreach { case (name, output) => equal(array(golden, name), output, s"$by: $name of $prefix") }
    try {
      check(predictor.predictWithNDArray(IndexedSeq(data)), "Predictor")
      val row = predictor.predict(IndexedSeq(data.slice(0).toArray))
      names.zip(row).foreach { case (name, values) =>
        assertArrayEquals(array(golden, name).slice(0).toArray, values, 2e-4f, s"flat: $name of $prefix")
      }
    } finally {
      predictor.close()
    }

    val forJava = new infer.javaapi.Predictor(prefix.toString, inputs.map(mxnet.javaapi.DataDesc.fromDataDesc).asJava,
      Seq(mxnet.javaapi.Context.eia()).asJava, epoch)
    try check(forJava.predictWithNDArray(Seq(new mxnet.javaapi.NDArray(data)).asJava).asScala.map(_.nd).toSeq, "Java's Predictor")
    finally forJava.close()

    val module = Module.loadCheckpoint(prefix.toString, epoch, contexts = Context.eia())
    try {
      module.bind(inputs, forTraining = false)
      module.forward(new DataBatch(IndexedSeq(data), IndexedSeq(), IndexedSeq(), 0))
      check(module.getOutputsMerged(), "Module")
    } finally {
      module.dispose()
    }
  }

  @Test def digits(): Unit = {
    val folder = Daemon.root.resolve("tests/data/digits-lenet")
    networkEqualsItsGolden(folder.resolve("digits-lenet"), 30, new Npz(folder.resolve("golden.npz")))
  }

  @Test def faces(): Unit = (1 to 4).foreach { stage =>
    networkEqualsItsGolden(shared("models/mtcnn").resolve(s"det$stage"), 1, new Npz(shared(s"models/mtcnn/det$stage-golden.npz")))
  }

  /** Rows of objects, best first, of what the network itself gave. */
  private def best(detections: NDArray, count: Int): IndexedSeq[IndexedSeq[Array[Float]]] =
    (0 until detections.shape(0)).map { row =>
      detections.at(row).toArray.grouped(6).filter(_.head >= 0).toIndexedSeq.sortBy(each => -each(1)).take(count)
    }

  private def objectsEqualTheGolden(prefix: Path, data: NDArray, detections: NDArray, labels: Seq[String]): Unit = {
    val folder = new Labels(labels: _*)
    try {
      // Of a network with other outputs the detections alone.
      Symbol.load(s"$prefix-symbol.json").get(0).save(folder.prefix + "-symbol.json")
      Files.copy(Paths.get(s"$prefix-0000.params"), Paths.get(folder.prefix + "-0000.params"))
      val detector = new ObjectDetector(folder.prefix, IndexedSeq(DataDesc("data", data.shape, DType.Float32, "NCHW")), Context.eia())
      try {
        val found = detector.objectDetectWithNDArray(IndexedSeq(data), Some(20))
        val expected = best(detections, 20)
        assertEquals(expected.map(_.size), found.map(_.size))
        assertTrue(expected.exists(_.nonEmpty))
        found.flatten.zip(expected.flatten).foreach { case ((name, box), row) =>
          assertEquals(labels(row.head.toInt), name)
          assertArrayEquals(row.drop(1), box, 1e-3f)
        }
      } finally {
        detector.close()
      }
    } finally {
      folder.close()
    }
  }

  @Test def objectsOfASmallDetector(): Unit = {
    val golden = new Npz(shared("mxnet/golden-nets/ssd-like-io.npz"))
    objectsEqualTheGolden(shared("mxnet/golden-nets").resolve("ssd-like"), array(golden, "in|data"), array(golden, "out|0"),
      Seq("circle", "square", "triangle"))
  }

  @Test def facesOfADetector(): Unit = {
    val golden = new Npz(shared("models/ultraface-ssd-mxnet/golden.npz"))
    objectsEqualTheGolden(shared("models/ultraface-ssd-mxnet").resolve("ultraface-rfb-320"), array(golden, "data"),
      array(golden, "detection_output"), Seq("face"))
  }

  /** A network that takes pixels: what it makes of photographs, from Java's images to labels. */
  @Test def photographs(): Unit = {
    val files = shared("models/efficientnet-lite0-mxnet")
    val golden = new Npz(files.resolve("golden.npz"))
    val (pixels, expected) = (array(golden, "image_uint8").toArray, array(golden, "softmax_output"))
    val labels = Files.readAllLines(shared("models/images/synset.txt")).asScala.toIndexedSeq
    val folder = new Labels(labels: _*)
    try {
      val network = Symbol.load(files.resolve("efficientnet-lite0-symbol.json").toString)
      network("", Map("data" -> (Symbol.Variable("data") - 127f) / 128f)).save(folder.prefix + "-symbol.json")
      Files.copy(files.resolve("efficientnet-lite0-0000.params"), Paths.get(folder.prefix + "-0000.params"))
      val classifier = new ImageClassifier(folder.prefix, IndexedSeq(DataDesc("data", Shape(4, 3, 224, 224), DType.Float32, "NCHW")),
        Context.eia())
      try {
        val images = (0 until 4).map { number =>
          val image = new BufferedImage(224, 224, BufferedImage.TYPE_INT_RGB)
          for (y <- 0 until 224; x <- 0 until 224) {
            val at = ((number * 224 + y) * 224 + x) * 3
            image.setRGB(x, y, (pixels(at).toInt << 16) | (pixels(at + 1).toInt << 8) | pixels(at + 2).toInt)
          }
          image
        }
        classifier.classifyImageBatch(images).zipWithIndex.foreach { case (found, number) =>
          assertEquals(labels, found.map(_._1))
          assertArrayEquals(expected.at(number).toArray, found.map(_._2).toArray, 1e-4f)
        }
        val best = expected.at(1).toArray.zipWithIndex.maxBy(_._1)._2
        assertEquals(labels(best), classifier.classifyImage(images(1), Some(1)).head.head._1)
      } finally {
        classifier.close()
      }
    } finally {
      folder.close()
    }
  }

  @Test def aNetworkThatFindsNoObjectsIsTold(): Unit = {
    val folder = new Labels((0 to 9).map(_.toString): _*)
    val lenet = Daemon.root.resolve("tests/data/digits-lenet/digits-lenet")
    try {
      Files.copy(Paths.get(s"$lenet-symbol.json"), Paths.get(folder.prefix + "-symbol.json"))
      Files.copy(Paths.get(s"$lenet-0030.params"), Paths.get(folder.prefix + "-0030.params"))
      val inputs = IndexedSeq(DataDesc("data", Shape(1, 1, 8, 8), DType.Float32, "NCHW"))
      val error = org.junit.jupiter.api.Assertions.assertThrows(classOf[IllegalArgumentException],
        new org.junit.jupiter.api.function.Executable {
          override def execute(): Unit = new ObjectDetector(folder.prefix, inputs, Context.eia(), Some(30))
        })
      assertTrue(error.getMessage.contains("the model doesn't support object detection"), error.getMessage)
    } finally {
      folder.close()
    }
  }

  @Test def manyThreadsShareAPredictor(): Unit = {
    val folder = Daemon.root.resolve("tests/data/digits-lenet")
    val golden = new Npz(folder.resolve("golden.npz"))
    val (data, expected) = (array(golden, "data"), array(golden, "softmax_output"))
    val predictor = new Predictor(folder.resolve("digits-lenet").toString,
      IndexedSeq(DataDesc("data", Shape(1, 1, 8, 8), DType.Float32, "NCHW")), Context.eia(), Some(30))
    val failures = new java.util.concurrent.ConcurrentLinkedQueue[Throwable]
    val threads = (0 until 8).map { number =>
      val thread = new Thread(new Runnable {
        override def run(): Unit =
          try {
            for (turn <- 0 until 25) {
              val row = number * 25 + turn
              val rows = 1 + turn % 3
              val output = predictor.predictWithNDArray(IndexedSeq(data.slice(row, row + rows))).head
              assertArrayEquals(expected.slice(row, row + rows).toArray, output.toArray, 1e-5f)
            }
          } catch {
            case error: Throwable => failures.add(error)
          }
      })
      thread.start()
      thread
    }
    threads.foreach(_.join())
    predictor.close()
    assertTrue(failures.isEmpty, failures.toString)
  }
}
