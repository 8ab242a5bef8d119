package org.apache.mxnet.infer

import org.apache.mxnet._
import org.apache.mxnet.module.{BaseModule, Module}
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.Executable

import scala.collection.mutable.ArrayBuffer

/** Predictors over a module that a subclass brings: no files, no accelerator. */
class PredictorTest {
  private def image(shape: Shape, layout: String = "NCHW", name: String = "data") = DataDesc(name, shape, DType.Float32, layout)

  /** Answers every batch with its first array, and remembers what it was bound to. */
  private class EchoModule extends Module(Symbol.Variable("data")) {
    val bindings: ArrayBuffer[IndexedSeq[Shape]] = ArrayBuffer.empty
    var disposed = false

    override def bind(dataShapes: IndexedSeq[DataDesc], labelShapes: Option[IndexedSeq[DataDesc]], forTraining: Boolean,
        inputsNeedGrad: Boolean, forceRebind: Boolean, sharedModule: Option[BaseModule], gradReq: String): Unit = {
      assertTrue(!forTraining && forceRebind)
      bindings += dataShapes.map(_.shape)
    }

    override def predict(evalData: DataIter, numBatch: Int, reset: Boolean): IndexedSeq[NDArray] = evalData.next().data.map(_.copy())

    override def dispose(): Unit = disposed = true
  }

  private class EchoPredictor(descriptors: IndexedSeq[DataDesc]) extends Predictor("nowhere/model", descriptors) {
    lazy val echo = new EchoModule
    val batch: (Int, Int) = (batchIndex, batchSize)

    override def loadModule(): Module = echo
  }

  private def refusal(work: => Any): String =
    assertThrows(classOf[IllegalArgumentException], new Executable { override def execute(): Unit = work }).getMessage

  @Test def batchAxisAndSizeComeFromTheFirstDescriptor(): Unit = {
    assertEquals((0, 4), new EchoPredictor(IndexedSeq(image(Shape(4, 3, 2, 2)))).batch)
    assertEquals((1, 4), new EchoPredictor(IndexedSeq(image(Shape(9, 4), "TN"))).batch)
    assertEquals((0, 4), new EchoPredictor(IndexedSeq(image(Shape(4, 3), Layout.UNDEFINED))).batch)
  }

  @Test def aDescriptorWithoutBatchGetsOneRow(): Unit = {
    val predictor = new EchoPredictor(IndexedSeq(image(Shape(3, 2, 2), "CHW")))
    assertEquals((0, 1), predictor.batch)
    assertArrayEquals(Array.fill(12)(5f), predictor.predict(IndexedSeq(Array.fill(12)(5f))).head)
    assertEquals(Shape(1, 3, 2, 2), predictor.predictWithNDArray(IndexedSeq(NDArray.ones(1, 3, 2, 2))).head.shape)
  }

  @Test def contradictingDescriptorsAreRefused(): Unit = {
    assertTrue(refusal(new EchoPredictor(IndexedSeq(image(Shape(1, 3), "NC"), image(Shape(2, 3), "NC", "more"))))
      .contains("batch size should be same for all inputs"))
    assertTrue(refusal(new EchoPredictor(IndexedSeq(image(Shape(1, 3), "NC"), image(Shape(3, 1), "CN", "more"))))
      .contains("batch size should be in the same index for all inputs"))
    assertTrue(refusal(new EchoPredictor(IndexedSeq(image(Shape(), "")))).contains("layout size should not be zero"))
    assertTrue(refusal(new EchoPredictor(IndexedSeq.empty)).contains("Please provide input descriptor"))
  }

  @Test def flatArraysAreOneRowWhateverTheBatch(): Unit = {
    val predictor = new EchoPredictor(IndexedSeq(image(Shape(2, 3, 2, 2))))
    val values = Array.tabulate(12)(_.toFloat)
    assertArrayEquals(values, predictor.predict(IndexedSeq(values)).head)
    // To one row and back.
    assertEquals(Seq(IndexedSeq(Shape(1, 3, 2, 2)), IndexedSeq(Shape(2, 3, 2, 2))), predictor.echo.bindings.toList)
  }

