package org.apache.mxnet

import java.nio.file.{Files, Path}

import _root_.io.offboard.testing.Daemon
import com.google.gson.JsonParser
import org.apache.mxnet.Refusals.{assertIllegal, assertMxnetError}
import org.apache.mxnet.SymbolConversions._
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class SymbolTest {
  private def named[T](body: => T): T = new NameManager().withScope(body)

  @Test def typedOperatorsMakeTheGraph(): Unit = named {
    val data = Symbol.Variable("data")
    val layer = Symbol.api.FullyConnected(Some(data), num_hidden = 3, no_bias = Some(true))
    val output = Symbol.api.Activation(Some(layer), act_type = "relu", name = "act")
    assertEquals(IndexedSeq("data", "fullyconnected0_weight"), output.listArguments())
    assertEquals(IndexedSeq("act_output"), output.listOutputs())
    val node = output.graph.nodes.get(2)
    assertEquals("true", node.attributes.get("no_bias"))
    assertEquals("3", node.attributes.get("num_hidden"))
  }

  @Test def untypedOperatorsMakeTheSameGraph(): Unit = {
    val typed = named(Symbol.api.Convolution(Some(Symbol.Variable("data")), kernel = Shape(3, 3), num_filter = 4, pad = Some(Shape(1, 1)), name = "conv"))
    val listed = named(Symbol.Convolution("conv")(Symbol.Variable("data"))(Map("kernel" -> "(3,3)", "num_filter" -> 4, "pad" -> Shape(1, 1))))
    val byName = named(Symbol.Convolution("conv")()(Map("data" -> Symbol.Variable("data"), "kernel" -> "(3,3)", "num_filter" -> 4, "pad" -> "(1,1)")))
    assertEquals(typed.toJson, listed.toJson)
    assertEquals(typed.toJson, byName.toJson)
  }

  @Test def arithmeticNamesItsNodesAsMxnetDoes(): Unit = named {
    val (a, b) = (Symbol.Variable("a"), Symbol.Variable("b"))
    assertEquals("_plus0_output", (a + b).listOutputs().head)
    assertEquals("_plusscalar0_output", (a + 1).listOutputs().head)
    assertEquals("elemwise_add", (a + b).entry.node.operator)
    assertEquals("_rminus_scalar", (1 - a).entry.node.operator)
    assertEquals("2.0", (a * 2.0).entry.node.attributes.get("scalar"))
    assertEquals("_power_scalar", (a ** 2).entry.node.operator)
    assertEquals("_rpower_scalar", (2.0f ** a).entry.node.operator)
    assertEquals("_greater", (a > b).entry.node.operator)
    assertEquals("_lesser_scalar", (1 > a).entry.node.operator)
    assertEquals("_mod", (a % b).entry.node.operator)
    assertEquals("_maximum", Symbol.max(a, b).entry.node.operator)
  }

  @Test def variablesAndScopesHaveAttributes(): Unit = {
    val variable = AttrScope(Map("ctx_group" -> "stage1")).withScope {
      Symbol.Variable("w", attr = Map("note" -> "x"), shape = Shape(2, 3), lrMult = Some(0.5f), dType = DType.Float16)
    }
    assertEquals(Some("stage1"), variable.attr("ctx_group"))
    assertEquals("(2,3)", variable.listAttr()("__shape__"))
    assertEquals("2", variable.listAttr()("__dtype__"))
    assertEquals("0.5", variable.listAttr()("__lr_mult__"))
    assertEquals(Map("w" -> variable.listAttr()), variable.attrMap())
    assertIllegal("double underscores")(Symbol.Variable("w", kwargs = Map("a" -> "b")))
    new Prefix("net_").withScope {
      assertEquals("net_fullyconnected0_output", Symbol.api.FullyConnected(Some(variable), num_hidden = 1).listOutputs().head)
    }
  }

  @Test def partsAndCopiesOfAGraph(): Unit = named {
    val data = Symbol.Variable("data")
    val split = Symbol.api.SliceChannel(Some(data), num_outputs = 2, name = "split")
    assertEquals(IndexedSeq("split_output0", "split_output1"), split.listOutputs())
    assertEquals(IndexedSeq("split_output1"), split.get(1).listOutputs())
    val group = Symbol.Group(split.get("split_output0"), data)
    assertEquals(IndexedSeq("split_output0", "data"), group.listOutputs())
    assertEquals(IndexedSeq("data", "split_output0", "split_output1"), split.getInternals().listOutputs())
    assertIllegal("Cannot find output")(split.get("other"))
    assertMxnetError("choose one of")(Symbol.api.relu(Some(split)))
    val other = split.get(0)("", Map("data" -> Symbol.Variable("other")))
    assertEquals(IndexedSeq("other"), other.listArguments())
    assertEquals(IndexedSeq("data"), split.listArguments())
    assertEquals(split.toJson, split.clone().toJson)
  }

  @Test def whatMxnetRefusesIsRefused(): Unit = {
    val data = Symbol.Variable("data")
    assertMxnetError("Cannot find argument 'nonsense'")(Symbol.Convolution()(data)(Map("kernel" -> "(3,3)", "num_filter" -> 1, "nonsense" -> 1)))
    assertMxnetError("Required parameter num_filter")(Symbol.Convolution()(data)(Map("kernel" -> "(3,3)")))
    assertMxnetError("Cannot find Operator")(Symbol.createFromListedSymbols("no_such_operator")(Array(data)))
    assertMxnetError("the program's own operators")(Symbol.Custom()(data)(Map("op_type" -> "mine")))
  }

  @Test def aFileOfMxnetsIsReadAndWrittenBack(@TempDir folder: Path): Unit = {
    val file = Daemon.root.resolve("tests/data/digits-lenet/digits-lenet-symbol.json")
    val symbol = Symbol.load(file.toString)
    val copy = folder.resolve("copy.json")
    symbol.save(copy.toString)
    assertEquals(JsonParser.parseString(Files.readString(file)).getAsJsonObject.get("nodes"),
      JsonParser.parseString(Files.readString(copy)).getAsJsonObject.get("nodes"))
    assertMxnetError("Check failed: Open")(Symbol.load(folder.resolve("none").toString))
  }
}
