package org.apache.mxnet

import org.junit.jupiter.api.Assertions.{assertThrows, assertTrue}
import org.junit.jupiter.api.function.Executable

/** What refuses, with the text that it refuses with. */
private[mxnet] object Refusals {
  def assertMxnetError(text: String)(body: => Any): MXNetError = assertRefused(classOf[MXNetError], text)(body)

  def assertIllegal(text: String)(body: => Any): IllegalArgumentException = assertRefused(classOf[IllegalArgumentException], text)(body)

  private def assertRefused[T <: Exception](kind: Class[T], text: String)(body: => Any): T = {
    val error = assertThrows(kind, new Executable { override def execute(): Unit = body })
    assertTrue(error.getMessage.contains(text), s"'${error.getMessage}' does not hold '$text'")
    error
  }
}
