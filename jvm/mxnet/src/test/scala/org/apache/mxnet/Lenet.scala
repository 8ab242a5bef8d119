package org.apache.mxnet

import java.nio.file.Path

import _root_.io.offboard.testing.{Daemon, Npz}
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals}

/** The network of digits, its input, and what real MXNet made of it. */
private[mxnet] final class Lenet {
  val prefix: Path = Daemon.root.resolve("tests/data/digits-lenet/digits-lenet")
  private val stored = new Npz(prefix.resolveSibling("golden.npz"))
  val data: NDArray = NDArray.ofTensor(stored.get("data"))
  private val golden = NDArray.ofTensor(stored.get("softmax_output"))

  val (symbol, argParams, auxParams) = Model.loadCheckpoint(prefix.toString, 30)

  def arguments: Map[String, NDArray] = argParams + ("data" -> data) + ("softmax_label" -> NDArray.zeros(golden.shape(0)))

  def bind(ctx: Context): Executor = symbol.bind(ctx, arguments)

  def assertGolden(output: NDArray): Unit = {
    assertEquals(golden.shape, output.shape)
    assertArrayEquals(golden.toArray, output.toArray, 1e-5f)
  }
}