  @Test def listsComeBackAsLists(): Unit = {
    val predictor = new org.apache.mxnet.infer.javaapi.Predictor(new EchoPredictor(IndexedSeq(image(Shape(1, 4), "NC"))))
    val values = java.util.Arrays.asList[java.lang.Float](1f, -2f, 3.5f, 0f)
    assertEquals(java.util.Arrays.asList(values), predictor.predict(java.util.Arrays.asList(values)))
  }

  @Test def doublesComeBackAsDoubles(): Unit = {
    val descriptor = DataDesc("data", Shape(1, 4), DType.Float64, "NC")
    val values = Array(0.1, 0.2, 0.3, 1e300)
    assertArrayEquals(values, new EchoPredictor(IndexedSeq(descriptor)).predict(IndexedSeq(values)).head)
  }

  @Test def anotherBatchSizeIsBoundForTheCall(): Unit = {
    val predictor = new EchoPredictor(IndexedSeq(image(Shape(2, 3, 2, 2))))
    assertEquals(Shape(5, 3, 2, 2), predictor.predictWithNDArray(IndexedSeq(NDArray.ones(5, 3, 2, 2))).head.shape)
    assertEquals(Seq(IndexedSeq(Shape(5, 3, 2, 2)), IndexedSeq(Shape(2, 3, 2, 2))), predictor.echo.bindings.toList)
    predictor.predictWithNDArray(IndexedSeq(NDArray.ones(2, 3, 2, 2)))
    assertEquals(2, predictor.echo.bindings.size)
  }

  @Test def theBatchMayBeAnotherAxis(): Unit = {
    val predictor = new EchoPredictor(IndexedSeq(image(Shape(9, 4), "TN")))
    assertEquals(Shape(9, 4), predictor.predictWithNDArray(IndexedSeq(NDArray.ones(9, 4))).head.shape)
    assertTrue(predictor.echo.bindings.isEmpty)
    assertEquals(Shape(9, 2), predictor.predictWithNDArray(IndexedSeq(NDArray.ones(9, 2))).head.shape)
    assertEquals(Seq(IndexedSeq(Shape(9, 2)), IndexedSeq(Shape(9, 4))), predictor.echo.bindings.toList)
  }

  @Test def inputsThatDoNotFitAreRefused(): Unit = {
    val predictor = new EchoPredictor(IndexedSeq(image(Shape(1, 3, 2, 2))))
    assertTrue(refusal(predictor.predict(IndexedSeq(Array(1f), Array(1f)))).contains("number of inputs provided: 2 does not match"))
    assertTrue(refusal(predictor.predict(IndexedSeq(Array(1f)))).contains("number of elements: 1 in the input does not match the shape: (1,3,2,2)"))
    assertTrue(refusal(predictor.predictWithNDArray(IndexedSeq(NDArray.ones(1, 3, 2, 3))))
      .contains("Input Data Shape: (1,3,2,3) should match the inputDescriptor shape: (1,3,2,2) except batchSize"))
    val two = new EchoPredictor(IndexedSeq(image(Shape(1, 3), "NC"), image(Shape(1, 3), "NC", "more")))
    assertTrue(refusal(two.predictWithNDArray(IndexedSeq(NDArray.ones(1, 3), NDArray.ones(2, 3))))
      .contains("All inputs should be of same batch size"))
  }

  @Test def whatIsClosedPredictsNoMore(): Unit = {
    val predictor = new EchoPredictor(IndexedSeq(image(Shape(1, 3), "NC")))
    predictor.close()
    assertTrue(predictor.echo.disposed)
    assertTrue(refusal(predictor.predict(IndexedSeq(Array(1f, 2f, 3f)))).contains("nowhere/model was closed"))
  }

  @Test def manyThreadsShareAPredictor(): Unit = {
    val predictor = new EchoPredictor(IndexedSeq(image(Shape(1, 3), "NC")))
    val wrong = new java.util.concurrent.ConcurrentLinkedQueue[String]
    val threads = (1 to 8).map { number =>
      val thread = new Thread(new Runnable {
        override def run(): Unit = (1 to 200).foreach { _ =>
          val rows = 1 + number % 3
          val made = predictor.predictWithNDArray(IndexedSeq(NDArray.ones(rows, 3) * number.toFloat)).head
          if (made.shape != Shape(rows, 3) || made.toArray.exists(_ != number)) wrong.add(s"$number got $made")
        }
      })
      thread.start()
      thread
    }
    threads.foreach(_.join())
    assertTrue(wrong.isEmpty, wrong.toString)
  }
}
