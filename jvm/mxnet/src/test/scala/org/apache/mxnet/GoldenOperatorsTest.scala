package org.apache.mxnet

import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Path}

import _root_.io.offboard.testing.{Daemon, Npz}
import com.google.gson.{JsonArray, JsonObject, JsonParser}
import org.junit.jupiter.api.Assertions.{assertEquals, assertTrue}
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.TestInstance.Lifecycle
import org.junit.jupiter.api.{AfterAll, BeforeAll, Test, TestInstance}

import scala.collection.JavaConverters._
import scala.util.control.NonFatal

/** What real MXNet 1.9.1 computed, operator by operator: 500 cases spread over all groups. */
@TestInstance(Lifecycle.PER_CLASS)
class GoldenOperatorsTest {
  private val folder: Path = Daemon.root.resolveSibling("shared/mxnet/golden-a")
  private val wanted = 500
  private var daemon: Daemon = null

  @BeforeAll def start(): Unit = {
    assumeTrue(Files.exists(folder), "the golden cases are kept beside the repository")
    daemon = new Daemon()
  }

  @AfterAll def stop(): Unit = if (daemon != null) daemon.close()

  private lazy val cases: IndexedSeq[GoldenCase] = {
    val index = JsonParser.parseString(new String(Files.readAllBytes(folder.resolve("index.json")), StandardCharsets.UTF_8)).getAsJsonObject
    index.getAsJsonArray("cases").asScala.map(each => new GoldenCase(folder, each.getAsJsonObject)).toIndexedSeq
  }

  private def spread: Seq[GoldenCase] = (0 until wanted).map(i => cases((i.toLong * cases.size / wanted).toInt))

  private def failuresOf(chosen: Seq[GoldenCase])(check: GoldenCase => Unit): Unit = {
    val failures = chosen.flatMap { each =>
      try { check(each); None }
      catch { case failure @ (NonFatal(_) | _: AssertionError) => Some(s"${each.id} ${each.operator}: ${String.valueOf(failure.getMessage).take(300)}") }
    }
    assertTrue(failures.isEmpty, s"${failures.size} of ${chosen.size} differ:\n${failures.mkString("\n")}")
  }

  @Test def onTheAccelerator(): Unit = failuresOf(spread)(_.assertComputed(Context.eia()))

  @Test def onTheCpu(): Unit = failuresOf(spread)(_.assertComputed(Context.cpu()))

  @Test def shapesAreInferred(): Unit = failuresOf(spread.filter(_.infers))(_.assertInferred())

  @Test def composedGraphsAreMxnets(): Unit = {
    val single = cases.filter(_.isSingleOperator)
    assertTrue(single.size > 1000, s"only ${single.size} cases are one operator")
    failuresOf(single)(_.assertComposed())
  }
}

