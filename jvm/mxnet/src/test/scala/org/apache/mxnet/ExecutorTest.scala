package org.apache.mxnet

import _root_.io.offboard.testing.Daemon
import org.apache.mxnet.Refusals.{assertIllegal, assertMxnetError}
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertNotEquals, assertTrue}
import org.junit.jupiter.api.TestInstance.Lifecycle
import org.junit.jupiter.api.{AfterAll, BeforeAll, Test, TestInstance}

import scala.collection.mutable

/** Bound symbols, on the accelerator and on the instance's CPU. */
@TestInstance(Lifecycle.PER_CLASS)
class ExecutorTest {
  private var daemon: Daemon = null
  private val everywhere = Seq(Context.eia(), Context.cpu())

  @BeforeAll def start(): Unit = daemon = new Daemon()

  @AfterAll def stop(): Unit = daemon.close()

  private def sum: Symbol = Symbol.Variable("a") + Symbol.Variable("b")

  private def array(values: Float*): NDArray = NDArray.array(values.toArray, Shape(values.length), Context.cpu())

  @Test def digitsEqualTheGolden(): Unit = everywhere.foreach { ctx =>
    val lenet = new Lenet
    val executor = lenet.bind(ctx)
    executor.forward()
    lenet.assertGolden(executor.outputs(0))
    executor.forward(isTrain = false, "data" -> NDArray.zeros(lenet.data.shape))
    executor.forward(isTrain = false, "data" -> new Lenet().data)
    lenet.assertGolden(executor.outputs(0))
    assertEquals(Context.cpu(), executor.outputs(0).context)
    executor.dispose()
  }

  @Test def aSimplyBoundNetworkTakesItsParametersLater(): Unit = everywhere.foreach { ctx =>
    val lenet = new Lenet
    val executor = lenet.symbol.simpleBind(ctx, "null", Map("data" -> lenet.data.shape))
    assertEquals(lenet.symbol.listArguments().toSet, executor.argDict.keySet)
    executor.copyParamsFrom(lenet.argParams, lenet.auxParams)
    executor.argDict("data").set(lenet.data)
    executor.forward()
    lenet.assertGolden(executor.outputs(0))
    assertIllegal("that is not in the arguments")(executor.copyParamsFrom(Map("none" -> lenet.data)))
    executor.dispose()
    assertMxnetError("disposed")(executor.forward())
  }

  @Test def whatIsWrittenIsSeenByTheNextForward(): Unit = everywhere.foreach { ctx =>
    val (a, b) = (array(1, 2), array(10, 20))
    val executor = sum.bind(ctx, Seq(a, b))
    executor.forward()
    assertArrayEquals(Array(11f, 22f), executor.outputs(0).toArray)
    a.slice(1).set(5f)
    executor.argDict("b") += 1
    executor.forward()
    assertArrayEquals(Array(12f, 26f), executor.outputs(0).toArray)
  }

  @Test def aReshapedExecutorSharesWhatKeepsItsShape(): Unit = everywhere.foreach { ctx =>
    val lenet = new Lenet
    val executor = lenet.bind(ctx)
    val one = executor.reshape(partialShaping = true, allowUpSizing = false, Map("data" -> Shape(1, 1, 8, 8)))
    assertEquals(executor.argDict("conv1_weight"), one.argDict("conv1_weight"))
    one.argDict("data").set(lenet.data.slice(0))
    one.forward()
    assertEquals(Shape(1, 10), one.outputs(0).shape)
    assertEquals(one.outputs(0), executor.outputs(0).slice(0), "outputs share their memory")
    assertIllegal("larger than original")(executor.reshape(true, false, Map("data" -> (Shape(lenet.data.shape(0) + 1) ++ lenet.data.shape.drop(1)))))
  }

  @Test def aReshapedExecutorSharesItsOutputs(): Unit = everywhere.foreach { ctx =>
    val executor = sum.bind(ctx, Seq(array(1, 2, 3), array(10, 20, 30)))
    val smaller = executor.reshape(kwargs = Map("a" -> Shape(2), "b" -> Shape(2)))
    smaller.forward()
    assertArrayEquals(Array(11f, 22f), smaller.outputs(0).toArray)
    assertArrayEquals(Array(11f, 22f, 0f), executor.outputs(0).toArray)
    executor.forward()
    assertArrayEquals(Array(11f, 22f, 33f), executor.outputs(0).toArray)
  }

