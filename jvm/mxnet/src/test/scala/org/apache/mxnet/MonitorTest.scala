package org.apache.mxnet

import org.junit.jupiter.api.Assertions.{assertEquals, assertTrue}
import org.junit.jupiter.api.Test

class MonitorTest {
  @Test def everySecondBatchIsLookedAt(): Unit = {
    val symbol = (Symbol.Variable("a") + Symbol.Variable("b")) * 2
    val executor = symbol.bind(Context.cpu(), Seq(NDArray.ones(2) * -3, NDArray.ones(2)))
    val monitor = new Monitor(2)
    monitor.install(executor)
    def batch(): Map[String, String] = {
      monitor.tic()
      executor.forward()
      monitor.toc().map { case (_, name, value) => name -> value }.toMap
    }
    val seen = batch()
    assertEquals("3.0", seen("a"))
    assertEquals(Set("1.0", "2.0", "3.0", "4.0"), seen.values.toSet)
    assertTrue(batch().isEmpty)
    assertEquals(seen.keySet, batch().keySet)
  }
}
