package org.apache.mxnet

import org.apache.mxnet.Refusals.assertIllegal
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals}
import org.junit.jupiter.api.Test

class EvalMetricTest {
  private val labels = IndexedSeq(NDArray.array(Array(0f, 1f, 1f), Shape(3), Context.cpu()))
  private val predictions = IndexedSeq(NDArray.array(Array(0.9f, 0.1f, 0.6f, 0.4f, 0.2f, 0.8f), Shape(3, 2), Context.cpu()))

  private def value(metric: EvalMetric): Float = {
    metric.update(labels, predictions)
    metric.get._2(0)
  }

  @Test def classificationsAreCounted(): Unit = {
    assertEquals(2f / 3, value(new Accuracy), 1e-6f)
    assertEquals(1f, value(new TopKAccuracy(2)), 1e-6f)
    assertEquals(2f / 3, value(new F1), 1e-6f)
    val expected = Math.exp(-(Math.log(0.9) + Math.log(0.4) + Math.log(0.8)) / 3)
    assertEquals(expected.toFloat, value(new Perplexity()), 1e-5f)
  }

  @Test def differencesAreAveraged(): Unit = {
    val numbers = IndexedSeq(NDArray.array(Array(1f, 3f, 1f), Shape(3), Context.cpu()))
    def value(metric: EvalMetric): Float = {
      metric.update(labels, numbers)
      metric.get._2(0)
    }
    assertEquals(1f, value(new MAE), 1e-6f)
    assertEquals(5f / 3, value(new MSE), 1e-6f)
    assertEquals(Math.sqrt(5.0 / 3).toFloat, value(new RMSE), 1e-6f)
    assertEquals(7f, value(new CustomMetric((_, _) => 7f, "seven")), 0f)
  }

  @Test def severalMetricsAreOne(): Unit = {
    val composite = new CompositeEvalMetric
    composite.add(new Accuracy)
    composite.add(new TopKAccuracy(2))
    composite.update(labels, predictions)
    assertArrayEquals(Array[AnyRef]("accuracy", "top_k_accuracy"), composite.get._1.toArray[AnyRef])
    composite.reset()
    assertEquals(Float.NaN, composite.get._2(0))
    assertIllegal("same length")(new Accuracy().update(labels, IndexedSeq.empty))
  }
}
