package org.apache.mxnet.module

import java.nio.file.Files

import io.offboard.rules.Rules
import io.offboard.testing.{Daemon, Npz}
import org.apache.mxnet._
import org.apache.mxnet.io.NDArrayIter
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertThrows, assertTrue}
import org.junit.jupiter.api.{AfterAll, BeforeAll, Test, TestInstance}
import org.junit.jupiter.api.function.Executable

/** Modules on an accelerator that a daemon gives. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModuleTest {
  private var daemon: Daemon = null
  private val lenet = Daemon.root.resolve("tests/data/digits-lenet")
  private val prefix = lenet.resolve("digits-lenet").toString

  @BeforeAll def start(): Unit = daemon = new Daemon()

  @AfterAll def stop(): Unit = daemon.close()

  private def dense(name: String, units: Int, data: Symbol = Symbol.Variable("data")): Symbol =
    Symbol.api.FullyConnected(data = Some(data), num_hidden = units, name = name)

  private def rows(name: String, dims: Int*) = DataDesc(name, Shape(dims: _*), DType.Float32, "NC")

  private def array(shape: Shape, values: Float*) = NDArray.array(values.toArray, shape)

  private def batch(arrays: NDArray*) = new DataBatch(arrays.toIndexedSeq, IndexedSeq.empty, IndexedSeq.empty, 0)

  private def fails[T <: Throwable](kind: Class[T])(work: => Any): String =
    assertThrows(kind, new Executable { override def execute(): Unit = work }).getMessage

  private val weights = Map("fc_weight" -> array(Shape(2, 3), 1, 2, 3, 4, 5, 6), "fc_bias" -> array(Shape(2), 10, 20))

  private def bound(context: Context = Context.eia()): Module = {
    val module = new Module(dense("fc", 2), labelNames = null, contexts = context)
    module.bind(IndexedSeq(rows("data", 1, 3)), forTraining = false)
    module.setParams(weights, Map.empty)
    module
  }

  @Test def trainingIsRefusedWithTheGuidesText(): Unit = {
    val module = new Module(dense("fc", 2), contexts = Context.eia(), labelNames = IndexedSeq())
    assertEquals(Rules.text("training_bind"), fails(classOf[IllegalArgumentException])(module.bind(IndexedSeq(rows("data", 1, 3)))))
  }

  @Test def whatTrainsIsRefusedByName(): Unit = {
    val module = bound()
    def refused(operation: String)(work: => Any): Unit =
      assertEquals(Rules.text("inference_only", "operation", operation), fails(classOf[MXNetError])(work))
    refused("backward")(module.backward())
    refused("update")(module.update())
    refused("init_optimizer")(module.initOptimizer())
    refused("borrow_optimizer")(module.borrowOptimizer(module))
    refused("forward_backward")(module.forwardBackward(batch(NDArray.ones(1, 3))))
    refused("fit")(module.fit(new NDArrayIter(IndexedSeq(NDArray.ones(1, 3)))))
    refused("save_optimizer_states")(module.saveOptimizerStates("states"))
    refused("load_optimizer_states")(module.loadOptimizerStates("states"))
    refused("load_optimizer_states")(Module.loadCheckpoint(prefix, 30, loadOptimizerStates = true, contexts = Context.eia()))
    refused("forward(is_train=True)")(module.forward(batch(NDArray.ones(1, 3)), isTrain = true))
  }

  @Test def aBatchRunsThroughWhatWasSet(): Unit = {
    val module = bound()
    module.forward(batch(array(Shape(1, 3), 1, 1, 1)))
    assertArrayEquals(Array(16f, 35f), module.getOutputs().head.head.toArray)
    module.setParams(weights + ("fc_bias" -> NDArray.zeros(2)), null)
    module.forward(batch(array(Shape(1, 3), 1, 1, 1)))
    assertArrayEquals(Array(6f, 15f), module.getOutputsMerged().head.toArray)
    assertArrayEquals(Array(1f, 2f, 3f, 4f, 5f, 6f), module.getParams._1("fc_weight").toArray)
  }

  @Test def everyBatchIsSeenAsItIsAndEveryOutputStays(): Unit = {
    val module = new Module(Symbol.api.identity(Some(Symbol.Variable("data"))), labelNames = null, contexts = Context.eia())
    val size = 1 << 15
    module.bind(IndexedSeq(rows("data", 1, size)), forTraining = false)
    module.initParams()
    val given = NDArray.full(Shape(1, size), 1f)
    val first = module.predict(batch(given)).head
    given.set(2f)
    val second = module.predict(batch(given)).head
    val third = module.predict(batch(given)).head
    given.dispose()
    val other = NDArray.full(Shape(1, size), 3f)
    val fourth = module.predict(batch(other)).head
    first.set(7f)
    val answers = Seq(first, second, third, fourth)
    assertEquals(Seq(7f, 2f, 2f, 3f), answers.map(_.toArray.apply(size - 1)))
    answers.foreach(_.dispose())
    assertEquals(3f, module.predict(batch(other)).head.toArray.apply(0))
    assertEquals(3f, other.toArray.apply(0))
    val table = NDArray.array(Array.tabulate(3 * size)(i => (i / size).toFloat), Shape(3, size))
    assertEquals(Seq(2f, 0f, 1f), Seq(2, 0, 1).map(row => module.predict(batch(table.slice(row))).head.toArray.apply(size / 2)))
  }

  @Test def missingAndUnknownParametersAreTold(): Unit = {
    val module = new Module(dense("fc", 2), labelNames = null, contexts = Context.eia())
    module.bind(IndexedSeq(rows("data", 1, 3)), forTraining = false)
    val some = weights - "fc_bias"
    assertTrue(fails(classOf[IllegalArgumentException])(module.setParams(some, null)).contains("fc_bias is not presented"))
    assertTrue(fails(classOf[IllegalArgumentException])(module.forward(batch(NDArray.ones(1, 3))))
      .contains("bind() and initParams() must be called first."))
    module.setParams(some, null, allowMissing = true)
    module.forward(batch(array(Shape(1, 3), 1, 1, 1)))
    assertArrayEquals(Array(6f, 15f), module.getOutputs().head.head.toArray)
    val extra = weights + ("other" -> NDArray.zeros(1))
    assertTrue(fails(classOf[IllegalArgumentException])(module.setParams(extra, null, allowMissing = true)).contains("other"))
    module.setParams(extra, null, allowMissing = true, allowExtra = true)
  }

  @Test def namesThatAreNoArgumentsAreTold(): Unit = {
    val module = new Module(dense("fc", 2), IndexedSeq("image"), null, Context.eia())
    val text = fails(classOf[IllegalArgumentException])(module.bind(IndexedSeq(rows("image", 1, 3)), forTraining = false))
    assertTrue(text.contains("input with name 'image' is not found in symbol.listArguments(). Did you mean one of:\n\tdata"), text)
  }

  @Test def otherShapesKeepTheParameters(): Unit = {
    val module = bound()
    module.forward(batch(array(Shape(2, 3), 1, 1, 1, 0, 0, 0)))
    assertEquals(IndexedSeq(Shape(2, 3)), module.dataShapes.map(_.shape))
    assertArrayEquals(Array(16f, 35f, 10f, 20f), module.getOutputs().head.head.toArray)
    module.bind(IndexedSeq(rows("data", 1, 3)), forTraining = false, forceRebind = true)
    assertEquals(Shape(1, 2), module.outputShapes.head._2)
    module.forward(batch(array(Shape(1, 3), 0, 0, 1)))
    assertArrayEquals(Array(13f, 26f), module.getOutputs().head.head.toArray)
    val text = fails(classOf[IllegalArgumentException])(module.forward(batch(NDArray.ones(1, 4))))
    assertTrue(text.contains("fc_weight"), text)
    module.forward(batch(array(Shape(1, 3), 0, 0, 0)))
    assertArrayEquals(Array(10f, 20f), module.getOutputs().head.head.toArray)
  }

  @Test def outputsOfEarlierBatchesStayAsTheyWere(): Unit = {
    val module = bound()
    val first = module.predict(batch(array(Shape(1, 3), 1, 1, 1))).head
    module.predict(batch(array(Shape(1, 3), 0, 0, 0)))
    assertArrayEquals(Array(16f, 35f), first.toArray)
  }

  @Test def digitsAreScoredAsByMxnet(): Unit = {
    val golden = new Npz(lenet.resolve("golden.npz"))
    val data = NDArray.ofTensor(golden.get("data"))
    val label = NDArray.ofTensor(golden.get("label")).asType(DType.Float32)
    val module = Module.loadCheckpoint(prefix, 30, contexts = Context.eia())
    val iterator = new NDArrayIter(IndexedSeq(data), IndexedSeq(label), dataBatchSize = 100, labelName = "softmax_label")
    module.bind(iterator.provideDataDesc, Some(iterator.provideLabelDesc), forTraining = false)
    val predicted = module.predict(iterator).head
    assertEquals(Shape(360, 10), predicted.shape)
    assertArrayEquals(NDArray.ofTensor(golden.get("softmax_output")).toArray, predicted.toArray, 1e-5f)
    assertEquals(4, module.predictEveryBatch(iterator).size)
    val (_, values) = module.score(new NDArrayIter(IndexedSeq(data), IndexedSeq(label), dataBatchSize = 60), new Accuracy).get
    assertEquals(353f / 360f, values.head, 1e-6f)
  }

  @Test def checkpointsGoThroughFiles(): Unit = {
    val folder = Files.createTempDirectory("offboard-module-")
    val path = folder.resolve("fc").toString
    bound().saveCheckpoint(path, 3)
    val module = Module.loadCheckpoint(path, 3, labelNames = null, contexts = Context.eia())
    module.bind(false, false, false, rows("data", 1, 3))
    module.forward(batch(array(Shape(1, 3), 1, 1, 1)))
    assertArrayEquals(Array(16f, 35f), module.getOutputs().head.head.toArray)
    module.saveParams(folder.resolve("again.params").toString)
    module.loadParams(folder.resolve("again.params").toString)
    folder.toFile.listFiles.foreach(_.delete())
    Files.delete(folder)
  }

  @Test def builderAndDisposedModules(): Unit = {
    val module = new Module.Builder(dense("fc", 2)).setContext(Context.eia()).setDataNames("data").setLabelNames(null).build()
    module.bind(IndexedSeq(rows("data", 1, 3)), forTraining = false)
    module.initParams(new Uniform(0.0f))
    module.forward(batch(NDArray.ones(1, 3)))
    assertArrayEquals(Array(0f, 0f), module.getOutputs().head.head.toArray)
    module.dispose()
    assertTrue(fails(classOf[IllegalArgumentException])(module.forward(batch(NDArray.ones(1, 3)))).contains("must be called first"))
  }

  @Test def bucketsShareTheirParameters(): Unit = {
    // Sums of any number of columns, by one weight each.
    val module = new BucketingModule(key => {
      val columns = key.asInstanceOf[Int]
      val sum = Symbol.api.sum(data = Some(Symbol.Variable("data")), axis = Some(Shape(1)), keepdims = Some(true))
      (Symbol.api.broadcast_add(lhs = Some(dense("fc", 2, sum)), rhs = Some(Symbol.zeros(Shape(1, 2)) + columns.toFloat)),
        IndexedSeq("data"), IndexedSeq.empty)
    }, Int.box(4), Context.eia())
    module.bind(IndexedSeq(rows("data", 1, 4)), forTraining = false)
    module.setParams(Map("fc_weight" -> array(Shape(2, 1), 1, 2), "fc_bias" -> array(Shape(2), 0, 0)), null)
    def run(values: Float*) = {
      module.forward(new DataBatch(IndexedSeq(array(Shape(1, values.size), values: _*)), IndexedSeq.empty, IndexedSeq.empty, 0,
        Int.box(values.size), IndexedSeq(rows("data", 1, values.size)), IndexedSeq.empty[DataDesc]))
      module.getOutputsMerged().head.toArray
    }
    assertArrayEquals(Array(14f, 24f), run(1, 2, 3, 4))
    assertArrayEquals(Array(5f, 8f), run(1, 2))
    assertEquals(IndexedSeq(Shape(1, 2)), module.dataShapes.map(_.shape))
    module.setParams(Map("fc_weight" -> array(Shape(2, 1), 10, 20), "fc_bias" -> array(Shape(2), 0, 0)), null)
    assertArrayEquals(Array(104f, 204f), run(1, 2, 3, 4))
    val unknown = fails(classOf[IllegalArgumentException])(
      new BucketingModule(_ => (dense("fc", 2), IndexedSeq("image"), IndexedSeq.empty), Int.box(1)))
    assertTrue(unknown.contains("'image'"), unknown)
  }

  @Test def modulesInARowAreOneNetwork(): Unit = {
    val second = new Module(dense("fc2", 1, Symbol.Variable("hidden")), IndexedSeq("hidden"), null, Context.eia())
    val chain = new SequentialModule().add(new Module(dense("fc", 2), labelNames = null, contexts = Context.eia()))
      .add(second, "auto_wiring" -> true)
    chain.bind(IndexedSeq(rows("data", 1, 3)), forTraining = false)
    chain.initParams(null, weights ++ Map("fc2_weight" -> array(Shape(1, 2), 1, -1), "fc2_bias" -> array(Shape(1), 0.5f)), null)
    assertEquals(IndexedSeq("fc2_output"), chain.outputNames)
    chain.forward(batch(array(Shape(1, 3), 1, 1, 1)))
    assertArrayEquals(Array(16f - 35f + 0.5f), chain.getOutputsMerged().head.toArray)
    assertEquals(4, chain.getParams._1.size)
    assertTrue(fails(classOf[IllegalArgumentException])(chain.add(second, "take_label" -> true)).contains("Unknown meta take_label"))
  }

  @Test def onTheCpuTrainingBindsAndForwards(): Unit = {
    val module = new Module(Symbol.api.Dropout(data = Some(Symbol.Variable("data")), p = Some(0.5f)), labelNames = null)
    module.bind(IndexedSeq(rows("data", 1, 200)))
    module.initParams()
    module.forward(batch(NDArray.ones(1, 200)))
    val dropped = module.getOutputs().head.head.toArray
    assertTrue(dropped.contains(0f) && dropped.contains(2f))
    module.forward(batch(NDArray.ones(1, 200)), isTrain = false)
    assertTrue(module.getOutputs().head.head.toArray.forall(_ == 1f))
    assertEquals(Rules.text("inference_only_cpu", "operation", "backward"), fails(classOf[MXNetError])(module.backward()))
  }

  @Test def twoContextsShareABatch(): Unit = {
    val module = new Module(dense("fc", 2), labelNames = null, contexts = Array(Context.cpu(0), Context.cpu(1)))
    module.bind(IndexedSeq(rows("data", 3, 3)), forTraining = false)
    module.setParams(weights, null)
    module.forward(batch(array(Shape(3, 3), 1, 1, 1, 0, 0, 0, 1, 0, 0)))
    assertEquals(IndexedSeq(Shape(2, 2), Shape(1, 2)), module.getOutputs().head.map(_.shape))
    assertArrayEquals(Array(16f, 35f, 10f, 20f, 11f, 24f), module.getOutputsMerged().head.toArray)
    assertEquals(Shape(3, 2), module.outputShapes.head._2)
  }

  @Test def parametersThatAreThereAreNotWritten(): Unit = {
    val array = NDArray.ones(2)
    val before = array.elements.memory.version
    ModuleBinding.fill(array, NDArray.ones(2))
    assertEquals(before, array.elements.memory.version)
    ModuleBinding.fill(array, NDArray.zeros(2))
    assertTrue(before != array.elements.memory.version)
    assertArrayEquals(Array(0f, 0f), array.toArray)
    assertTrue(fails(classOf[IllegalArgumentException])(ModuleBinding.fill(Map("a" -> array), Map("b" -> array), allowExtra = false))
      .contains("The symbol has no parameter b"))
  }

  @Test def sharesFollowTheWorkLoads(): Unit = {
    assertEquals(IndexedSeq((0, 1), (1, 4)), DataParallelExecutorGroup.split(4, IndexedSeq(1f, 3f)))
    assertEquals(IndexedSeq((0, 2), (2, 3)), DataParallelExecutorGroup.split(3, IndexedSeq(1f, 1f)))
    assertTrue(fails(classOf[IllegalArgumentException])(DataParallelExecutorGroup.split(1, IndexedSeq(1f, 1f))).contains("Too many slices"))
  }
}
