package org.apache.mxnet

import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Path, Paths}

import _root_.io.offboard.graph.Node

import scala.collection.JavaConverters._
import scala.collection.mutable
import scala.util.matching.Regex

/** Networks as pictures of Graphviz. */
object Visualization {
  /** A graph in the language DOT. */
  class Dot(name: String) {
    private val lines = mutable.ArrayBuffer.empty[String]

    def node(name: String, label: String, attrs: Map[String, String]): Unit =
      lines += s"${quoted(name)} ${attributes(Map("label" -> label) ++ attrs)}"

    def edge(tailName: String, headName: String, label: String, attrs: Map[String, String]): Unit =
      lines += s"${quoted(tailName)} -> ${quoted(headName)} ${attributes(Option(label).map("label" -> _).toMap ++ attrs)}"

    private def quoted(text: String): String = "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\""

    private def attributes(of: Map[String, String]): String =
      of.toSeq.sortBy(_._1).map { case (key, value) => s"$key=${quoted(value).replace("\\\\n", "\\n")}" }.mkString("[", " ", "]")

    /** The graph's text. */
    private[mxnet] def source: String = lines.mkString(s"digraph ${quoted(name)} {\n\t", "\n\t", "\n}\n")

    /**
     * Writes the text to `PATH/FILENAME.gv` and draws it.
     *
     * @param engine a program of Graphviz, as `dot`
     * @param format of the picture, as `pdf` or `png`
     */
    def render(engine: String = "dot", format: String = "pdf", fileName: String, path: String): Unit = {
      val file: Path = Paths.get(path, s"$fileName.gv")
      Files.write(file, source.getBytes(StandardCharsets.UTF_8))
      val drawn = Paths.get(path, s"$fileName.gv.$format")
      val process =
        try new ProcessBuilder(engine, s"-T$format", file.toString, "-o", drawn.toString).inheritIO().start()
        catch {
          case error: java.io.IOException => throw new IllegalStateException(s"Graphviz's $engine cannot be run, the graph's text is in $file", error)
        }
      if (process.waitFor() != 0) throw new IllegalStateException(s"$engine ended with ${process.exitValue}, the graph's text is in $file")
    }
  }

  private val Colors = Map("null" -> "#8dd3c7", "FullyConnected" -> "#fb8072", "Convolution" -> "#fb8072", "Activation" -> "#ffffb3",
    "LeakyReLU" -> "#ffffb3", "BatchNorm" -> "#bebada", "Pooling" -> "#80b1d3", "Concat" -> "#fdb462", "Flatten" -> "#fdb462",
    "Reshape" -> "#fdb462", "Softmax" -> "#b3de69")
  private val OtherColor = "#fccde5"
  private val Numbers: Regex = "\\d+".r

  /** The numbers of a tuple's text. */
  def str2Tuple(str: String): List[String] = Numbers.findAllIn(str).toList

  /**
   * A picture of a network.
   *
   * @param shape shapes of inputs, by which edges are labelled; or null
   * @param nodeAttrs attributes of all nodes
   * @param hideWeights whether variables of parameters are left out
   */
  def plotNetwork(symbol: Symbol, title: String = "plot", shape: Map[String, Shape] = null, nodeAttrs: Map[String, String] = Map.empty,
      hideWeights: Boolean = true): Dot = {
    val shapes = if (shape == null) Map.empty[String, Shape] else outputShapes(symbol, shape)
    val dot = new Dot(title)
    val nodes = symbol.graph.nodes.asScala
    val hidden = if (hideWeights) nodes.filter(isParameter).toSet else Set.empty[Node]
    val common = Map("shape" -> "box", "fixedsize" -> "true", "width" -> "1.3", "height" -> "0.8034", "style" -> "filled") ++ nodeAttrs
    nodes.filterNot(hidden.contains).foreach { node =>
      val look = if (node.isVariable) Map("shape" -> "oval") else Map.empty[String, String]
      dot.node(node.name, label(node), common ++ look + ("fillcolor" -> color(node)))
    }
    for (node <- nodes; entry <- node.inputs.asScala if !hidden.contains(entry.node)) {
      val text = shapes.get(outputName(entry.node, entry.index)).map(_.drop(1).toVector.mkString("x")).orNull
      dot.edge(node.name, entry.node.name, text, Map("dir" -> "back", "arrowtail" -> "open"))
    }
    dot
  }

  private def outputShapes(symbol: Symbol, shape: Map[String, Shape]): Map[String, Shape] = {
    val internals = symbol.getInternals()
    val (_, found, _) = internals.inferShape(shape)
    require(found != null, "Input shape is incomplete")
    internals.listOutputs().zip(found).toMap
  }

  private def outputName(node: Node, index: Int): String =
    _root_.io.offboard.graph.Graph.outputName(new _root_.io.offboard.graph.Entry(node, index))

  private def isParameter(node: Node): Boolean =
    node.isVariable && Seq("_weight", "_bias", "_gamma", "_beta", "_moving_mean", "_moving_var").exists(node.name.endsWith)

  private def kind(node: Node): String = if (node.isVariable) "null" else node.operator

  private def color(node: Node): String =
    Colors.getOrElse(kind(node), if (kind(node).toLowerCase.startsWith("softmax")) Colors("Softmax") else OtherColor)

  private def label(node: Node): String = {
    val attributes = node.attributes.asScala
    def numbers(key: String): String = attributes.get(key).map(str2Tuple(_).mkString("x")).getOrElse("1")
    kind(node) match {
      case "null" => node.name
      case "Convolution" => s"Convolution\\n${numbers("kernel")}/${numbers("stride")}, ${attributes("num_filter")}"
      case "FullyConnected" => s"FullyConnected\\n${attributes("num_hidden")}"
      case "Activation" | "LeakyReLU" => s"${node.operator}\\n${attributes.getOrElse("act_type", "leaky")}"
      case "Pooling" => s"Pooling\\n${attributes.getOrElse("pool_type", "max")}, ${numbers("kernel")}/${numbers("stride")}"
      case other => other
    }
  }
}
