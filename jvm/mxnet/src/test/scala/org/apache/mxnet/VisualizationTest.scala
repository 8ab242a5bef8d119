package org.apache.mxnet

import org.junit.jupiter.api.Assertions.{assertFalse, assertTrue}
import org.junit.jupiter.api.Test

class VisualizationTest {
  @Test def aNetworkIsWrittenAsDot(): Unit = {
    val source = Visualization.plotNetwork(new Lenet().symbol, "digits").source
    assertTrue(source.startsWith("digraph \"digits\" {"))
    assertTrue(source.contains("\"softmax\" -> "))
    assertFalse(source.contains("_weight"))
    assertTrue(Visualization.plotNetwork(new Lenet().symbol, hideWeights = false).source.contains("_weight"))
  }
}
