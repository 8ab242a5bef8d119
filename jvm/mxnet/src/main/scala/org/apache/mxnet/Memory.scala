package org.apache.mxnet

import java.nio.{ByteBuffer, ByteOrder}
import java.util.concurrent.atomic.AtomicLong

import _root_.io.offboard.client.{Dtype, Tensor}

/** Memory of an array and of its views; its version changes with every write. */
private[mxnet] final class Memory(initial: ByteBuffer) {
  @volatile private var content: ByteBuffer = initial
  @volatile private var stamp: Long = Memory.nextStamp()

  /** The bytes, with a position of the caller's own. */
  def buffer: ByteBuffer = content.duplicate().order(ByteOrder.nativeOrder())

  def version: Long = stamp

  /** The content was written. */
  def written(): Unit = stamp = Memory.nextStamp()

  /** Takes other bytes in place of these. */
  def replace(bytes: ByteBuffer): Unit = {
    content = bytes
    written()
  }
}

private[mxnet] object Memory {
  /** Smaller arrays lie in the heap, where making them costs next to nothing. */
  private val Small = 1 << 14
  private val stamps = new AtomicLong

  private def nextStamp(): Long = stamps.incrementAndGet()

  /** New memory of zeros. */
  def zeros(bytes: Long): Memory = {
    if (bytes > Int.MaxValue) throw new MXNetError(s"An array of $bytes bytes is larger than a JVM's buffer can be (2 GiB)")
    new Memory(if (bytes <= Small) ByteBuffer.allocate(bytes.toInt) else ByteBuffer.allocateDirect(bytes.toInt))
  }
}

/** Elements of one type and shape in memory from an offset on: what an array is, or a view of one. */
private[mxnet] final class Elements(val memory: Memory, val dtype: Dtype, val shape: Shape, val offset: Int) {
  val size: Int = shape.product

  def byteSize: Int = size * dtype.size

  /** The elements' bytes in the machine's order. */
  def bytes: ByteBuffer = {
    val part = memory.buffer
    part.position(offset)
    part.limit(offset + byteSize)
    part.slice().order(ByteOrder.nativeOrder())
  }

  def tensor: Tensor = new Tensor(dtype, shape.toLongs, bytes)

  /** The same elements in another shape of the same size. */
  def reshaped(other: Shape): Elements = new Elements(memory, dtype, other, offset)

  /** Rows from `start` to `stop` along the first axis. */
  def rows(start: Int, stop: Int): Elements = {
    val row = shape.drop(1)
    new Elements(memory, dtype, Shape(stop - start) ++ row, offset + start * row.product * dtype.size)
  }

  /** Copies bytes in. */
  def write(source: ByteBuffer): Unit = {
    bytes.put(source)
    memory.written()
  }
}

private[mxnet] object Elements {
  def zeros(shape: Shape, dtype: Dtype): Elements = {
    val count = shape.toVector.foldLeft(1L)((product, each) => Math.multiplyExact(product, each.toLong))
    new Elements(Memory.zeros(Math.multiplyExact(count, dtype.size.toLong)), dtype, shape, 0)
  }

  /** Takes a tensor's memory over. */
  def of(tensor: Tensor): Elements = new Elements(new Memory(tensor.data), tensor.dtype, Shape.ofLongs(tensor.shape), 0)
}
