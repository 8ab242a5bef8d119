package org.apache.mxnet

import _root_.io.offboard.graph.Node

import scala.collection.JavaConverters._

/** Graphs as text for people. */
private[mxnet] object SymbolText {
  def debug(symbol: Symbol): String = {
    val lines = Seq("Symbol Outputs:") ++
      symbol.listOutputs().zip(symbol.entries).zipWithIndex.map { case ((_, entry), i) => s"\toutput[$i]=${entry.node.name}(${entry.index})" } ++
      symbol.graph.nodes.asScala.flatMap(describe)
    lines.mkString("", "\n", "\n")
  }

  private def describe(node: Node): Seq[String] =
    if (node.isVariable) Seq(s"Variable:${node.name}")
    else
      Seq("--------------------", s"Op:${node.operator}, Name=${node.name}", "Inputs:") ++
        node.inputs.asScala.zipWithIndex.map { case (entry, i) =>
          s"\targ[$i]=${entry.node.name}(${entry.index})" + (if (entry.node.isVariable) s" version=0" else "")
        } ++ attributes(node)

  private def attributes(node: Node): Seq[String] =
    if (node.attributes.isEmpty) Nil
    else "Attrs:" +: node.attributes.asScala.toSeq.sortBy(_._1).map { case (key, value) => s"\t$key=$value" }
}
