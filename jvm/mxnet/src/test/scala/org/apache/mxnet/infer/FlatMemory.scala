package org.apache.mxnet.infer

import java.lang.management.{BufferPoolMXBean, ManagementFactory}
import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Paths}

import io.offboard.client.Connection
import io.offboard.testing.{Daemon, Npz}
import org.apache.mxnet._

import scala.collection.JavaConverters._

/**
 * `PREDICTIONS`: predicts so many batches in this JVM, disposing of every other output, and fails if memory grows. To be run in a
 * small JVM: `java -Xmx128m -XX:MaxDirectMemorySize=64m -cp TEST-CLASSPATH org.apache.mxnet.infer.FlatMemory 100000`.
 */
object FlatMemory {
  private val Mebibyte = 1 << 20
  private val Rows = 100

  /** Bytes after a collection: of the heap, of buffers outside it, and of the whole process. */
  private final case class Used(heap: Long, direct: Long, process: Long, threads: Int) {
    override def toString: String =
      s"heap ${heap / 1024} KiB, direct ${direct / 1024} KiB, process ${process / Mebibyte} MiB, $threads threads"
  }

  private def used(): Used = {
    System.gc()
    System.gc()
    val runtime = Runtime.getRuntime
    val direct = ManagementFactory.getPlatformMXBeans(classOf[BufferPoolMXBean]).asScala.filter(_.getName == "direct").map(_.getMemoryUsed).sum
    Used(runtime.totalMemory - runtime.freeMemory, direct, resident(), Thread.activeCount)
  }

  private def resident(): Long =
    Files.readAllLines(Paths.get("/proc/self/status"), StandardCharsets.UTF_8).asScala
      .collectFirst { case line if line.startsWith("VmRSS:") => line.split("\\s+")(1).toLong * 1024 }.getOrElse(0L)

  def main(arguments: Array[String]): Unit = {
    val count = arguments.head.toInt
    val daemon = new Daemon()
    try predict(count)
    finally daemon.close()
  }

  private def predict(count: Int): Unit = {
    val folder = Daemon.root.resolve("tests/data/digits-lenet")
    val golden = new Npz(folder.resolve("golden.npz"))
    val data = NDArray.ofTensor(golden.get("data")).slice(0, Rows)
    val expected = NDArray.ofTensor(golden.get("softmax_output")).slice(0, Rows).toArray
    val predictor = new Predictor(folder.resolve("digits-lenet").toString,
      IndexedSeq(DataDesc("data", Shape(Rows, 1, 8, 8), DType.Float32, "NCHW")), Context.eia(), Some(30))
    var warm: Option[Used] = None
    var last: Used = used()
    val started = System.nanoTime
    for (turn <- 1 to count) {
      val output = predictor.predictWithNDArray(IndexedSeq(data.copy())).head
      require(Math.abs(output.toArray.apply(turn % expected.length) - expected(turn % expected.length)) < 1e-4f, s"wrong in turn $turn")
      if (turn % 2 == 0) output.dispose()
      if (turn % (count / 10) == 0) {
        last = used()
        println(f"$turn%7d predictions, ${(System.nanoTime - started) / turn / 1000}%d us each: $last")
        if (warm.isEmpty && turn >= count / 5) warm = Some(last)
      }
    }
    predictor.close()
    Connection.closeCurrent()
    // The daemon, and no Python of the instance's.
    val children = ProcessHandle.current.children.iterator.asScala.flatMap(_.info.commandLine.orElse("").split(' ')).toSeq
    require(children.contains("serve") && !children.contains("gateway"), s"processes were started: $children")
    val first = warm.get
    require(last.heap - first.heap < 4 * Mebibyte, s"the heap grew from $first to $last")
    require(last.direct - first.direct < 32 * Mebibyte, s"memory outside the heap grew from $first to $last")
    require(last.process - first.process < 48 * Mebibyte, s"the process grew from $first to $last")
    require(last.threads <= first.threads, s"threads were left: $first, $last")
  }
}