/** One graph with its arrays and what MXNet made of them. */
private[mxnet] final class GoldenCase(folder: Path, entry: JsonObject) {
  val id: String = entry.get("id").getAsString
  val operator: String = entry.get("op").getAsString
  private lazy val stored = new Npz(folder.resolve(entry.get("group").getAsString + ".npz"))

  private def names(key: String): IndexedSeq[String] = entry.getAsJsonArray(key).asScala.map(_.getAsString).toIndexedSeq

  private def array(kind: String, name: String): NDArray = NDArray.ofTensor(stored.get(s"$id|$kind|$name"))

  private def json: String = StandardCharsets.UTF_8.decode(stored.get(s"$id|json").data).toString

  private def symbol: Symbol = Symbol.loadJson(json)

  private def shape(of: JsonArray): Shape = Shape(of.asScala.map(_.getAsInt).toVector)

  def infers: Boolean = entry.has("infer") && entry.get("infer").isJsonObject

  def assertComputed(ctx: Context): Unit = ResourceScope.using() {
    val graph = symbol
    assertEquals(names("arguments"), graph.listArguments())
    assertEquals(names("outputs"), graph.listOutputs())
    assertEquals(names("auxiliary_states"), graph.listAuxiliaryStates())
    val executor = graph.bind(ctx, graph.listArguments().map(array("arg", _)), Nil, "null", graph.listAuxiliaryStates().map(array("aux", _)), null, null)
    executor.forward()
    executor.outputs.zipWithIndex.foreach { case (output, i) => assertClose(i, output) }
  }

  private def assertClose(i: Int, output: NDArray): Unit = {
    val golden = array("out", i.toString)
    assertEquals(golden.shape, output.shape)
    assertEquals(golden.elements.dtype, output.elements.dtype)
    val valid = Option(entry.getAsJsonObject("valid_rows")).flatMap(rows => Option(rows.get(i.toString))).map(_.getAsInt)
    val count = valid.map(_ * golden.shape.drop(1).product).getOrElse(golden.size)
    val (expected, found) = (golden.toFloat64Array, output.toFloat64Array)
    val (rtol, atol) = (entry.get("rtol").getAsDouble, entry.get("atol").getAsDouble)
    (0 until count).foreach { at =>
      val (x, y) = (expected(at), found(at))
      val close = (x.isNaN && y.isNaN) || x == y || Math.abs(x - y) <= atol + rtol * Math.abs(x)
      assertTrue(close, s"output $i at $at is $y, not $x")
    }
  }

  def assertInferred(): Unit = {
    val infer = entry.getAsJsonObject("infer")
    val given = infer.getAsJsonObject("given").entrySet.asScala.map(each => each.getKey -> shape(each.getValue.getAsJsonArray)).toMap
    val (arguments, outputs, auxiliary) = symbol.inferShape(given)
    def shapes(key: String) = infer.getAsJsonArray(key).asScala.map(each => shape(each.getAsJsonArray)).toIndexedSeq
    assertEquals(shapes("arg_shapes"), arguments)
    assertEquals(shapes("out_shapes"), outputs)
    assertEquals(shapes("aux_shapes"), auxiliary)
  }

  private def nodes(text: String): JsonArray = JsonParser.parseString(text).getAsJsonObject.getAsJsonArray("nodes")

  def isSingleOperator: Boolean = {
    val all = nodes(json).asScala.map(_.getAsJsonObject).toIndexedSeq
    all.count(_.get("op").getAsString != "null") == 1 && !all.exists(_.has("subgraphs")) && operator != "Custom"
  }

  /** The graph made by this operator over variables of these names is the one that MXNet wrote. */
  def assertComposed(): Unit = {
    val all = nodes(json).asScala.map(_.getAsJsonObject).toIndexedSeq
    val node = all.find(_.get("op").getAsString != "null").get
    val inputs = node.getAsJsonArray("inputs").asScala.map(each => all(each.getAsJsonArray.get(0).getAsInt))
    def attributes(of: JsonObject): Map[String, String] =
      Option(of.getAsJsonObject("attrs")).map(_.entrySet.asScala.map(each => each.getKey -> each.getValue.getAsString).toMap).getOrElse(Map.empty)
    val (hidden, parameters) = attributes(node).partition(_._1.startsWith("__"))
    val label = node.get("name").getAsString
    // Variables named after the node were not given: composing makes them.
    val variables = inputs.map(each => each.get("name").getAsString -> attributes(each)).map { case (name, attrs) =>
      if (name.startsWith(label + "_")) null else Symbol.Variable(name, kwargs = attrs)
    }
    val made = Symbol.createFromListedSymbols(node.get("op").getAsString, label, hidden)(variables.toArray, parameters)
    assertEquals(withoutVersions(json), withoutVersions(made.toJson))
  }

  /** MXNet counts how often an operator may have written to an input, which nothing reads. */
  private def withoutVersions(text: String): JsonArray = {
    val all = nodes(text)
    all.asScala.foreach(_.getAsJsonObject.getAsJsonArray("inputs").asScala.foreach(_.getAsJsonArray.remove(2)))
    all
  }
}