  @deprecated("A handle becomes an array by a constructor that is deprecated", "0.1.0")
  @Test def everyNodeIsShownToAMonitor(): Unit = everywhere.foreach { ctx =>
    val seen = mutable.Map.empty[String, Float]
    val executor = (sum * 2).bind(ctx, Seq(array(1), array(2)))
    executor.setMonitorCallback(new MXMonitorCallback {
      override def invoke(name: String, arr: Base.NDArrayHandle): Unit = seen(name) = new NDArray(arr, writable = false).toScalar
    })
    executor.forward()
    assertEquals(Set(3f, 6f), seen.values.toSet)
  }

  @Test def shapesAndTypesAreInferred(): Unit = {
    val lenet = new Lenet
    val (arguments, outputs, auxiliary) = lenet.symbol.inferShape(Map("data" -> Shape(4, 1, 8, 8)))
    assertEquals(lenet.symbol.listArguments().size, arguments.size)
    assertEquals(IndexedSeq(Shape(4, 10)), outputs)
    assertTrue(auxiliary.isEmpty)
    assertEquals((null, null, null), sum.inferShape(Map.empty[String, Shape]))
    assertEquals(IndexedSeq(Shape(2)), sum.inferShape(Shape(2), null)._2)
    assertEquals(List(DType.Float64), sum.inferType(Map("a" -> DType.Float64))._2)
    assertMxnetError("")(sum.inferShape(Shape(2), Shape(3)))
  }

  @Test def anAcceleratorRefusesTraining(): Unit = {
    val (a, b) = (array(1), array(2))
    assertMxnetError("args_grad is not available")(sum.bind(Context.eia(), Seq(a, b), Seq(array(0), array(0))))
    val executor = sum.bind(Context.eia(), Seq(a, b))
    assertMxnetError("forward(is_train=True) is not available: an accelerator runs inference only")(executor.forward(isTrain = true))
    assertMxnetError("backward is not available")(executor.backward())
    assertMxnetError("one accelerator")(sum.bind(Context.eia(1), Seq(a, b)))
    val onCpu = sum.bind(Context.cpu(), Seq(a, b), Seq(array(0), array(0)))
    onCpu.forward(isTrain = true)
    assertMxnetError("Offboard runs inference only")(onCpu.backward())
  }

  @Test def argumentsAreChecked(): Unit = {
    assertIllegal("Length of args")(sum.bind(Context.cpu(), Seq(array(1))))
    assertIllegal("key `b` is missing")(sum.bind(Context.cpu(), Map("a" -> array(1))))
    assertMxnetError("several arguments are named a")((Symbol.Variable("a") + Symbol.Variable("a")).bind(Context.cpu(), Seq(array(1), array(1))))
  }

  @Test def operatorsBeyondTheBasicsRunInTheInstancesPython(): Unit = {
    assertArrayEquals(Array(0f, 2f), NDArray.api.relu(array(-1, 2)).toArray)
    assertArrayEquals(Array(1f, 5f), NDArray.sum(Map("axis" -> 1))(NDArray.arange(4f).reshape(Array(2, 2))).toArray)
    val out = NDArray.zeros(2)
    NDArray.exp(Map("out" -> out))(array(0, 1))
    assertArrayEquals(Array(1f, Math.E.toFloat), out.toArray, 1e-5f)
    assertMxnetError("needs its input")(NDArray.FullyConnected(Map("num_hidden" -> 1))(array(1)))
    val normal = NDArray.random.normal(mu = Some(array(-100, 100)), sigma = Some(array(1, 1)), shape = Some(Shape(3)))
    assertArrayEquals(Array(-1f, -1f, -1f, 1f, 1f, 1f), normal.toArray.map(Math.signum))
    assertEquals(Shape(2), NDArray.random.normal(mu = Some(1f), sigma = Some(2f), shape = Some(Shape(2))).shape)
    Random.seed(7)
    val first = Random.uniform(0, 1, Shape(4))
    Random.seed(7)
    assertEquals(first, Random.uniform(0, 1, Shape(4)))
    assertNotEquals(first, Random.uniform(0, 1, Shape(4)))
  }
}
