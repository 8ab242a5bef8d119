package org.apache.mxnet

import java.lang.management.{BufferPoolMXBean, ManagementFactory}

import org.junit.jupiter.api.Assertions.{assertEquals, assertTrue}
import org.junit.jupiter.api.Test

import scala.collection.JavaConverters._

class MemoryTest {
  private def outsideTheHeap: Long =
    ManagementFactory.getPlatformMXBeans(classOf[BufferPoolMXBean]).asScala.find(_.getName == "direct").get.getMemoryUsed

  @Test def memoryOfDisposedArraysServesTheNext(): Unit = {
    NDArray.ones(1 << 18).dispose()
    val before = outsideTheHeap
    (0 until 500).foreach { i =>
      val array = NDArray.zeros(1 << 18)
      val view = array.slice(i * 7)
      assertEquals(0f, view.toScalar)
      view.dispose()
      array.set(i.toFloat + 1)
      array.dispose()
    }
    assertTrue(outsideTheHeap - before < (4 << 20), s"${outsideTheHeap - before} bytes more than before")
  }

  @Test def outputsOfAProgramThatDisposesOfNoneAreInTheHeap(): Unit = {
    val bytes = 1 << 20
    val kept = Seq.fill(80)(Memory.ofOutput(bytes))
    kept.foreach(_.retain())
    val outside = kept.filter(_.buffer.isDirect)
    assertTrue(outside.nonEmpty && outside.size <= 32, s"${outside.size} outside the heap")
    assertTrue(!Memory.ofOutput(bytes).buffer.isDirect)
    outside.foreach(_.release())
    assertTrue(Memory.ofOutput(bytes).buffer.isDirect)
  }

  @Test def aViewKeepsTheMemoryOfADisposedArray(): Unit = {
    val whole = NDArray.full(Shape(1 << 16), 3f)
    val view = whole.slice(5)
    whole.dispose()
    NDArray.zeros(1 << 16).set(9f)
    assertEquals(3f, view.toScalar)
    view.dispose()
  }
}
