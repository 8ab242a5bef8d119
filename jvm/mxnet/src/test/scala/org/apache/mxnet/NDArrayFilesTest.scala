package org.apache.mxnet

import java.nio.file.{Files, Path}

import _root_.io.offboard.testing.Daemon
import org.apache.mxnet.Refusals.assertMxnetError
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class NDArrayFilesTest {
  private val written = Daemon.root.resolve("tests/data/digits-lenet/digits-lenet-0030.params")

  @Test def whatMxnetWroteIsReadAndWrittenBackByteForByte(@TempDir folder: Path): Unit = {
    val (names, arrays) = NDArray.load(written.toString)
    assertEquals(Shape(10), arrays(names.indexWhere(_.endsWith("fullyconnected1_bias")).max(names.indexWhere(name => name.endsWith("fc2_bias")))).shape)
    val copy = folder.resolve("copy.params")
    NDArrayFiles.save(copy.toString, names, arrays)
    assertArrayEquals(Files.readAllBytes(written), Files.readAllBytes(copy))
  }

  @Test def namedAndNamelessArraysRoundTrip(@TempDir folder: Path): Unit = {
    val file = folder.resolve("arrays.params").toString
    val arrays = Map("a" -> NDArray.arange(3f), "b" -> NDArray.ones(Shape(2, 2), dtype = DType.Int64))
    NDArray.save(file, arrays)
    assertEquals(arrays, NDArray.load2Map(file))
    assertEquals(DType.Int64, NDArray.load2Map(file)("b").dtype)
    NDArray.save(file, Seq(arrays("a"), arrays("a").toSparse(Some(SparseFormat.ROW_SPARSE))))
    val loaded = NDArray.load2Array(file)
    assertEquals(2, loaded.length)
    assertTrue(loaded(1).isSparse)
    assertEquals(arrays("a"), loaded(1))
    assertEquals(0, NDArray.load(file)._1.length)
  }

  @Test def aFileThatIsNoneIsRefused(@TempDir folder: Path): Unit = {
    assertMxnetError("Check failed: Open")(NDArray.load(folder.resolve("none").toString))
    val bad = folder.resolve("bad")
    Files.write(bad, Array.fill[Byte](40)(1))
    assertMxnetError("Invalid NDArray file format")(NDArray.load(bad.toString))
  }
}
