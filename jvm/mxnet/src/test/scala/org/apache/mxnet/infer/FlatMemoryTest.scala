package org.apache.mxnet.infer

import java.nio.file.{Files, Paths}
import java.util.concurrent.TimeUnit

import org.junit.jupiter.api.Assertions.{assertEquals, assertTrue}
import org.junit.jupiter.api.Test

/** A small JVM predicts for long and then ends by itself. The whole check is `FlatMemory` with 100000 predictions. */
class FlatMemoryTest {
  @Test def memoryStaysFlat(): Unit = {
    val log = Files.createTempFile("offboard-flat-", ".log")
    val java = Paths.get(System.getProperty("java.home"), "bin", "java").toString
    val process = new ProcessBuilder(java, "-Xmx128m", "-XX:MaxDirectMemorySize=64m", "-cp", System.getProperty("java.class.path"),
      "org.apache.mxnet.infer.FlatMemory", "3000").redirectErrorStream(true).redirectOutput(log.toFile).start()
    try {
      assertTrue(process.waitFor(180, TimeUnit.SECONDS), "it goes on")
      assertEquals(0, process.exitValue, new String(Files.readAllBytes(log)))
    } finally {
      process.destroyForcibly()
      Files.delete(log)
    }
  }
}
