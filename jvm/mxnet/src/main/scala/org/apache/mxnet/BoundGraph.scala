package org.apache.mxnet

import java.nio.ByteBuffer
import java.util.{HashMap => JavaMap}

import _root_.io.offboard.client.{Backend, Bindings, Dtype, Inference, Receiver, Tensor}

import scala.collection.JavaConverters._

/**
 * A symbol bound on a context: where it runs, and which of its arrays changed since it last ran.
 *
 * @param fed names that the program feeds; the others may become constants
 * @param settled whether the arrays hold the program's values already
 */
private[mxnet] final class BoundGraph(symbol: Symbol, ctx: Context, fed: Seq[String], settled: Boolean, inferred: Inference) {
  private var backend: Backend = _
  private var names: Array[String] = _
  private var arrays: Array[NDArray] = _
  private var sources: Array[Elements] = _
  /** Versions of the memories by index; no version is 0. */
  private var stamps: Array[Long] = _
  private val tensors = new JavaMap[String, Tensor]
  private val versions = new JavaMap[String, java.lang.Long]

  /** Binds to arrays; what is wrong with them, or with the accelerator, is said now. */
  def open(bound: Seq[(String, NDArray)]): Unit = {
    names = bound.map(_._1).toArray
    arrays = bound.map(_._2).toArray
    sources = new Array[Elements](names.length)
    stamps = new Array[Long](names.length)
    current()
    backend =
      if (ctx.deviceType == "eia") Bindings.accelerator(symbol.graph, tensors, versions, fed.asJava, settled)
      else Bindings.instance(symbol.graph, tensors, versions, fed.asJava, settled)
  }

  /** Runs the graph; the outputs go to arrays. */
  def forward(isTrain: Boolean, outputs: Array[NDArray]): Unit = synchronized {
    current()
    val used = sources.clone()
    used.foreach(_.memory.retain())
    val receiver = new Receiver {
      override def take(index: Int, dtype: Dtype, shape: Array[Long], data: ByteBuffer): Unit =
        outputs(index).receive(dtype, Shape.ofLongs(shape), data)
    }
    try backend.forward(tensors, versions, isTrain, receiver)
    finally used.foreach(_.memory.release())
  }

  /** Arrays for the outputs; a dimension that depends on the data is 0 until it is known. */
  def outputArrays(): Array[NDArray] =
    inferred.outputs.shapes.asScala.zip(inferred.outputs.dtypes.asScala).map { case (shape, dtype) =>
      val known = if (shape == null) Array(0L) else shape.map(Math.max(0L, _))
      NDArray.make(Shape.ofLongs(known), Context.cpu(), if (dtype == null) Dtype.FLOAT32 else dtype)
    }.toArray

  def close(): Unit = if (backend != null) backend.close()

  /** Brings what is bound up to date: an array may have other elements by now, or other content. */
  private def current(): Unit = {
    var i = 0
    while (i < arrays.length) {
      val now = arrays(i).elements
      val stamp = now.memory.version
      if (stamp != stamps(i) || !now.isSameViewAs(sources(i))) {
        stamps(i) = stamp
        // Not the memory's version: of one memory every part is another content.
        versions.put(names(i), java.lang.Long.valueOf(Memory.nextStamp()))
      }
      if (!(now eq sources(i))) {
        sources(i) = now
        tensors.put(names(i), now.tensor)
      }
      i += 1
    }
  }
}
